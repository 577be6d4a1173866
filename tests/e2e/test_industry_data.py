"""The same pipeline on the Industry Data API, over the simulator's."""

import json
from typing import Any

import pytest

from local.graph.documents import Step
from local.graph.industry_documents import ErrorDetail, InnerError, PublicError
from sync_core.targets.permissions import PERMISSIONS
from tests.e2e.conftest import CLEAN, CLEAN_V21, Pipeline, until

ROLES = [permission.name for permission in PERMISSIONS["industry-data"]]


class Industry:
    """A feed of the pipeline on an inbound flow of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline, self.graph = pipeline, pipeline.graph
        self.graph.change_identity(roles=ROLES)
        self.flow, self.connector = self.graph.create_inbound_flow(file_format="schoolDataSyncV1")

    def start(self, **options: Any) -> Any:
        named = {} if "inboundFlowName" in options else {"inboundFlowId": self.flow}
        return self.pipeline.start(**{"target": "industry-data", **named, **options})

    def run(self, *outcomes: str, **options: Any) -> Any:
        """Land the clean sample, start the app, and give the result."""
        self.pipeline.drop(CLEAN)
        self.start(**options)
        return self.pipeline.await_outcome(*outcomes)


@pytest.fixture
def industry(pipeline: Pipeline) -> Industry:
    return Industry(pipeline)


def clean_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in CLEAN.glob("*.csv")}


def test_the_nightly_sequence_runs_to_the_runs_end(industry: Industry) -> None:
    uploads: dict[str, bytes] = {}
    industry.graph.change_inbound_flow(
        industry.flow, validation=[Step("running", polls=4), "succeeded"]
    )
    industry.pipeline.drop(CLEAN)
    industry.graph.fault("validate", delay=1.5)
    industry.start(follow=True, pollSeconds=1)

    def collected() -> bool:
        uploads.update(industry.graph.uploaded(industry.connector))
        return industry.graph.count("runs_start") > 0

    until(collected, industry.pipeline.log)
    result = industry.pipeline.await_outcome("started")
    assert uploads == clean_files()
    assert result["target"] == {"kind": "industry-data", "id": industry.flow}
    assert result["startLimit"] == {"starts": 5, "hours": 12, "leftToSchedule": False}
    _, second = industry.pipeline.await_events(2)
    assert second["data"]["status"] == "completed"
    assert second["data"]["statistics"]["errors"] == 0
    assert industry.graph.count("runs_start") == 1
    assert industry.graph.leaks() == []
    verify = next(step for step in result["steps"] if step["name"] == "verify")
    assert verify["seconds"] >= 5 * (verify["polls"] - 1) > 0


@pytest.mark.parametrize(
    ("readiness", "outcome", "said"),
    [
        ([Step("notReady", polls=2), "ready"], "started", ""),
        ([Step("notReady")], "not_ready", "not ready in time"),
    ],
)
def test_each_readiness_leads_to_its_outcome(
    industry: Industry, readiness: list[Step | str], outcome: str, said: str
) -> None:
    industry.graph.change_inbound_flow(industry.flow, readiness=readiness)
    result = industry.run(outcome, pollCapSeconds=3600)
    assert said in result["summary"]
    assert industry.graph.count("runs_start") == (outcome == "started")


@pytest.mark.parametrize(
    ("operation", "words", "outcome"),
    [
        (
            "validation",
            [Step("notStarted", polls=1), Step("running", polls=1), "succeeded"],
            "started",
        ),
        ("validation", ["failed"], "refused"),
        ("validation", [Step("running")], "failed"),
        ("start", ["failed"], "refused"),
        # Nobody can say what became of a start whose operation never ends: the runs decide.
        ("start", [Step("running")], "started"),
    ],
)
def test_each_status_of_an_operation_leads_to_its_outcome(
    industry: Industry, operation: str, words: list[Step | str], outcome: str
) -> None:
    if operation == "validation":
        industry.graph.change_inbound_flow(industry.flow, validation=words)
    else:
        industry.graph.change_runs(operation=words)
    industry.run(outcome, pollCapSeconds=3600)
    assert industry.graph.count("runs_start") == (operation == "start" or outcome == "started")


def test_a_verification_that_succeeded_with_errors_is_refused_and_keeps_all_of_them(
    industry: Industry,
) -> None:
    error = PublicError(
        "RequiredFileNotFound",
        "When trying to validate required file orgs.csv encountered RequiredFileNotFound error.",
        "orgs.csv",
        details=[ErrorDetail("Detail", "A detail.", "orgs.csv")],
        inner_error=InnerError("Inner", "What lay beneath."),
    )
    warning = PublicError("OptionalFileNotFound", "No such file.", "classes.csv")
    industry.graph.change_inbound_flow(industry.flow, errors=[error], warnings=[warning])
    result = industry.run("refused")
    lines = [json.loads(line) for line in industry.pipeline.messages(result)]
    assert {
        "type": "Error",
        "fileName": "orgs.csv",
        "description": error.message,
        "code": "RequiredFileNotFound",
    } in lines
    assert {line["code"] for line in lines} >= {"Detail", "Inner", "OptionalFileNotFound"}
    assert result["counts"]["errors"] == 1
    assert result["sent"] is False
    assert industry.graph.count("runs_start") == 0


def test_a_start_beyond_the_limit_is_left_to_the_schedule_and_followed(industry: Industry) -> None:
    pipeline = industry.pipeline
    industry.graph.change_runs(starts_allowed=0, retry_after="2.128", run=["completed"])
    pipeline.drop(CLEAN)
    industry.start(clock="real", quietSeconds=0, pollSeconds=1)
    result = pipeline.await_outcome("scheduled")
    assert "automatic run of School Data Sync picks them up" in result["summary"]
    assert (result["severity"], result["sent"]) == ("warning", True)
    assert result["startLimit"] == {"starts": 5, "hours": 12, "leftToSchedule": True}
    assert pipeline.cloud.result(f"{pipeline.feed}/started.json") is None
    industry.graph.begin_scheduled_run()
    _, second = pipeline.await_events(2)
    assert (second["data"]["status"], second["data"]["severity"]) == ("completed", "info")
    assert pipeline.cloud.result(f"{pipeline.feed}/started.json")["run"] == result["run"]
    assert industry.graph.count("runs_start") == 1


def test_a_throttled_start_is_sent_again(industry: Industry) -> None:
    industry.graph.change_runs(throttled=2, retry_after="30")
    result = industry.run("started")
    assert result["startLimit"]["leftToSchedule"] is False
    assert industry.graph.count("runs_start") == 3
    assert industry.graph.count("runs_start", effective=True) == 1


def test_a_limit_that_is_not_named_ends_as_scheduled_and_never_as_started(
    industry: Industry,
) -> None:
    industry.graph.change_runs(starts_allowed=0, limit_message="Too many requests.")
    rare = {"pollSeconds": 300, "pollCapSeconds": 300, "readyDeadlineSeconds": 3600}
    result = industry.run("scheduled", **rare)
    assert "the app started no sync" in result["summary"]
    assert industry.graph.count("runs_start", effective=True) == 0
    assert industry.pipeline.cloud.result(f"{industry.pipeline.feed}/started.json") is None


def test_a_verification_without_an_operation_ends_the_run_at_once(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, location="missing")
    result = industry.run("failed")
    assert result["error"]["code"] == "unexpected-answer"
    assert industry.graph.count("validate") == 1
    assert industry.graph.count("runs_start") == 0


def test_operations_that_are_not_known_at_once_are_waited_for(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, unseen_polls=2)
    industry.graph.change_runs(unseen_polls=2)
    industry.run("started")
    assert industry.graph.count("validate") == 1
    assert industry.graph.count("runs_start", effective=True) == 1


@pytest.mark.parametrize(("runs", "outcome"), [(True, "started"), (False, "unknown")])
def test_an_accepted_start_without_an_operation_is_decided_by_the_runs(
    industry: Industry, *, runs: bool, outcome: str
) -> None:
    industry.graph.change_runs(location="missing", operation=["succeeded" if runs else "failed"])
    industry.run(outcome)
    assert industry.graph.count("runs_start") == 1


@pytest.mark.parametrize(
    ("status", "severity", "shape"),
    [
        ("completed", "info", "typed"),
        ("completedWithErrors", "error", "metric"),
    ],
)
def test_the_runs_end_is_reported_with_its_statistics(
    industry: Industry, status: str, severity: str, shape: Any
) -> None:
    industry.graph.change_runs(run=[Step("running", polls=2), status], statistics=shape, errors=3)
    industry.run("started", follow=True)
    _, second = industry.pipeline.await_events(2)
    assert (second["data"]["status"], second["data"]["severity"]) == (status, severity)
    assert second["data"]["statistics"]["errors"] == 3
    assert second["data"]["statistics"]["people"]["total"] > 0


def test_the_newer_format_is_uploaded_under_its_own_names(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, file_format="schoolDataSyncV2Rev1")
    industry.pipeline.drop(CLEAN_V21)
    industry.start(format="sds-v2.1")
    industry.pipeline.await_outcome("started")
    uploaded = industry.graph.uploaded(industry.connector)
    assert uploaded == {path.name: path.read_bytes() for path in CLEAN_V21.glob("*.csv")}
    assert "academicSessions.csv" in uploaded


@pytest.mark.parametrize("location", ["relative", "foreign"])
def test_an_operation_is_polled_below_the_graph_root_wherever_it_is_said_to_be(
    industry: Industry, location: Any
) -> None:
    industry.graph.change_inbound_flow(industry.flow, location=location)
    industry.graph.change_runs(location=location)
    industry.run("started")
    assert industry.graph.leaks() == []


def test_a_session_that_expires_on_the_way_is_replaced_once(industry: Industry) -> None:
    industry.graph.fault("lake_append", status=403)
    industry.run("started")
    assert industry.graph.count("get_upload_session") == 2
    assert industry.graph.count("runs_start") == 1


def test_a_feed_may_name_its_flow_by_its_display_name(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, display_name="Nightly rosters")
    result = industry.run("started", inboundFlowName="Nightly rosters")
    assert result["target"] == {"kind": "industry-data", "id": "Nightly rosters"}


def test_two_flows_of_one_name_are_distinguished_by_the_district(industry: Industry) -> None:
    for _ in range(2):
        industry.graph.create_inbound_flow(display_name="Twins", file_format="schoolDataSyncV1")
    result = industry.run("failed", inboundFlowName="Twins")
    assert "2 inbound flows are named 'Twins'" in result["error"]["message"]


def test_a_flow_of_another_format_is_not_ready(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, file_format="schoolDataSyncV2Rev1")
    result = industry.run("not_ready")
    assert "expects schoolDataSyncV2Rev1, but the feed's format is sds-v1" in result["summary"]


@pytest.mark.parametrize(
    ("missing", "reached"),
    [
        ("IndustryData-InboundFlow.Read.All", "get_inbound_flow"),
        ("IndustryData-Run.Start", "runs_start"),
    ],
)
def test_a_missing_permission_is_named(industry: Industry, missing: str, reached: str) -> None:
    industry.graph.change_identity(roles=[role for role in ROLES if role != missing])
    result = industry.run("failed", readyDeadlineSeconds=1800)
    assert f"permission {missing}." in result["error"]["message"]
    assert industry.graph.count(reached) > 4
    assert industry.graph.count("runs_start", effective=True) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_the_start_is_decided_by_the_runs(industry: Industry, when: Any) -> None:
    industry.graph.fault("runs_start", drop=when)
    result = industry.run("started" if when == "after" else "unknown")
    assert industry.graph.count("runs_start") == 1
    assert result["sent"] is True


def test_a_lost_answer_to_the_verification_uploads_again(industry: Industry) -> None:
    industry.graph.fault("validate", drop="after")
    industry.run("started")
    assert industry.graph.count("validate") == 2
    assert industry.graph.count("get_upload_session") == 2
    assert industry.graph.count("runs_start") == 1


def test_an_upload_that_was_interrupted_continues_where_it_was(industry: Industry) -> None:
    industry.pipeline.drop(CLEAN)
    killed = industry.start(die_at="upload_file_set:return:_upload_file#3")
    until(killed.ended, industry.pipeline.log)
    created = industry.graph.count("lake_create")
    industry.start()
    industry.pipeline.await_outcome("started")
    # Small files are recorded together after the first one: the second and third are sent again.
    assert industry.graph.count("lake_create") - created == len(clean_files()) - 1


def test_a_dry_run_does_everything_but_call_microsoft(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(target="dry-run", follow=True)
    result = pipeline.await_outcome("dry_run")
    assert result["summary"].startswith("Dry run:")
    assert result["sent"] is False
    assert pipeline.graph.journal() == []
    pipeline.await_end()
    assert len(pipeline.cloud.events()) == 1


def test_an_answer_without_a_session_is_requested_again(industry: Industry) -> None:
    industry.graph.fault("get_upload_session", status=200, body="<html>busy</html>", times=2)
    industry.run("started")
    assert industry.graph.count("get_upload_session") == 3


def test_every_permission_that_is_missing_is_named_at_once(industry: Industry) -> None:
    held = "IndustryData-InboundFlow.Read.All"
    industry.graph.change_identity(roles=[held])
    result = industry.run("failed", readyDeadlineSeconds=1800)
    assert result["error"]["code"] == "access-denied"
    assert all(role in result["error"]["message"] for role in ROLES if role != held)
    assert held not in result["error"]["message"]
    assert industry.graph.count("runs_start") == 0


def test_a_session_that_is_refused_is_renewed_once_and_reported_with_its_cause(
    industry: Industry,
) -> None:
    code = {"x-ms-error-code": "AuthorizationFailure"}
    industry.graph.fault("lake_create", status=403, headers=code, times=100)
    result = industry.run("failed")
    assert result["error"]["code"] == "upload-refused"
    assert "AuthorizationFailure" in result["error"]["message"]
    assert industry.graph.count("get_upload_session") == 2
    assert "profile" not in str(result).lower()


def test_a_target_that_is_not_ready_is_called_no_profile(industry: Industry) -> None:
    industry.graph.change_inbound_flow(industry.flow, readiness=["disabled"])
    result = industry.run("not_ready")
    assert "profile" not in str(result).lower()
    assert "Turn it on" in result["summary"]
    assert industry.graph.count("runs_start") == 0
