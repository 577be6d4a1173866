"""Calls functions through the Python worker.

The worker runs plain functions in its own threads, and `async def` functions on the event loop that
calls it. Here this is a separate loop, so that no function blocks the host's.
"""

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from azure.functions.meta import Datum

from local.host import python_worker
from local.host.datums import Metadata, datum, typed
from local.host.functions import RETURN, Binding, Function
from local.host.protocol import Message, ParameterBinding, StatusResult
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")


@dataclass(frozen=True, slots=True)
class TriggerData:
    """A trigger's value and the data that comes with it.

    `metadata` is for the worker's converters. `data` is binding data: values for {name} in
    other bindings.
    """

    value: Datum
    metadata: Metadata = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The return value of a call that succeeded, and each output that it has set."""

    returned: Datum
    outputs: tuple[tuple[Binding, Datum], ...]


class Invoker:
    """Calls functions and blocks until they return. Can be used from any thread.

    `read` gives the value of an input binding other than the trigger. A call longer than `timeout`
    fails. An async function is then cancelled; a plain one cannot be stopped and keeps running.
    """

    def __init__(
        self, read: Callable[[Binding, Mapping[str, Any]], Datum], timeout: timedelta | None
    ) -> None:
        self._read = read
        self._timeout = timeout
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the loop that calls the worker, without waiting for running functions."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        python_worker.close()

    def call(self, function: Function, trigger_data: TriggerData) -> Outcome:
        """Call a function and log it. Raises FunctionFailed with the message of the error."""
        started = time.monotonic()
        logger.info("Executing '%s'", function.name)
        try:
            outcome = self.replay(function, trigger_data)
        except Exception as error:
            logger.error(  # noqa: TRY400 - the function's own traceback is logged
                "Executed '%s' (Failed, %s)\n%s", function.name, _took(started), _trace(error)
            )
            if isinstance(error, FunctionFailed):
                raise
            raise FunctionFailed(f"{type(error).__name__}: {error}") from error
        logger.info("Executed '%s' (Succeeded, %s)", function.name, _took(started))
        return outcome

    def replay(self, function: Function, trigger_data: TriggerData) -> Outcome:
        """Call a function without logging it, for orchestrators, which run many times."""
        values = {function.trigger.name: trigger_data.value}
        values |= {one.name: self._read(one, trigger_data.data) for one in function.inputs}
        inputs = [ParameterBinding(name=name, data=typed(one)) for name, one in values.items()]
        metadata = {name: typed(one) for name, one in trigger_data.metadata.items()}
        answer = self._in_time(function, inputs, metadata)
        if answer.result.status != StatusResult.Success:
            error = answer.result.exception
            raise FunctionFailed(error.message) from WorkerTrace(error.stack_trace)
        returned = datum(answer.return_value)
        given = {one.name: datum(one.data) for one in answer.output_data} | {RETURN: returned}
        outputs = [(one, given[one.name]) for one in function.outputs if one.name in given]
        return Outcome(returned, tuple((one, it) for one, it in outputs if it.type))

    def _in_time(
        self, function: Function, inputs: list[ParameterBinding], metadata: Mapping[str, Message]
    ) -> Message:
        call = python_worker.invoke(function.id, inputs, metadata)
        running = asyncio.run_coroutine_threadsafe(call, self._loop)
        seconds = self._timeout.total_seconds() if self._timeout else None
        if not concurrent.futures.wait([running], seconds).done:
            running.cancel()
            logger.error(
                "'%s' runs longer than functionTimeout %s. On Azure the host would now end the "
                "process; here the call fails, and a plain function runs on until it returns.",
                function.name,
                self._timeout,
            )
            raise FunctionFailed(
                f"TimeoutError: Timeout value of {self._timeout} was exceeded by function: "
                f"Functions.{function.name}"
            )
        return running.result()


class WorkerTrace(Exception):  # noqa: N818 - it holds a traceback and is never caught
    """The traceback of a failed function, from the worker."""


def _trace(error: Exception) -> str:
    return str(error.__cause__ or error)


def _took(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f}ms"
