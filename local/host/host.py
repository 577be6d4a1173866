"""The Functions host: an indexed app, its triggers, and the durable engine behind one address."""

import asyncio
import hashlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from azure.functions.meta import Datum

from local.clock import Clock
from local.durable import DurableEngine, HubOptions
from local.host import admin, events, http, paths
from local.host.app import App
from local.host.blob_trigger import POISON_QUEUE, BlobTrigger
from local.host.blob_webhook import QUEUE_PREFIX, BlobWebhook
from local.host.connections import Connections
from local.host.crash import NEVER, CrashPoint
from local.host.functions import Binding, Function
from local.host.invoke import Invoker
from local.host.queue_trigger import QueueTrigger
from local.host.settings import AppSettings, HostJson
from local.host.state import State
from local.host.storage_bindings import StorageBindings
from local.host.timer_trigger import TimerTrigger
from local.host.trigger import GRACE_SECONDS, Runner, Trigger
from local.host.worker import AppWorker

LOOPBACK = "127.0.0.1"
HOST_STORAGE = "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one process of the host.

    `state` is the folder that is kept across restarts. `port` 0 is any free one. `webhook_key` is
    the key that Event Grid has to send; None means that it is not checked. `events` is a file to
    which the engine's events are written as JSON lines. `doubled` are activities that run twice at
    the same time.
    """

    state: Path
    clock: Clock
    port: int = 0
    webhook_key: str | None = None
    events: Path | None = None
    doubled: frozenset[str] = frozenset()
    crash: CrashPoint = field(default=NEVER)


class Host:
    """Serves an indexed app between `start` and `stop`."""

    def __init__(
        self, app: App, host_json: HostJson, settings: AppSettings, options: Options
    ) -> None:
        self._app = app
        self._host_json = host_json
        self._options = options
        self._socket = socket.create_server((LOOPBACK, options.port))
        self._state = State(options.state / "host.db")
        self._connections = Connections(settings)
        self._storage = StorageBindings(self._connections, host_json.extensions.queues)
        self._invoker = Invoker(self._read, host_json.timeout)
        self._runner = Runner(self._invoker, self._storage)
        self._engine = self._make_engine(settings)
        self._timers = {one.name: self._timer(one) for one in app.with_trigger("timerTrigger")}
        self._webhook = self._make_webhook()
        self._triggers: list[Trigger] = [
            *self._timers.values(),
            *(self._queue(one) for one in app.with_trigger("queueTrigger")),
            *([self._webhook] if self._webhook else []),
        ]
        self._server = web.AppRunner(self._web(), access_log=None, shutdown_timeout=GRACE_SECONDS)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        """Start all parts. Returns when the host serves requests."""
        await self._engine.start()
        await self._server.setup()
        await web.SockSite(self._server, self._socket).start()
        for trigger in self._triggers:
            await trigger.start()

    async def stop(self) -> None:
        """Start no more work, wait a few seconds for running work, and close."""
        await asyncio.gather(self._engine.drain(), *(one.stop() for one in self._triggers))
        await self._server.cleanup()
        self._engine.close()
        self._invoker.close()
        self._runner.close()
        self._storage.close()
        self._connections.close()
        self._state.close()

    def _make_engine(self, settings: AppSettings) -> DurableEngine:
        durable = self._host_json.extensions.durable_task
        engine = DurableEngine(
            self._options.state / "durable.db",
            AppWorker(self._app, self._invoker, self._storage, self._options.crash),
            self._options.clock,
            HubOptions(
                settings.resolve(durable.hub_name),
                max_activities=durable.max_concurrent_activity_functions,
                max_orchestrators=durable.max_concurrent_orchestrator_functions,
                control_visibility=durable.control_visibility,
                activity_visibility=durable.activity_visibility,
                graceful=durable.use_graceful_shutdown,
                doubled=self._options.doubled,
            ),
        )
        if self._options.events:
            engine.observe(events.to_file(self._options.events))
        return engine

    def _make_webhook(self) -> BlobWebhook | None:
        """The blob extension's webhook, or None if the app has no blob trigger."""
        functions = self._app.with_trigger("blobTrigger")
        if not functions:
            return None
        # Each host has its own queue, so that hosts can share a storage account.
        host_id = hashlib.sha256(str(self._options.state.resolve()).encode()).hexdigest()[:32]
        return BlobWebhook(
            {one.name: self._blob(one) for one in functions},
            self._connections.queue(HOST_STORAGE, QUEUE_PREFIX + host_id),
            runner=self._runner,
            blobs=self._host_json.extensions.blobs,
            poison=self._connections.queue(HOST_STORAGE, POISON_QUEUE),
            key=self._options.webhook_key,
        )

    def _web(self) -> web.Application:
        prefix = self._host_json.extensions.http.route_prefix
        server = web.Application()
        server.add_routes(self._engine.routes())
        server.add_routes(admin.routes(self._app, self._options.clock, self._timers))
        if self._webhook:
            server.add_routes(self._webhook.routes())
        for function in self._app.with_trigger("httpTrigger"):
            server.add_routes(http.routes(function, prefix, self._runner))
        return server

    def _read(self, binding: Binding, data: Mapping[str, Any]) -> Datum:
        if binding.type == "durableClient":
            return Datum(self._engine.client_binding(self.url), "string")
        return self._storage.read_blob(binding, data)

    def _timer(self, function: Function) -> TimerTrigger:
        return TimerTrigger(
            function, runner=self._runner, state=self._state, clock=self._options.clock
        )

    def _queue(self, function: Function) -> QueueTrigger:
        connection = function.trigger.connection
        name = function.trigger.settings["queueName"]
        return QueueTrigger(
            function,
            self._connections.queue(connection, name),
            self._connections.queue(connection, f"{name}-poison"),
            runner=self._runner,
            queues=self._host_json.extensions.queues,
        )

    def _blob(self, function: Function) -> BlobTrigger:
        connection = function.trigger.connection
        return BlobTrigger(
            function,
            paths.parse(function.trigger.settings["path"]),
            self._connections.blobs(connection),
            self._connections.queue(connection, POISON_QUEUE),
            self._runner,
        )
