"""Every activity runs twice at the same time, as when a process was frozen and continues later.

Observed on the real host: a process that was frozen for longer than the visibility time-out
continued its activity while another instance was running the same one.

`make test` runs a fixed sample: all activities doubled at once on each target, the start alone, and
freezes around each effect on the service. `make kills` runs all.
"""

from collections import Counter

import pytest
from _pytest.mark import ParameterSet

from tests.e2e.conftest import ACTIVITIES_OF, CLEAN, Pipeline
from tests.e2e.kills import FROZEN_SAMPLE, INSIDE
from tests.e2e.targets import STARTS, target

DOUBLED_SAMPLE = {"all", "start_sync"}


def doubled_cases() -> list[ParameterSet]:
    """Every target with every activity, those outside of the sample marked `kills`."""
    return [
        pytest.param(
            kind,
            doubled,
            marks=() if name in DOUBLED_SAMPLE else pytest.mark.kills,
            id=f"{kind}-{name}",
        )
        for kind, names in ACTIVITIES_OF.items()
        for name, doubled in {"all": names, **{name: [name] for name in names}}.items()
    ]


def freeze_points() -> list[ParameterSet]:
    """Every target with every point, those outside of the sample marked `kills`."""
    return [
        pytest.param(kind, point, marks=() if point in FROZEN_SAMPLE[kind] else pytest.mark.kills)
        for kind, inside in INSIDE.items()
        for point in inside
    ]


def test_every_point_of_the_sample_is_one_of_all_points() -> None:
    assert all(FROZEN_SAMPLE[kind] < set(inside) for kind, inside in INSIDE.items())


@pytest.mark.parametrize(("kind", "doubled"), doubled_cases())
def test_an_activity_that_runs_twice_at_once_starts_once_and_leaves_one_result(
    pipeline: Pipeline, kind: str, doubled: list[str]
) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(doubled=doubled, follow=True, **target(pipeline, kind, "prepared"))
    check(pipeline, kind)
    events = pipeline.engine_events()
    for name in doubled:
        runs = [event["kind"] for event in events if event["name"] == name]
        assert runs.count("activity_completed") == 2 * runs.count("activity_started") > 0


def check(pipeline: Pipeline, kind: str) -> None:
    """One start, one result, and one id for each type of event, however often it was sent."""
    result = pipeline.await_outcome("started", "unknown", "failed", "refused")
    assert result["outcome"] == "started"
    pipeline.await_end()
    sent = pipeline.graph.count(STARTS[kind]), pipeline.graph.count(STARTS[kind], effective=True)
    assert sent == (1, 1)
    assert [one["run"] for one in pipeline.results()] == [result["run"]]
    assert ids_by_type(pipeline) == {
        "org.sis-sync.run.finished.v1": 1,
        "org.sis-sync.sync.ended.v1": 1,
    }
    assert pipeline.graph.leaks() == []


def ids_by_type(pipeline: Pipeline) -> Counter[str]:
    """How many different ids the events of each type have."""
    different = {(event["type"], event["id"]) for event in pipeline.cloud.events()}
    return Counter(kind for kind, _ in different)


@pytest.mark.parametrize(("kind", "point"), freeze_points())
def test_an_activity_that_is_frozen_and_continues_beside_its_second_run_does_no_harm(
    pipeline: Pipeline, kind: str, point: str
) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(freeze_at=point, follow=True, **target(pipeline, kind, "prepared"))
    check(pipeline, kind)
