"""Shared by all triggers: running functions in threads."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from local.host.functions import Function
from local.host.invoke import Invoker, Outcome, TriggerData
from local.host.storage_bindings import StorageBindings

GRACE_SECONDS = 5.0

T = TypeVar("T")


class Trigger(Protocol):
    """Calls functions between `start` and `stop`."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Runner:
    """Calls functions in a thread pool. Used on the event loop."""

    def __init__(self, invoker: Invoker, storage: StorageBindings) -> None:
        self._invoker = invoker
        self._storage = storage
        self._pool = ThreadPoolExecutor(thread_name_prefix="function")

    async def run(self, function: Function, trigger_data: TriggerData) -> Outcome:
        """Call a function and write its outputs. Raises FunctionFailed."""
        return await self.blocking(lambda: self._call_and_write(function, trigger_data))

    async def blocking(self, call: Callable[[], T]) -> T:
        """Make a blocking call in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _call_and_write(self, function: Function, trigger_data: TriggerData) -> Outcome:
        outcome = self._invoker.call(function, trigger_data)
        self._storage.write(outcome, trigger_data.data)
        return outcome


class RunningCalls:
    """The running calls of one trigger. `ended` is called after each call has ended."""

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = ended

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    async def stop(self) -> None:
        """Wait a few seconds for running calls, then cancel the rest, which will be retried."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended()
