"""Calls functions through the Python worker: inputs there, the answer and the outputs back.

The worker runs plain functions in its own threads and `async def` ones on the event loop that calls
it, here one beside the host's, so that neither holds up the host.
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
class Occasion:
    """Why a function is called: the trigger's value, and what the trigger tells beside it.

    `metadata` is for the worker's converters; `data` is binding data: values of names in braces.
    """

    value: Datum
    metadata: Metadata = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function that did not raise gave: its return value, and each output that it set."""

    returned: Datum
    outputs: tuple[tuple[Binding, Datum], ...]


class Invoker:
    """Calls functions, one call in each thread that asks; use from any thread.

    `read` gives the value of an input binding beside the trigger. An invocation longer than
    `timeout` fails: an async one is cancelled; a plain one, which no one can stop, runs on.
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
        """Stop the loop that calls the worker; the functions still running are abandoned."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        python_worker.close()

    def call(self, function: Function, occasion: Occasion) -> Outcome:
        """Raises FunctionFailed with the message of what the function, or a binding, raised."""
        started = time.monotonic()
        logger.info("Executing '%s'", function.name)
        try:
            outcome = self.replay(function, occasion)
        except Exception as error:
            logger.error(  # noqa: TRY400 - the trace that tells is the function's
                "Executed '%s' (Failed, %s)\n%s", function.name, _took(started), _trace(error)
            )
            if isinstance(error, FunctionFailed):
                raise
            raise FunctionFailed(f"{type(error).__name__}: {error}") from error
        logger.info("Executed '%s' (Succeeded, %s)", function.name, _took(started))
        return outcome

    def replay(self, function: Function, occasion: Occasion) -> Outcome:
        """Call without telling of it, as for an orchestrator, which is called again and again."""
        values = {function.trigger.name: occasion.value}
        values |= {one.name: self._read(one, occasion.data) for one in function.inputs}
        inputs = [ParameterBinding(name=name, data=typed(one)) for name, one in values.items()]
        metadata = {name: typed(one) for name, one in occasion.metadata.items()}
        answer = self._in_time(function, inputs, metadata)
        if answer.result.status != StatusResult.Success:
            told = answer.result.exception
            raise FunctionFailed(told.message) from WorkerTrace(told.stack_trace)
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


class WorkerTrace(Exception):  # noqa: N818 - it carries a trace, and is never caught
    """Where the function failed, as the worker tells it."""


def _trace(error: Exception) -> str:
    return str(error.__cause__ or error)


def _took(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f}ms"
