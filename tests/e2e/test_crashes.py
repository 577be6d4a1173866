"""The host is killed inside every step and started again: it sends one start and leaves one result.

`make test` runs a fixed sample, in which each step is killed on each target that implements it and
every point of the start is reached. `make kills` runs all points. The clock skips the minute for
which the activity of a killed host stays hidden.
"""

from datetime import UTC, datetime, timedelta

import pytest
from _pytest.mark import ParameterSet

from local.durable.store import Store
from tests.e2e.conftest import ACTIVITIES, ACTIVITIES_OF, CLEAN, Pipeline, until
from tests.e2e.kills import AROUND, INSIDE, NEVER_SENT, SAMPLE, SHARED
from tests.e2e.targets import STARTS, target
from tests.e2e.test_stops import KILLED


def kill_points() -> list[ParameterSet]:
    """Every target with every point, those outside of the sample marked `kills`."""
    return [
        pytest.param(kind, point, marks=() if point in SAMPLE[kind] else pytest.mark.kills)
        for kind, inside in INSIDE.items()
        for point in [*(f"{name}:{at}" for name in ACTIVITIES_OF[kind] for at in AROUND), *inside]
    ]


def test_the_sample_kills_every_step_and_every_point_of_the_start() -> None:
    for kind, inside in INSIDE.items():
        killed = {point.partition(":")[0] for point in SAMPLE[kind]}
        assert killed | SHARED == set(ACTIVITIES_OF[kind])
        assert SAMPLE[kind].issuperset(point for point in inside if point.startswith("start_sync"))
    sample = {point for points in SAMPLE.values() for point in points}
    assert {point.partition(":")[0] for point in sample} == set(ACTIVITIES)
    assert {point.partition(":")[2] for point in sample}.issuperset(AROUND)


@pytest.mark.parametrize(("kind", "point"), kill_points())
def test_a_killed_host_sends_one_start_and_leaves_one_result(
    pipeline: Pipeline, kind: str, point: str
) -> None:
    feed = target(pipeline, kind, "prepared")
    pipeline.drop(CLEAN)
    killed = pipeline.start(die_at=point, follow=True, **feed)
    until(killed.ended, lambda: f"the host to die at {point}\n{pipeline.log()}")
    pipeline.start(follow=True, **feed)

    result = pipeline.await_outcome("started", "unknown", "failed", "refused")
    sent = pipeline.graph.count(STARTS[kind])
    assert (result["outcome"], sent) == (("unknown", 0) if point in NEVER_SENT else ("started", 1))
    pipeline.await_end()
    assert [one["run"] for one in pipeline.results()] == [result["run"]]
    assert pipeline.graph.count(STARTS[kind]) == sent
    events = {(event["type"], event["id"]) for event in pipeline.cloud.events()}
    assert len(events) == (1 if point in NEVER_SENT else 2)


@pytest.mark.parametrize(
    "point",
    ["validate_file_set:before", "start_sync:recorded"],
)
def test_a_killed_host_costs_what_the_runbook_says(pipeline: Pipeline, point: str) -> None:
    pipeline.drop(CLEAN)
    killed = pipeline.start(die_at=point)
    until(killed.ended, lambda: f"the host to die at {point}\n{pipeline.log()}")
    store = Store(pipeline.cloud.folder / "state" / "durable.db")
    died = datetime.now(UTC) + store.clock_offset()
    store.close()
    pipeline.start()
    ended = datetime.fromisoformat(pipeline.await_outcome("started")["endedAt"])
    assert timedelta(seconds=55) < ended - died < timedelta(seconds=KILLED)


def test_a_host_killed_while_the_start_is_under_way_learns_its_outcome(pipeline: Pipeline) -> None:
    pipeline.graph.fault("start", delay=1.5, when="after")
    pipeline.drop(CLEAN)
    killed = pipeline.start()
    until(lambda: pipeline.graph.count("start"), pipeline.log)
    killed.kill()
    until(lambda: pipeline.graph.count("start", effective=True), pipeline.log)
    pipeline.start()
    result = pipeline.await_outcome("started", "unknown")
    assert result["outcome"] == "started"
    assert pipeline.graph.count("start") == 1
