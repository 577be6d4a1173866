"""The durable engine: the host's side of Durable Functions, on one SQLite file."""

from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from local.clock import Clock
from local.durable import client_api
from local.durable.announcements import Announcer
from local.durable.client import Client
from local.durable.dispatcher import Dispatcher
from local.durable.history import as_sent
from local.durable.model import EngineEvent, Event, HubOptions
from local.durable.store import Store
from local.worker import Worker


class DurableEngine:
    """Runs an app's orchestrations; one engine per file, on one event loop.

    The file holds everything: an engine opened on it after its process was killed goes on where
    the last committed transaction left off. What the killed process had fetched, activities that
    were running above all, is seen again when its visibility time-out has passed.
    """

    def __init__(self, path: Path, worker: Worker, clock: Clock, options: HubOptions) -> None:
        self._store = Store(path)
        self._options = options
        clock.restore(self._store.clock_offset())
        self._announcer = Announcer(clock)
        self._dispatcher = Dispatcher(self._store, worker, clock, options, self._announcer)
        self._client = Client(self._store, clock, self._announcer, self._dispatcher.wake)

    async def start(self) -> None:
        self._dispatcher.start()

    async def stop(self) -> None:
        """Starts nothing more, ends what runs as the hub's options say, and closes the file."""
        try:
            await self.drain()
        finally:
            self.close()

    def close(self) -> None:
        self._store.close()

    async def drain(self) -> None:
        """Starts nothing more and ends what runs; clients are still answered."""
        await self._dispatcher.stop()

    def routes(self) -> list[web.RouteDef]:
        """The client API, rooted at /durabletask/."""
        return client_api.routes(self._client, self._options.name)

    def client_binding(self, base_url: str) -> str:
        """JSON text for a durable client binding, when the routes are served at `base_url`."""
        return client_api.client_binding(base_url, self._options.name)

    async def wait_until_idle(self) -> None:
        """Returns when nothing is ready and nothing runs; timers may be pending.

        A clock that skips leaves none: then this returns when every instance has ended or waits
        for an event.
        """
        await self._dispatcher.wait_until_idle()

    def observe(self, callback: Callable[[EngineEvent], None]) -> None:
        """Calls back on the event loop's thread for everything that happens."""
        self._announcer.observe(callback)

    def history(self, instance_id: str) -> list[Event]:
        """The events of an instance's present execution, in the form in which the SDK gets them."""
        return as_sent(self._store.history(instance_id))
