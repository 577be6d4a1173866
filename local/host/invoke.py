"""Calls functions: arguments in, the answer and the outputs out.

A plain function runs in the calling thread, an `async def` one on an event loop of its own thread,
as in the Python worker, so that neither holds up the host.
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
from uuid import uuid4

import azure.functions as func
from azure.functions.meta import Datum

from local.host.datums import Metadata, decode, encode
from local.host.functions import RETURN, Binding, Function
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a function is called: the trigger's value, and what the trigger tells beside it.

    `metadata` is for the SDK's converters; `data` is binding data, the values of names in braces.
    """

    value: Datum
    metadata: Metadata = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function that did not raise gave: its return value, and each output that it set."""

    returned: Any
    outputs: tuple[tuple[Binding, Datum], ...]


class Out(func.Out[Any]):
    """What a function sets its output through; an output never set is not written."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


class Context(func.Context):
    """The invocation's context, for functions that ask for one."""

    def __init__(self, function: Function, folder: str) -> None:
        self._function = function
        self._folder = folder
        self._id = str(uuid4())
        self._local = threading.local()

    @property
    def invocation_id(self) -> str:
        return self._id

    @property
    def thread_local_storage(self) -> Any:
        return self._local

    @property
    def function_name(self) -> str:
        return self._function.name

    @property
    def function_directory(self) -> str:
        return self._folder

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None


class Invoker:
    """Calls functions, one call in each thread that asks; use from any thread.

    `read` gives the value of an input binding beside the trigger. An invocation longer than
    `timeout` fails: an async one is cancelled, a plain one, which no one can stop, when it ends.
    """

    def __init__(
        self,
        folder: str,
        read: Callable[[Binding, Mapping[str, Any]], Datum],
        timeout: timedelta | None,
    ) -> None:
        self._folder = folder
        self._read = read
        self._timeout = timeout
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the loop of the async functions; those still running are abandoned."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, function: Function, occasion: Occasion) -> Outcome:
        """Raises FunctionFailed with the message of what the function, or a binding, raised."""
        started = time.monotonic()
        logger.info("Executing '%s'", function.name)
        try:
            outcome = self._run(function, occasion)
        except Exception as error:
            logger.exception("Executed '%s' (Failed, %s)", function.name, _took(started))
            raise FunctionFailed(f"{type(error).__name__}: {error}") from error
        logger.info("Executed '%s' (Succeeded, %s)", function.name, _took(started))
        return outcome

    def _run(self, function: Function, occasion: Occasion) -> Outcome:
        outs = {one.name: Out() for one in function.outputs if one.name != RETURN}
        arguments = self._arguments(function, occasion) | outs
        returned = self._in_time(function, arguments)
        values = {name: out.get() for name, out in outs.items()} | {RETURN: returned}
        outputs = [(one, values[one.name]) for one in function.outputs]
        return Outcome(
            returned,
            tuple((one, encode(one, value)) for one, value in outputs if value is not None),
        )

    def _arguments(self, function: Function, occasion: Occasion) -> dict[str, Any]:
        trigger = function.trigger
        arguments = {trigger.name: decode(trigger, occasion.value, occasion.metadata)}
        for binding in function.inputs:
            arguments[binding.name] = decode(binding, self._read(binding, occasion.data))
        if function.wants_context:
            arguments["context"] = Context(function, self._folder)
        return arguments

    def _in_time(self, function: Function, arguments: dict[str, Any]) -> Any:
        if function.is_async:
            return self._on_loop(function, arguments)
        if self._timeout is None:
            return function.call(**arguments)
        return _watched(function, arguments, self._timeout)

    def _on_loop(self, function: Function, arguments: dict[str, Any]) -> Any:
        running = asyncio.run_coroutine_threadsafe(function.call(**arguments), self._loop)
        seconds = self._timeout.total_seconds() if self._timeout else None
        if not concurrent.futures.wait([running], seconds).done:
            running.cancel()
            raise _too_long(function, self._timeout)
        return running.result()


def _watched(function: Function, arguments: dict[str, Any], timeout: timedelta) -> Any:
    """Call a plain function; tell when it is late, and fail it once it returns."""
    late = threading.Timer(timeout.total_seconds(), _tell_late, (function, timeout))
    late.daemon = True
    late.start()
    started = time.monotonic()
    try:
        returned = function.call(**arguments)
    finally:
        late.cancel()
    if time.monotonic() - started > timeout.total_seconds():
        raise _too_long(function, timeout)
    return returned


def _tell_late(function: Function, timeout: timedelta) -> None:
    logger.error(
        "'%s' runs longer than functionTimeout %s. On Azure the host would now end the process; "
        "here it fails when it returns.",
        function.name,
        timeout,
    )


def _too_long(function: Function, timeout: timedelta | None) -> TimeoutError:
    return TimeoutError(
        f"Timeout value of {timeout} was exceeded by function: Functions.{function.name}"
    )


def _took(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f}ms"
