"""Every way a run can end, over the whole pipeline."""

import json
from pathlib import Path

import pytest

from local.graph.documents import Step, SyncError
from tests.e2e.conftest import BROKEN, CLEAN, UNREADABLE, WARNINGS, Pipeline


def test_a_clean_export_is_uploaded_as_it_landed_and_started_once(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("started")
    uploaded = pipeline.graph.uploaded(pipeline.profile)
    assert uploaded == {path.name.lower(): path.read_bytes() for path in CLEAN.glob("*.csv")}
    assert pipeline.graph.count("start") == 1
    assert result["counts"] == {"errors": 0, "warnings": 0, "information": 0}
    assert [step["name"] for step in result["steps"]] == [
        "gather",
        "validate",
        "guard",
        "ready",
        "upload",
        "start",
    ]
    assert len(pipeline.results()) == 1


def test_the_event_reports_the_outcome_and_where_the_result_is(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("started")
    (event,) = pipeline.await_events(1)
    assert event["id"] == f"{pipeline.feed}/{result['run']}"
    assert event["subject"] == result["generation"]
    assert event["data"]["outcome"] == "started"
    assert event["data"]["result"].endswith(f"/{pipeline.feed}/{result['run']}/result.json")
    assert "?" not in event["data"]["result"]


def test_warnings_of_validation_are_reported_and_do_not_stop_the_start(pipeline: Pipeline) -> None:
    pipeline.drop(WARNINGS)
    pipeline.start()
    result = pipeline.await_outcome("started_with_warnings")
    assert result["counts"]["warnings"] > 0
    assert pipeline.graph.count("start") == 1


def test_a_broken_export_is_rejected_and_nothing_leaves_the_house(pipeline: Pipeline) -> None:
    pipeline.drop(BROKEN)
    pipeline.start()
    result = pipeline.await_outcome("rejected")
    assert result["counts"]["errors"] > 0
    assert result["sent"] is False
    assert pipeline.graph.count("upload_url") == 0
    assert pipeline.graph.count("start") == 0
    first = json.loads(pipeline.messages(result)[0])
    assert {"fileName", "rule", "rows", "description"} <= first.keys()


def test_the_documented_ten_messages_end_as_refused_and_are_kept_verbatim(
    pipeline: Pipeline,
) -> None:
    pipeline.graph.fault("start", status=200, body=json.dumps({"value": TEN_MESSAGES}))
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("refused")
    assert [json.loads(line) for line in pipeline.messages(result)] == TEN_MESSAGES
    assert result["counts"] == {"errors": 6, "warnings": 4, "information": 0}
    told = pipeline.await_events(1)[0]["data"]["messages"]
    errors_first = sorted(TEN_MESSAGES, key=lambda message: message["type"] != "Error")
    assert told == errors_first
    assert pipeline.graph.count("start") == 1


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([Step("provisioning", polls=3), "provisioned"], "started"),
        ([Step("provisioning")], "not_ready"),
    ],
)
def test_each_state_of_the_profile_leads_to_its_outcome(
    pipeline: Pipeline, states: list[Step | str], outcome: str
) -> None:
    pipeline.graph.change_profile(pipeline.profile, states=states)
    pipeline.drop(CLEAN)
    pipeline.start(pollCapSeconds=3600)
    result = pipeline.await_outcome(outcome, "failed")
    assert result["outcome"] == outcome
    assert pipeline.graph.count("start") == (1 if outcome == "started" else 0)


def test_an_export_that_stays_incomplete_names_what_is_missing(pipeline: Pipeline) -> None:
    for name in ("school.csv", "student.csv", "section.csv"):
        pipeline.cloud.drop(f"{pipeline.feed}/{name}", _content(CLEAN, name))
    pipeline.start()
    result = pipeline.await_outcome("incomplete")
    assert result["missing"] == ["studentenrollment.csv", "teacher.csv", "teacherroster.csv"]
    assert pipeline.graph.count("get_profile") == 0


def test_a_damaged_export_is_waited_for_and_ends_as_incomplete(pipeline: Pipeline) -> None:
    pipeline.drop(UNREADABLE)
    pipeline.start()
    result = pipeline.await_outcome("incomplete")
    assert any("(empty)" in name for name in result["missing"])
    assert result["sent"] is False


def test_a_profile_that_does_not_exist_is_named(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.start(profileId="no-such-profile")
    result = pipeline.await_outcome("failed")
    assert result["error"]["code"] == "target-not-found"
    assert "no-such-profile" in result["error"]["message"]


def test_a_missing_permission_is_named(pipeline: Pipeline) -> None:
    pipeline.graph.change_identity(roles=["User.Read.All"])
    pipeline.drop(CLEAN)
    pipeline.start(readyDeadlineSeconds=1800)
    result = pipeline.await_outcome("failed")
    assert result["error"]["code"] == "access-denied"
    assert "EduAdministration.ReadWrite.All" in result["error"]["message"]
    assert "up to a day" in result["error"]["message"]
    (ready,) = [step for step in result["steps"] if step["name"] == "ready"]
    assert ready["polls"] > 4
    assert pipeline.graph.count("token") == ready["polls"]


def test_a_permission_that_comes_meanwhile_is_waited_for(pipeline: Pipeline) -> None:
    pipeline.graph.change_identity(late_roles=["EduAdministration.ReadWrite.All"], late_tokens=4)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("get_profile") == 5
    assert pipeline.graph.count("token") == 5
    assert pipeline.graph.count("start") == 1


def test_a_permission_that_is_missing_for_the_start_alone_is_waited_for(
    pipeline: Pipeline,
) -> None:
    denied = '{"error": {"code": "Authorization_RequestDenied", "message": "m"}}'
    pipeline.graph.fault("start", status=403, times=3, body=denied)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("start") == 4
    assert pipeline.graph.count("start", effective=True) == 1


def test_a_refusal_that_no_permission_explains_is_reported_with_its_code(
    pipeline: Pipeline,
) -> None:
    denied = '{"error": {"code": "TenantNotOnboarded", "message": "Ann Example"}}'
    pipeline.graph.fault("get_profile", status=403, times=1000, body=denied)
    pipeline.drop(CLEAN)
    pipeline.start(readyDeadlineSeconds=1800)
    result = pipeline.await_outcome("failed")
    assert "(403, TenantNotOnboarded)" in result["error"]["message"]
    assert "has every permission" in result["error"]["message"]
    assert "Ann" not in str(result)


def test_a_sync_that_is_followed_is_reported_a_second_time(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(
        pipeline.profile,
        sync=[Step("inProgress", polls=3), "error"],
        sync_errors=[SyncError(joining_value="CANARY-7")] * 3,
    )
    pipeline.drop(CLEAN)
    pipeline.start(follow=True)
    result = pipeline.await_outcome("started")
    first, second = pipeline.await_events(2)
    assert (first["type"], second["type"]) == (
        "org.sis-sync.run.finished.v1",
        "org.sis-sync.sync.ended.v1",
    )
    assert second["data"]["errors"] == {"UnsynchronizableChange": 3}
    assert second["data"]["severity"] == "error"
    assert pipeline.cloud.result(f"{pipeline.feed}/{result['run']}/sync.json")["ended"] is True


def _content(folder: Path, name: str) -> bytes:
    return next(path for path in folder.iterdir() if path.name.lower() == name).read_bytes()


def _message(kind: str, file: str, description: str) -> dict[str, str]:
    return {"type": kind, "fileName": file, "description": description}


MISSING, FORMAT = "row(s) have missing data for", "row(s) have an invalid format for"
DANGLING = "row(s) have referenced data not found in source. Field -"
TWICE = "which requires values to be Unique."
TEN_MESSAGES = [
    _message("Error", "section.csv", f"5 {MISSING} the field - SIS ID"),
    _message("Error", "section.csv", f"5 {FORMAT} the field - SIS ID"),
    _message("Warning", "student.csv", f"3 duplicates found in column SIS ID {TWICE}"),
    _message("Warning", "student.csv", f"3 duplicates found in column Username {TWICE}"),
    _message("Error", "studentenrollment.csv", f"125 {DANGLING} Section SIS ID"),
    _message("Error", "studentenrollment.csv", f"35 {DANGLING} SIS ID"),
    _message("Warning", "teacher.csv", f"3 duplicates found in column SIS ID {TWICE}"),
    _message("Warning", "teacher.csv", f"3 duplicates found in column Username {TWICE}"),
    _message("Error", "teacherroster.csv", f"10 {DANGLING} Section SIS ID"),
    _message("Error", "teacherroster.csv", f"91 {DANGLING} SIS ID"),
]
