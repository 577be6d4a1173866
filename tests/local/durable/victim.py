"""A life of an engine that kills its own process at a given step, for tests of what is left."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from local.clock import Clock, SkippingClock
from local.durable import DurableEngine, HubOptions
from local.durable.client import Client, Refused
from local.worker import Worker
from tests.local.durable.kit import SdkWorker

app = df.DFApp()


@app.activity_trigger(input_name="value")
def stamp(value: Any) -> Any:
    return value.upper()


@app.orchestration_trigger(context_name="context")
def trip(context: Any) -> Any:
    first = yield context.call_activity("stamp", "first")
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    both = yield context.task_all(
        [context.call_activity("stamp", "left"), context.call_activity("stamp", "right")]
    )
    leg = yield context.call_sub_orchestrator("leg", 0, instance_id="the-leg")
    return [first, *both, leg]


@app.orchestration_trigger(context_name="context")
def leg(context: Any) -> Any:
    if context.get_input() == 0:
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        context.continue_as_new(1)
        return None
    return (yield context.call_activity("stamp", "last"))


class Fuse:
    """Counts steps down and then kills the process, as nothing could be written any more."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalWorker:
    """The app's functions, with a step before and after each call and a log of the effects."""

    def __init__(self, log: Path, clock: Clock, burn: Callable[[], None]) -> None:
        self._worker: Worker = SdkWorker.of(app)
        self._log = log
        self._clock = clock
        self._burn = burn

    def orchestrators(self) -> frozenset[str]:
        return self._worker.orchestrators()

    def activities(self) -> frozenset[str]:
        return self._worker.activities()

    def run_orchestrator(self, name: str, context: str) -> str:
        self._burn()
        return self._worker.run_orchestrator(name, context)

    def run_activity(self, name: str, input_json: str) -> str:
        self._burn()
        line = json.dumps([json.loads(input_json), self._clock.now().isoformat()])
        with self._log.open("a") as log:
            log.write(line + "\n")
        self._burn()
        return self._worker.run_activity(name, input_json)


def live(folder: Path, steps: int) -> None:
    """One life of the process: until everything is done, or until the given step.

    One activity at a time, so that every life has the same number of steps.
    """
    asyncio.run(_live(folder, Fuse(steps)))


async def _live(folder: Path, fuse: Fuse) -> None:
    clock = SkippingClock()
    worker = MortalWorker(folder / "log", clock, fuse.burn)
    engine = DurableEngine(folder / "hub.db", worker, clock, HubOptions("hub", max_activities=1))
    engine.observe(lambda _: fuse.burn())
    client: Client = engine._client
    try:
        client.start("trip", "one", "null", None)
    except Refused:
        fuse.burn()
    await engine.start()
    await engine.wait_until_idle()
    await engine.stop()
