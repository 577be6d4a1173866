"""Runs an app on the engine, with real SDK functions, a real client and real HTTP."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
import azure.durable_functions as df
import pytest
from aiohttp import web
from azure.durable_functions.models.utils import http_utils
from azure.functions.durable_functions import (
    ActivityTriggerConverter,
    OrchestrationTriggerConverter,
)
from azure.functions.meta import Datum

from local.clock import Clock, DrivenClock
from local.durable import DurableEngine, EngineEvent, HubOptions
from local.worker import FunctionFailed, Worker

ASYNC = [
    pytest.mark.anyio,
    # The SDK's codec warns about its own calls, once per process.
    pytest.mark.filterwarnings("ignore:azure.functions df_loads was called without expected_type"),
]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class SdkWorker:
    """An app's durable functions, called as the Functions worker calls them."""

    def __init__(self, functions: list[Any]) -> None:
        self._orchestrators = _of_type(functions, "orchestrationTrigger")
        self._activities = _of_type(functions, "activityTrigger")

    @classmethod
    def of(cls, app: Any) -> Self:
        """A worker for an app. Clears the app's cache first: it lists its functions only once."""
        app.functions_bindings = {}
        return cls(app.get_functions())

    def orchestrators(self) -> frozenset[str]:
        return frozenset(self._orchestrators)

    def activities(self) -> frozenset[str]:
        return frozenset(self._activities)

    def run_orchestrator(self, name: str, context: str) -> str:
        datum = Datum(context, "string")
        argument = OrchestrationTriggerConverter.decode(datum, trigger_metadata={})
        return str(_call(self._orchestrators[name], argument))

    def run_activity(self, name: str, input_json: str) -> str:
        datum = Datum(input_json, "string")
        argument = ActivityTriggerConverter.decode(datum, trigger_metadata={})
        result = _call(self._activities[name], argument)
        return str(ActivityTriggerConverter.encode(result, expected_type=None).value)


def _of_type(functions: list[Any], trigger: str) -> dict[str, Any]:
    return {
        each.get_function_name(): each.get_user_function()
        for each in functions
        if each.get_trigger().type == trigger
    }


def _call(function: Any, argument: Any) -> Any:
    try:
        return function(argument)
    except Exception as error:
        raise FunctionFailed(f"{type(error).__name__}: {error}") from error


class GatedWorker(SdkWorker):
    """A worker whose functions wait until `open` is called; `entered` counts their calls."""

    def __init__(self, functions: list[Any]) -> None:
        super().__init__(functions)
        self.entered = {"orchestrator": 0, "activity": 0}
        self.gates = {"orchestrator": threading.Event(), "activity": threading.Event()}

    def shut(self, kind: str) -> None:
        """Makes functions of this kind wait, and no others."""
        for name, gate in self.gates.items():
            gate.clear() if name == kind else gate.set()

    def open(self) -> None:
        for gate in self.gates.values():
            gate.set()

    def run_orchestrator(self, name: str, context: str) -> str:
        self._wait("orchestrator")
        return super().run_orchestrator(name, context)

    def run_activity(self, name: str, input_json: str) -> str:
        self._wait("activity")
        return super().run_activity(name, input_json)

    def _wait(self, kind: str) -> None:
        self.entered[kind] += 1
        self.gates[kind].wait(10)

    async def wait_until_entered(self, kind: str, number: int = 1) -> None:
        async with asyncio.timeout(10):
            while self.entered[kind] < number:  # noqa: ASYNC110 - it is counted on other threads
                await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Cloud:
    """A running engine with its client API; `events` are those that it has published."""

    engine: DurableEngine
    clock: Clock
    client: Any
    address: str
    events: list[EngineEvent]

    async def run(self, name: str, value: Any = None, instance_id: str = "one") -> Any:
        """Starts an instance and returns its status once the engine is idle."""
        await self.client.start_new(name, instance_id, value)
        await self.engine.wait_until_idle()
        return await self.status(instance_id)

    async def status(self, instance_id: str = "one") -> Any:
        return await self.client.get_status(instance_id)

    async def pass_time(self, **step: float) -> None:
        assert isinstance(self.clock, DrivenClock)
        self.clock.advance(timedelta(**step))
        await self.engine.wait_until_idle()

    async def pass_time_while_busy(self, **step: float) -> None:
        """Advances the clock while functions run, when the engine does not become idle."""
        assert isinstance(self.clock, DrivenClock)
        self.clock.advance(timedelta(**step))
        self.engine._dispatcher.wake()
        await asyncio.sleep(0.01)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    async def call(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        """A plain HTTP call of the client API, without the SDK."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.address}/durabletask/{path}", **request) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if text else None


@asynccontextmanager
async def cloud(
    path: Path, worker: Worker, clock: Clock | None = None, **options: Any
) -> AsyncIterator[Cloud]:
    """A running engine over an app's functions. By default the clock stands still at NOON.

    The hub stops gracefully unless `graceful` is False, unlike the default of the extension.
    """
    clock = clock or DrivenClock(NOON)
    hub = HubOptions("hub", **{"graceful": True, **options})
    engine = DurableEngine(path / "hub.db", worker, clock, hub)
    events: list[EngineEvent] = []
    engine.observe(events.append)
    await engine.start()
    server = web.Application()
    server.add_routes(engine.routes())
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = df.DurableOrchestrationClient(engine.client_binding(address))
    try:
        yield Cloud(engine, clock, client, address, events)
    finally:
        await http_utils._close_session()
        await runner.cleanup()
        await engine.stop()
