"""The durable engine: the host's side of Durable Functions, on one SQLite file."""

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from local.clock import Clock
from local.durable import client_api
from local.durable.client import Client
from local.durable.dispatcher import Dispatcher
from local.durable.engine_events import EventPublisher
from local.durable.history import as_sent
from local.durable.model import EngineEvent, Event, HubOptions
from local.durable.store import Store
from local.worker import Worker


class DurableEngine:
    """Runs an app's orchestrations; one engine per file, on one event loop.

    All state is in the file. After its process was killed, a new engine on the same file continues
    from the last committed transaction. Messages that the killed process had fetched, such as those
    of running activities, become visible again after their visibility timeout.
    """

    def __init__(self, path: Path, worker: Worker, clock: Clock, options: HubOptions) -> None:
        self._store = Store(path)
        self._options = options
        clock.restore(self._store.clock_offset())
        self._publisher = EventPublisher(clock)
        self._dispatcher = Dispatcher(self._store, worker, clock, options, self._publisher)
        self._client = Client(self._store, clock, self._publisher, self._dispatcher.wake)

    async def start(self) -> None:
        self._dispatcher.start()

    async def stop(self) -> None:
        """Starts no more work, ends running work as the options say, and closes the file."""
        try:
            await self.drain()
        finally:
            self.close()

    def close(self) -> None:
        self._store.close()

    async def drain(self) -> None:
        """Starts no more work and ends running work. The client API still answers."""
        await self._dispatcher.stop()

    def routes(self) -> list[web.RouteDef]:
        """The client API, rooted at /durabletask/."""
        return client_api.routes(self._client, self._options.name)

    def client_binding(self, base_url: str) -> str:
        """JSON text for a durable client binding, when the routes are served at `base_url`."""
        return client_api.client_binding(base_url, self._options.name)

    async def wait_until_idle(self) -> None:
        """Returns when nothing is ready and nothing runs; timers may be pending.

        A skipping clock leaves no timer pending. With one, this returns when every instance has
        ended or waits for an event.
        """
        await self._dispatcher.wait_until_idle()

    def observe(self, callback: Callable[[EngineEvent], None]) -> None:
        """Calls back on the event loop's thread for every engine event."""
        self._publisher.observe(callback)

    def history(self, instance_id: str) -> list[Event]:
        """The events of an instance's current execution, as they are sent to the SDK."""
        return as_sent(self._store.history(instance_id))
