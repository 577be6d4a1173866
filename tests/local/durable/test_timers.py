"""Durable timers fire up to a second early (observed on durable extension 3.19.0: up to 0.9 s).

A timer is a message that is hidden for a number of seconds, and Put Message of Azure Queue Storage
takes whole seconds: https://learn.microsoft.com/rest/api/storageservices/put-message
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from local.clock import SkippingClock
from local.durable.history import parse_timestamp
from tests.local.durable.kit import ASYNC, NOON, SdkWorker, cloud

pytestmark = ASYNC

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def sleeps(context: Any) -> Any:
    yield context.create_timer(
        context.current_utc_datetime + timedelta(seconds=context.get_input())
    )
    return context.current_utc_datetime.isoformat()


WORKER = SdkWorker.of(app)


@pytest.mark.parametrize(("asked", "fires"), [(90.9, 90), (90, 90), (0.9, 0), (-5, 0)])
async def test_a_timer_fires_after_its_whole_seconds(
    tmp_path: Path, asked: float, fires: int
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("sleeps", asked)
        if fires:
            await hub.pass_time(seconds=fires - 0.001)
            assert (await hub.status()).runtime_status.name == "Running"
            await hub.pass_time(seconds=0.001)
        status = await hub.status()
        (fired,) = [e for e in hub.engine.history("one") if e["EventType"] == 11]
    assert datetime.fromisoformat(status.output) == NOON + timedelta(seconds=fires)
    assert fired["FireAt"] == f"2030-01-01T{(NOON + timedelta(seconds=asked)):%H:%M:%S.%f}0Z"
    assert parse_timestamp(fired["Timestamp"]) == NOON + timedelta(seconds=fires)


async def test_on_a_clock_that_runs_a_timer_of_whole_seconds_fires_early(tmp_path: Path) -> None:
    """Some time passes between the orchestrator's current time and the timer's message."""
    async with cloud(tmp_path, WORKER, SkippingClock()) as hub:
        await hub.run("sleeps", 60)
        (fired,) = [e for e in hub.engine.history("one") if e["EventType"] == 11]
    early = parse_timestamp(fired["FireAt"]) - parse_timestamp(fired["Timestamp"])
    assert timedelta() < early < timedelta(seconds=1)
