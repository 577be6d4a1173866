"""Visibility of fetched messages, and the messages that a stop leaves behind.

The rules are those of the task hub's storage queues (DurableTask.AzureStorage: `TaskHubQueue`,
`ControlQueue`, `WorkItemQueue`; DurableTask.Core: `TaskActivityDispatcher.RenewUntil`). What a stop
without and with `useGracefulShutdown` costs was observed on Functions host 4.1037 with durable
extension 3.19.0.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from local.durable import history, transactions
from local.durable.store import Store
from tests.local.durable.kit import ASYNC, NOON, Cloud, GatedWorker, cloud

pytestmark = ASYNC

MINUTE = timedelta(minutes=1)
SHORT: dict[str, Any] = {"control_visibility": MINUTE, "activity_visibility": MINUTE}
DYING: dict[str, Any] = {"graceful": False}
"""A stop that is not graceful leaves the same state as a killed process."""

app = df.DFApp()


@app.activity_trigger(input_name="value")
def work(value: Any) -> Any:
    return value


@app.orchestration_trigger(context_name="context")
def calls_work(context: Any) -> Any:
    first = yield context.call_activity("work", 1)
    second = yield context.call_activity("work", 2)
    return [first, second]


@pytest.fixture
def worker() -> Iterator[GatedWorker]:
    made = GatedWorker.of(app)
    yield made
    made.open()


async def begin(hub: Cloud) -> None:
    await hub.client.start_new("calls_work", "one", None)


@pytest.mark.parametrize(
    ("options", "hidden"), [({}, timedelta(minutes=5)), (SHORT, MINUTE)], ids=["default", "short"]
)
@pytest.mark.parametrize("kind", ["activity", "orchestrator"])
async def test_what_a_dead_process_had_in_hand_is_seen_again_after_its_visibility_time_out(
    tmp_path: Path, worker: GatedWorker, kind: str, options: dict[str, Any], hidden: timedelta
) -> None:
    worker.shut(kind)
    async with cloud(tmp_path, worker, **options, **DYING) as hub:
        await begin(hub)
        await worker.wait_until_entered(kind)
    worker.gates[kind].set()
    async with cloud(tmp_path, worker, **options) as hub:
        await hub.pass_time(seconds=hidden.total_seconds() - 1)
        assert worker.entered[kind] == 1
        assert (await hub.status()).runtime_status.name != "Completed"
        await hub.pass_time(seconds=1)
        assert (await hub.status()).output == [1, 2]


async def test_an_activity_that_runs_is_renewed_every_half_minute(
    tmp_path: Path, worker: GatedWorker
) -> None:
    """Observed: an activity of 180 s with a visibility timeout of a minute ran once."""
    worker.shut("activity")
    async with cloud(tmp_path, worker, **SHORT, **DYING) as hub:
        await begin(hub)
        await worker.wait_until_entered("activity")
        for _ in range(6):
            await hub.pass_time_while_busy(seconds=30)
    worker.gates["activity"].set()
    async with cloud(tmp_path, worker, **SHORT) as hub:
        await hub.pass_time(seconds=59)
        assert worker.entered["activity"] == 1
        await hub.pass_time(seconds=1)
        assert (await hub.status()).output == [1, 2]


async def test_a_stop_that_is_not_graceful_keeps_nothing_of_what_runs(
    tmp_path: Path, worker: GatedWorker
) -> None:
    worker.shut("activity")
    async with cloud(tmp_path, worker, **DYING) as hub:
        await begin(hub)
        await worker.wait_until_entered("activity")
    worker.gates["activity"].set()
    async with cloud(tmp_path, worker) as hub:
        await hub.engine.wait_until_idle()
        assert [event["EventType"] for event in hub.engine.history("one")].count(5) == 0


async def test_an_activity_that_waits_for_a_free_place_is_not_claimed(
    tmp_path: Path, worker: GatedWorker
) -> None:
    worker.shut("activity")
    async with cloud(tmp_path, worker, max_activities=1, **DYING) as hub:
        for name in ("one", "two"):
            await hub.client.start_new("calls_work", name, None)
        await worker.wait_until_entered("activity")
    worker.gates["activity"].set()
    async with cloud(tmp_path, worker, max_activities=1) as hub:
        await hub.engine.wait_until_idle()
        found = [(await hub.status(name)).runtime_status.name for name in ("one", "two")]
    assert sorted(found) == ["Completed", "Running"]


@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
async def test_a_doubled_activity_runs_twice_at_once_and_only_its_first_result_counts(
    tmp_path: Path, worker: GatedWorker
) -> None:
    """Both results are sent, as after a freeze, and the first one counts.

    `CompleteTaskActivityWorkItemAsync` of DurableTask.AzureStorage sends a result before it learns
    that the message is no longer its own; `TaskOrchestrationContext` of DurableTask.Core
    ignores a second result for a task.
    """
    worker.shut("activity")
    async with cloud(tmp_path, worker, doubled=frozenset({"work"})) as hub:
        await begin(hub)
        await worker.wait_until_entered("activity", 2)
        worker.gates["activity"].set()
        await hub.engine.wait_until_idle()
        assert (await hub.status()).output == [1, 2]
    assert worker.entered["activity"] == 4


def test_an_event_waits_until_the_start_of_its_instance_is_seen(tmp_path: Path) -> None:
    dead, alive = Store(tmp_path / "hub.db"), Store(tmp_path / "hub.db")
    instance = transactions.new_instance("one", "calls_work", "null", NOON)
    transactions.start(dead, instance)
    dead.fetch_messages(NOON, NOON + MINUTE)
    transactions.send(alive, instance, history.event_raised(NOON, "go", "1"))
    alive.fetch_messages(NOON, NOON + MINUTE)
    assert alive.ready() == []
    assert alive.next_due(NOON) == NOON + MINUTE
    alive.fetch_messages(NOON + MINUTE, NOON + 2 * MINUTE)
    assert alive.ready() == ["one"]
    dead.close()
    alive.close()
