"""What the triggers share: running functions beside the event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from local.host.functions import Function
from local.host.invoke import Invoker, Occasion, Outcome
from local.host.storage_bindings import StorageBindings

GRACE_SECONDS = 5.0

T = TypeVar("T")


class Trigger(Protocol):
    """Something that calls functions from `start` on, until `stop` returns."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Runner:
    """Calls functions from the event loop, in a pool of threads."""

    def __init__(self, invoker: Invoker, storage: StorageBindings) -> None:
        self._invoker = invoker
        self._storage = storage
        self._pool = ThreadPoolExecutor(thread_name_prefix="function")

    async def run(self, function: Function, occasion: Occasion) -> Outcome:
        """Call a function and write its outputs. Raises FunctionFailed."""
        return await self.blocking(lambda: self._both(function, occasion))

    async def blocking(self, call: Callable[[], T]) -> T:
        """Make a blocking call in the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _both(self, function: Function, occasion: Occasion) -> Outcome:
        outcome = self._invoker.call(function, occasion)
        self._storage.write(outcome, occasion.data)
        return outcome


class Crew:
    """The calls of one trigger that are under way. `ended` is called after the end of each."""

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = ended

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def stop(self) -> None:
        """Give what is under way a moment to end; what does not is done again another time."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended()
