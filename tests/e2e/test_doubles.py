"""Every activity runs twice at the same time, as when a process was frozen and wakes again.

Seen on the real host: a process that was frozen for longer than the visibility time-out went on
with its activity beside the instance that had taken it over.
"""

from collections import Counter

import pytest

from tests.e2e.conftest import ACTIVITIES, CLEAN, Pipeline
from tests.e2e.test_counts import target
from tests.e2e.test_crashes import INSIDE

STARTS = {"classic": "start", "industry-data": "runs_start"}
CASES = [*([name] for name in ACTIVITIES), ACTIVITIES]

INSIDE_INDUSTRY_DATA = [
    "check_readiness:return:GraphClient.send",
    "upload_file_set:return:GraphClient.send",
    "upload_file_set:return:UploadLog._keep",
    "upload_file_set:return:UploadLog._keep#3",
    "verify_upload:call:IndustryData.verify",
    "verify_upload:return:IndustryData.verify",
    "verify_upload:return:VerifyOnce._keep",
    "verify_upload:return:VerifyOnce._keep#2",
    "start_sync:return:IndustryData.before_start",
    "start_sync:return:ResultsStore.create",
    "start_sync:call:IndustryData.start",
    "start_sync:return:IndustryData.start",
    "start_sync:call:StartOnce._keep",
    "start_sync:return:StartOnce._keep",
    "check_progress:return:IndustryData.progress",
]


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("doubled", CASES, ids=lambda names: "+".join(names[:2]))
def test_an_activity_that_runs_twice_at_once_starts_once_and_leaves_one_result(
    pipeline: Pipeline, doubled: list[str], kind: str
) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(doubled=doubled, follow=True, **target(pipeline, kind, "prepared"))
    check(pipeline, kind)
    told = pipeline.engine_events()
    for name in doubled:
        runs = [event["kind"] for event in told if event["name"] == name]
        assert runs.count("activity_completed") == 2 * runs.count("activity_started") > 0


def check(pipeline: Pipeline, kind: str) -> None:
    """One start, one result, and events that whoever reads them knows to be one each."""
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


@pytest.mark.parametrize("point", INSIDE)
def test_an_activity_that_is_frozen_inside_and_wakes_beside_its_second_run_does_no_harm(
    pipeline: Pipeline, point: str
) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(freeze_at=point, follow=True, **target(pipeline, "classic", "prepared"))
    check(pipeline, "classic")


@pytest.mark.parametrize("point", INSIDE_INDUSTRY_DATA)
def test_the_same_on_industry_data(pipeline: Pipeline, point: str) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(freeze_at=point, follow=True, **target(pipeline, "industry-data", "prepared"))
    check(pipeline, "industry-data")
