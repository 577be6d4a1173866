"""A service that is slow, busy, forgetful or gone: the run waits, or says what it cannot know."""

import json
import time

import pytest

from local.graph.documents import Step, When
from sync_core.model.masking import MASK
from tests.e2e.conftest import CLEAN, Pipeline, until

TEN_SECONDS_EARLIER = "Wed, 21 Oct 2065 07:27:50 GMT"
IN_TEN_SECONDS = "Wed, 21 Oct 2065 07:28:00 GMT"
RUNS_ON: list[Step | str] = [Step("inProgress", seconds=60), "success"]
"""A sync that cannot end before the first look: only its beginning is known to be in time."""


@pytest.mark.parametrize(
    ("operation", "status", "headers"),
    [
        ("get_profile", 429, {"Retry-After": "2.128"}),
        ("upload_url", 429, {}),
        ("profile_status", 503, {"retry-after": IN_TEN_SECONDS, "Date": TEN_SECONDS_EARLIER}),
        ("upload_url", 500, {}),
    ],
)
def test_a_busy_service_is_waited_for(
    pipeline: Pipeline, operation: str, status: int, headers: dict[str, str]
) -> None:
    pipeline.graph.fault(operation, status=status, headers=headers, times=2)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count(operation) == 3
    assert pipeline.graph.count("start") == 1


@pytest.mark.parametrize("moment", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_service_that_says_at_once_is_polled_with_the_back_off_all_the_same(
    pipeline: Pipeline, moment: str
) -> None:
    pipeline.graph.fault("get_profile", status=503, headers={"Retry-After": moment}, times=100)
    pipeline.drop(CLEAN)
    pipeline.start(readyDeadlineSeconds=3600)
    pipeline.await_outcome("not_ready")
    assert 5 < pipeline.graph.count("get_profile") < 15


@pytest.mark.parametrize("body", ["<html>busy</html>", '{"value": null}'])
def test_an_answer_without_an_upload_address_is_requested_again(
    pipeline: Pipeline, body: str
) -> None:
    pipeline.graph.fault("upload_url", status=200, body=body, times=2)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("upload_url") == 3


def test_an_address_without_the_right_to_write_is_renewed_once_and_reported_with_its_cause(
    pipeline: Pipeline,
) -> None:
    pipeline.graph.change_profile(pipeline.profile, sas_writes=False)
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("failed")
    assert result["error"]["code"] == "upload-refused"
    assert "AuthorizationPermissionMismatch" in result["error"]["message"]
    assert pipeline.graph.count("upload_url") == 2
    assert pipeline.graph.count("start") == 0


def test_a_list_of_errors_that_repeats_itself_is_reported_as_cut(pipeline: Pipeline) -> None:
    page = {"value": [{"errorCode": "x"}], "@odata.nextLink": "https://graph/errors?$skiptoken=1"}
    pipeline.graph.fault("errors", status=200, body=json.dumps(page), times=100)
    pipeline.graph.change_profile(pipeline.profile, sync=["error"])
    pipeline.drop(CLEAN)
    pipeline.start(follow=True)
    pipeline.await_outcome("started")
    _, ended = pipeline.await_events(2)
    assert pipeline.graph.count("errors") == 2
    assert (ended["data"]["errors"], ended["data"]["errorsCut"]) == ({MASK: 2}, True)
    assert "at least 2 errors" in ended["data"]["summary"]


CUT = {"fileName": "student.csv", "description": "The value A\ud83d is not known."}


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (200, "Warning", "started_with_warnings"),
        (400, "Error", "refused"),
    ],
)
def test_a_message_with_half_a_character_costs_neither_messages_nor_outcome(
    pipeline: Pipeline, status: int, kind: str, outcome: str
) -> None:
    when: When = "after" if kind == "Warning" else "before"
    body = json.dumps({"value": [{"type": kind, **CUT}]})
    assert "\\ud83d is" in body
    pipeline.graph.fault("start", status=status, body=body, when=when)
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome(outcome)
    (line,) = pipeline.messages(result)
    assert json.loads(line)["description"] == "The value A\ufffd is not known."
    (event,) = pipeline.await_events(1)
    assert event["data"]["outcome"] == outcome
    assert sum(event["data"]["counts"].values()) == 1
    assert pipeline.graph.count("start") == 1


def test_a_start_that_is_put_off_is_sent_again(pipeline: Pipeline) -> None:
    pipeline.graph.fault("start", status=429, headers={"Retry-After": "30"}, times=2)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("start") == 3
    assert pipeline.graph.count("start", effective=True) == 1


def test_an_upload_that_is_blocked_is_waited_for(pipeline: Pipeline) -> None:
    pipeline.graph.fault("upload_url", status=409, times=3)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("upload_url") == 4


def test_an_upload_address_may_come_with_201(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(pipeline.profile, upload_url_status=201)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert [entry.status for entry in pipeline.graph.journal("upload_url")] == [201]


def test_a_token_that_is_refused_is_renewed(pipeline: Pipeline) -> None:
    pipeline.graph.fault("upload_url", status=401)
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("token") == 2


def test_a_service_that_stays_away_ends_the_run_as_not_ready(pipeline: Pipeline) -> None:
    pipeline.graph.fault("get_profile", status=503, times=1000)
    pipeline.drop(CLEAN)
    pipeline.start(readyDeadlineSeconds=3600)
    result = pipeline.await_outcome("not_ready")
    assert result["error"]["code"] == "service-busy"
    assert pipeline.graph.count("start") == 0


@pytest.mark.parametrize("reset", [True, False])
def test_a_lost_answer_ends_as_started_where_the_status_proves_it(
    pipeline: Pipeline, *, reset: bool
) -> None:
    pipeline.graph.change_profile(pipeline.profile, sync=RUNS_ON)
    pipeline.graph.fault("start", drop="after", reset=reset)
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("started")
    assert "answer to the start was lost" in result["summary"]
    assert pipeline.graph.count("start") == 1


def test_a_5xx_after_the_start_took_effect_ends_as_started(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(pipeline.profile, sync=RUNS_ON)
    pipeline.graph.fault("start", status=504, when="after")
    pipeline.drop(CLEAN)
    pipeline.start()
    pipeline.await_outcome("started")
    assert pipeline.graph.count("start") == 1


@pytest.mark.parametrize(
    "fault", [{"drop": "before"}, {"status": 503}, {"status": 200, "body": "<html>"}]
)
def test_a_lost_answer_without_evidence_ends_as_unknown_and_is_never_sent_again(
    pipeline: Pipeline, fault: dict[str, object]
) -> None:
    pipeline.graph.fault("start", **fault)  # type: ignore[arg-type]
    pipeline.drop(CLEAN)
    host = pipeline.start()
    result = pipeline.await_outcome("unknown")
    assert result["severity"] == "critical"
    assert result["sent"] is True
    assert pipeline.graph.count("start") == 1
    host.stop()
    pipeline.start()
    pipeline.sweep()
    assert pipeline.graph.count("start") == 1


def test_a_profile_that_takes_no_files_is_reported_before_anything_is_uploaded(
    pipeline: Pipeline,
) -> None:
    provider = "educationPowerSchoolDataProvider"
    pipeline.graph.change_profile(pipeline.profile, data_provider=f"#microsoft.graph.{provider}")
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("not_ready")
    assert provider in result["error"]["message"]
    assert pipeline.graph.count("upload_url") == 0


def test_a_profile_that_has_never_synced_is_started(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(pipeline.profile, never_synced=True)
    pipeline.drop(CLEAN)
    pipeline.start(follow=True)
    pipeline.await_outcome("started")
    _, second = pipeline.await_events(2)
    assert second["data"]["status"] == "success"


def test_a_sync_that_another_began_is_no_proof_of_a_lost_start(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(pipeline.profile, sync=[Step("inProgress")])
    pipeline.graph.fault("start", drop="before")
    pipeline.graph.fault("profile_status", times=1)
    # The first look after the loss comes only once somebody has begun a sync in the portal.
    pipeline.graph.fault("profile_status", delay=6)
    pipeline.drop(CLEAN)
    pipeline.start()
    until(lambda: pipeline.graph.count("profile_status") > 1, pipeline.log)
    time.sleep(2.1)
    pipeline.graph.begin_sync(pipeline.profile)
    result = pipeline.await_outcome("unknown")
    assert pipeline.graph.count("start") == 1
    assert result["sent"] is True


def test_an_upload_address_elsewhere_gets_no_data(pipeline: Pipeline) -> None:
    address = {"value": "https://sdsstorage.blob.example.com/c?sv=1&sig=CANARY-SIG"}
    pipeline.graph.fault("upload_url", status=200, body=json.dumps(address))
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("failed")
    assert result["error"]["code"] == "upload-address-refused"
    assert "CANARY-SIG" not in str(result)
    assert pipeline.graph.count("start") == 0


def test_a_redirect_is_refused(pipeline: Pipeline) -> None:
    pipeline.graph.fault("get_profile", status=302, headers={"Location": "http://127.0.0.1:9/"})
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("failed")
    assert result["error"]["code"] == "unexpected-answer"


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ('{"value": [{"type": "error", "fileName": "x.csv", "description": "d"}]}', 1),
        ('{"error": {"code": "BadRequest", "message": "m", "innerError": {}}}', 0),
        ("<html></html>", 0),
    ],
)
def test_a_400_is_refused_whatever_its_body(pipeline: Pipeline, body: str, messages: int) -> None:
    pipeline.graph.fault("start", status=400, body=body)
    pipeline.drop(CLEAN)
    pipeline.start()
    result = pipeline.await_outcome("refused")
    assert result["counts"]["errors"] == messages
    assert (result["error"] is None) == bool(messages)
    assert "0 errors" not in result["summary"]
