"""An engine process that kills itself at a given step, for tests of its recovery."""

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


class CrashAfter:
    """Counts steps down and then kills the process, so that nothing more is written."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingWorker:
    """The app's functions, with a step before and after each call and a log of the effects."""

    def __init__(self, log: Path, clock: Clock, step: Callable[[], None]) -> None:
        self._worker: Worker = SdkWorker.of(app)
        self._log = log
        self._clock = clock
        self._step = step

    def orchestrators(self) -> frozenset[str]:
        return self._worker.orchestrators()

    def activities(self) -> frozenset[str]:
        return self._worker.activities()

    def run_orchestrator(self, name: str, context: str) -> str:
        self._step()
        return self._worker.run_orchestrator(name, context)

    def run_activity(self, name: str, input_json: str) -> str:
        self._step()
        line = json.dumps([json.loads(input_json), self._clock.now().isoformat()])
        with self._log.open("a") as log:
            log.write(line + "\n")
        self._step()
        return self._worker.run_activity(name, input_json)


def run(folder: Path, steps: int) -> None:
    """Runs until everything is done, or kills the process at the given step.

    Activities run one at a time, so that every run has the same number of steps.
    """
    asyncio.run(_run(folder, CrashAfter(steps)))


async def _run(folder: Path, crash: CrashAfter) -> None:
    clock = SkippingClock()
    worker = CrashingWorker(folder / "log", clock, crash.step)
    engine = DurableEngine(folder / "hub.db", worker, clock, HubOptions("hub", max_activities=1))
    engine.observe(lambda _: crash.step())
    client: Client = engine._client
    try:
        client.start("trip", "one", "null", None)
    except Refused:
        crash.step()
    await engine.start()
    await engine.wait_until_idle()
    await engine.stop()
