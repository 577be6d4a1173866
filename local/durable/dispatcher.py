"""The engine's main loop: fires timers, runs episodes and activities, waits for more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from local.clock import Clock
from local.durable import invocation, transactions
from local.durable.engine_events import EventPublisher
from local.durable.episode import Episode
from local.durable.model import ActivityItem, HubOptions
from local.durable.store import Store
from local.worker import Worker

Key = TypeVar("Key")

RENEW_EVERY = timedelta(seconds=30)
RENEW_BEFORE = timedelta(seconds=30)
RENEW_AT_MOST_EVERY = timedelta(seconds=5)
"""How the extension renews an activity's message while the activity runs
(`TaskActivityDispatcher.RenewUntil` of DurableTask.Core)."""


class Dispatcher:
    """One loop that starts all work. Every change of state happens on its thread."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        clock: Clock,
        options: HubOptions,
        publisher: EventPublisher,
    ) -> None:
        self._store = store
        self._worker = worker
        self._clock = clock
        self._options = options
        self._publisher = publisher
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._stopping = False
        self._episodes: dict[str, asyncio.Task[None]] = {}
        self._activities: dict[int, asyncio.Task[None]] = {}
        self._error: BaseException | None = None
        self._episode_threads = ThreadPoolExecutor(options.max_orchestrators, "orchestrator")
        self._activity_threads = ThreadPoolExecutor(
            options.max_activities * (2 if options.doubled else 1), "activity"
        )
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Starts no more work. A graceful hub waits for running work and commits its results.

        Any other hub discards it, and its messages become visible again after their timeout.
        """
        self._stopping = True
        self.wake()
        try:
            if self._loop is not None:
                await self._loop
            running = [*self._episodes.values(), *self._activities.values()]
            if not self._options.graceful:
                for task in running:
                    task.cancel()
            await asyncio.gather(*running, return_exceptions=not self._options.graceful)
        finally:
            self._episode_threads.shutdown(wait=False, cancel_futures=True)
            self._activity_threads.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Makes the loop check for work."""
        self._idle.clear()
        self._wake.set()

    async def wait_until_idle(self) -> None:
        """Returns when nothing is ready or running. Raises the error that has ended the loop."""
        if self._loop is None:
            return
        self.wake()
        idle = asyncio.create_task(self._idle.wait())
        await asyncio.wait({idle, self._loop}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        if self._loop.done():
            self._loop.result()

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            for instance_id, name in transactions.fire_due(self._store, self._clock):
                self._publisher.publish("timer_fired", instance_id, name)
            now = self._clock.now()
            self._store.fetch_messages(now, now + self._options.control_visibility)
            self._start_episodes()
            self._start_activities()
            await self._pause()
            if self._error is not None:
                raise self._error

    async def _pause(self) -> None:
        """Waits for the next timer or a call of `wake`, or skips the wait if the clock can."""
        due = self._store.next_due(self._clock.now())
        if not self._episodes and not self._activities:
            if due is not None and self._clock.skip_to(due):
                await asyncio.sleep(0)
                return
            self._idle.set()
        waits = [asyncio.create_task(self._woken())]
        if due is not None:
            waits.append(asyncio.create_task(self._clock.wait_until(due)))
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()

    async def _woken(self) -> None:
        await self._wake.wait()

    def _start_episodes(self) -> None:
        for instance_id in self._store.ready():
            if len(self._episodes) >= self._options.max_orchestrators:
                return
            instance = self._store.instance(instance_id)
            if instance is not None and instance_id not in self._episodes:
                episode = transactions.open_episode(self._store, instance, self._clock.now())
                self._publisher.opened(episode)
                self._launch(self._episodes, instance_id, self._run_episode(episode))

    def _start_activities(self) -> None:
        free = self._options.max_activities - len(self._activities)
        now = self._clock.now()
        until = now + self._options.activity_visibility
        for item in self._store.fetch_activities(free, now, until):
            self._publisher.publish("activity_started", item.instance_id, item.name)
            self._launch(self._activities, item.position, self._run_activity(item))

    def _launch(
        self,
        running: dict[Key, asyncio.Task[None]],
        key: Key,
        work: Coroutine[None, None, None],
    ) -> None:
        task = asyncio.create_task(work)
        running[key] = task

        def on_done(done: asyncio.Task[None]) -> None:
            del running[key]
            if not done.cancelled():
                self._error = self._error or done.exception()
            self.wake()

        task.add_done_callback(on_done)

    async def _run_episode(self, episode: Episode) -> None:
        loop = asyncio.get_running_loop()
        outcome = await loop.run_in_executor(
            self._episode_threads, invocation.run_episode, self._worker, episode
        )
        if transactions.commit_episode(self._store, episode, outcome, self._clock.now()):
            self._publisher.concluded(episode, outcome)

    async def _run_activity(self, item: ActivityItem) -> None:
        times = 2 if item.name in self._options.doubled else 1
        async with self._renewed(item):
            await asyncio.gather(*(self._run_once(item) for _ in range(times)))

    async def _run_once(self, item: ActivityItem) -> None:
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(
            self._activity_threads, invocation.run_activity, self._worker, item
        )
        transactions.report_activity(self._store, item, result.event(self._clock.now()))
        kind = "activity_completed" if result.succeeded else "activity_failed"
        self._publisher.publish(kind, item.instance_id, item.name)

    @contextlib.asynccontextmanager
    async def _renewed(self, item: ActivityItem) -> AsyncIterator[None]:
        """Keeps the activity's message hidden while the block runs."""
        renewing = asyncio.create_task(self._renew(item))
        try:
            yield
        finally:
            renewing.cancel()

    async def _renew(self, item: ActivityItem) -> None:
        visibility = self._options.activity_visibility
        pause = max(min(visibility - RENEW_BEFORE, RENEW_EVERY), RENEW_AT_MOST_EVERY)
        while True:
            await self._clock.wait_until(self._clock.now() + pause)
            self._store.renew_activity(item.position, self._clock.now() + visibility)
