"""The host is killed at every step and started again: one start at most, one result exactly.

The clock skips the minute for which an activity that was cut off stays hidden.
"""

from datetime import UTC, datetime, timedelta

import pytest

from local.durable.store import Store
from local.graph.documents import Step
from tests.e2e.conftest import ACTIVITIES, CLEAN, Pipeline, until
from tests.e2e.test_stops import KILLED

BOUNDARIES = [
    f"{activity}:{point}" for activity in ACTIVITIES for point in ("before", "after", "recorded")
]
INSIDE = [
    "gather_file_set:return:Landing.listing",
    "validate_file_set:call:Landing.chunks#3",
    "validate_file_set:return:ResultsStore.write",
    "check_readiness:return:GraphClient.send",
    "upload_file_set:return:GraphClient.send",
    "upload_file_set:return:_upload_blob#3",
    "upload_file_set:return:UploadLog._keep#2",
    "verify_upload:return:VerifyOnce._keep",
    "start_sync:return:Classic.before_start",
    "start_sync:return:ResultsStore.create",
    "start_sync:call:Classic.start",
    "start_sync:return:Classic.start",
    "start_sync:call:StartOnce._keep",
    "start_sync:return:StartOnce._keep",
    "publish_result:return:ResultsStore.write",
    "publish_result:return:ResultsStore.create",
    "publish_result:return:_update_latest",
    "check_progress:return:Classic.progress",
    "check_progress:return:ResultsStore.create",
]
NEVER_SENT = {"start_sync:return:ResultsStore.create", "start_sync:call:Classic.start"}
"""Killed between the claim and the request: nothing went out, and nobody can know that."""


@pytest.mark.parametrize("point", BOUNDARIES + INSIDE)
def test_a_killed_host_sends_one_start_and_leaves_one_result(
    pipeline: Pipeline, point: str
) -> None:
    pipeline.graph.change_profile(pipeline.profile, sync=[Step("inProgress", polls=2), "success"])
    pipeline.drop(CLEAN)
    killed = pipeline.start(die_at=point, follow=True)
    until(killed.ended, lambda: f"the host to die at {point}\n{pipeline.log()}")
    pipeline.start(follow=True)

    result = pipeline.await_outcome("started", "unknown")
    sent = pipeline.graph.count("start")
    assert (result["outcome"], sent) == (("unknown", 0) if point in NEVER_SENT else ("started", 1))
    pipeline.await_end()
    assert [one["run"] for one in pipeline.results()] == [result["run"]]
    assert pipeline.graph.count("start") == sent
    events = {(event["type"], event["id"]) for event in pipeline.cloud.events()}
    assert len(events) == (1 if point in NEVER_SENT else 2)


@pytest.mark.parametrize(
    "point",
    ["validate_file_set:before", "upload_file_set:after", "start_sync:recorded"],
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


def test_a_host_killed_while_the_start_is_under_way_learns_of_its_fate(pipeline: Pipeline) -> None:
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
