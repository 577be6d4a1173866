"""Operations of the Industry Data API: what is asked for, where it is polled, what it found."""

import httpx
import pytest

from sync_core.model.errors import (
    AccessPendingError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
)
from sync_core.model.messages import VerificationMessage
from sync_core.targets import (
    OperationNotFoundError,
    OperationRunningError,
    StartAnswer,
    StartPutOffError,
    Verification,
)
from sync_core.targets.graph import GraphAnswer
from sync_core.targets.industry_data.start_limit import LEFT_TO_SCHEDULE, limit_used_up
from tests.unit.classic_kit import answered
from tests.unit.industry_kit import (
    FLOW,
    FLOW_CALL,
    GRAPH,
    VALIDATE_CALL,
    IndustryService,
    OneToken,
    accepted,
    flow_answer,
    industry_feed,
    industry_target,
    runs,
)

ERROR = {"code": "RequiredFileNotFound", "message": "No orgs.", "target": "orgs.csv"}
WARNING = {"code": "OptionalFileNotFound", "message": "No classes.", "target": "classes.csv"}
ERROR_MESSAGE = VerificationMessage(
    type="Error", file_name="orgs.csv", description="No orgs.", code="RequiredFileNotFound"
)
WARNING_MESSAGE = VerificationMessage(
    type="Warning", file_name="classes.csv", description="No classes.", code="OptionalFileNotFound"
)
UNENDED = ["notStarted", "running", "unknownFutureValue", "pondering", "Succeeded", "", None]

LOCATIONS = pytest.mark.parametrize(
    ("location", "operation"),
    [
        ("https://graph.microsoft.com/beta/external/industryData/operations/0a-1", "0a-1"),
        ("/beta/external/industryData/operations/0a-1", "0a-1"),
        ("/external/industryData/operations/0a_1.b?x=/operations/evil", "0a_1.b"),
        ("https://evil.example/operations/0a-1", "0a-1"),
        ("//evil.example/operations/0a-1/", "0a-1"),
        ("https://graph.microsoft.com/beta/external/industryData/operations('0a-1')", "0a-1"),
    ],
)
NO_OPERATION = pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "https://evil.example/",
        "/operations",
        "/operations/",
        "/operations/../runs",
        "/operations/%2e%2e",
        "/operations('')",
    ],
)


def started(*answers: httpx.Response) -> IndustryService:
    return IndustryService({"POST /runs/start": answers})


def polled(*answers: httpx.Response) -> IndustryService:
    return IndustryService({"GET /operations/op-1": answers})


def verified(*answers: httpx.Response) -> IndustryService:
    return IndustryService({FLOW_CALL: [flow_answer()], VALIDATE_CALL: answers})


class TestVerify:
    @LOCATIONS
    def test_the_operation_is_known_by_its_id_wherever_it_is_said_to_be(
        self, location: str, operation: str
    ) -> None:
        assert verified(accepted(location)).target.verify() == operation

    @NO_OPERATION
    def test_without_an_operation_nobody_can_ask_what_it_finds(self, location: str | None) -> None:
        with pytest.raises(UnexpectedAnswerError, match=f"{FLOW} but returned no operation"):
            verified(accepted(location)).target.verify()

    def test_it_needs_the_uploading_permission(self) -> None:
        with pytest.raises(AccessPendingError, match=r"IndustryData-DataConnector\.Upload"):
            verified(httpx.Response(403)).target.verify()

    @pytest.mark.parametrize("status", [409, 429])
    def test_a_service_that_has_no_time_is_retried(self, status: int) -> None:
        with pytest.raises(ServiceBusyError) as caught:
            verified(httpx.Response(status, headers={"retry-after": "2.5"})).target.verify()
        assert caught.value.retry_after == 2.5

    @pytest.mark.parametrize("status", [200, 204, 500, 503])
    def test_an_answer_that_shows_nothing_may_have_used_the_upload_up(self, status: int) -> None:
        with pytest.raises(AnswerLostError):
            verified(httpx.Response(status)).target.verify()

    def test_a_refusal_that_is_not_documented_ends_the_run(self) -> None:
        with pytest.raises(UnexpectedAnswerError):
            verified(httpx.Response(400)).target.verify()


class TestVerification:
    def found(self, **body: object) -> Verification:
        return polled(answered(body)).target.verification("op-1")

    @pytest.mark.parametrize("errors", [None, []])
    def test_files_without_errors_are_verified(self, errors: object) -> None:
        found = self.found(status="succeeded", errors=errors, warnings=[])
        assert found == Verification(state="verified")

    def test_warnings_are_reported_and_stop_nothing(self) -> None:
        found = self.found(status="succeeded", errors=[], warnings=[WARNING])
        assert found == Verification(state="verified", messages=(WARNING_MESSAGE,))

    @pytest.mark.parametrize("status", ["succeeded", "failed"])
    def test_errors_refuse_the_files_whatever_the_status_says(self, status: str) -> None:
        found = self.found(status=status, errors=[ERROR], warnings=[WARNING])
        assert found.state == "refused"
        assert found.messages == (ERROR_MESSAGE, WARNING_MESSAGE)

    def test_a_failure_without_errors_says_that_it_is_one(self) -> None:
        found = self.found(status="failed")
        assert found == Verification(
            state="refused", note="School Data Sync's verification of the files failed."
        )

    @pytest.mark.parametrize("status", UNENDED)
    def test_what_has_not_ended_is_polled_on(self, status: object) -> None:
        answer = answered({"status": status, "errors": [ERROR]})
        answer.headers["retry-after"] = "7.25"
        with pytest.raises(
            OperationRunningError, match=f"still working on inbound flow {FLOW}"
        ) as caught:
            polled(answer).target.verification("op-1")
        assert caught.value.retry_after == 7.25

    @pytest.mark.parametrize("body", [None, [], "x"])
    def test_what_says_nothing_has_not_ended(self, body: object) -> None:
        with pytest.raises(OperationRunningError):
            polled(answered(body)).target.verification("op-1")

    def test_polling_needs_its_own_permission(self) -> None:
        with pytest.raises(AccessPendingError, match=r"IndustryData\.ReadBasic\.All"):
            polled(httpx.Response(403)).target.verification("op-1")


class TestStart:
    @LOCATIONS
    def test_an_accepted_start_has_its_operation(self, location: str, operation: str) -> None:
        service = started(accepted(location))
        assert service.target.start() == StartAnswer(started=True, operation=operation)
        assert service.calls == ["POST /runs/start"]
        assert service.requests[0].content == b""

    @NO_OPERATION
    def test_without_an_operation_its_answer_is_lost(self, location: str | None) -> None:
        with pytest.raises(AnswerLostError):
            started(accepted(location)).target.start()

    def test_beyond_the_limit_it_is_left_to_the_schedule(self) -> None:
        error = {"code": "TooManyRequests", "message": "Five runs are the limit in 12 hours."}
        service = started(answered({"error": error}, 429))
        assert service.target.start() == StartAnswer(
            started=False, note=LEFT_TO_SCHEDULE, left_to_schedule=True
        )
        assert "no run was started" in LEFT_TO_SCHEDULE
        assert service.calls == ["POST /runs/start"]

    @pytest.mark.parametrize(
        ("text", "used_up"),
        [
            ("The run start quota is used up.", True),
            ("The service allows up to five successful runs every 12 hours.", True),
            ("Runs are limited.", False),
            ("The allowed number of runs was reached.", True),
            ("A run was started too often: maximum reached.", True),
            ("Please retry again later.", False),
            ("Too many requests to /runs/start.", False),
            ("The request limit for /runs/start was exceeded.", False),
            ("Application is over its request limit. Try again in 12 seconds.", False),
            ("The limit was overrun.", False),
            ("", False),
        ],
    )
    def test_only_words_about_the_limit_of_runs_say_that_it_is_used_up(
        self, text: str, used_up: bool
    ) -> None:
        body = {"error": {"code": "TooManyRequests", "message": text}}
        assert limit_used_up(GraphAnswer(429, body, empty=False, retry_after=30)) is used_up
        inner = {"error": {"code": "TooManyRequests", "innerError": {"message": text}}}
        assert limit_used_up(GraphAnswer(429, inner, empty=False)) is used_up

    @pytest.mark.parametrize("body", [None, [], "quota", {"error": None}, {"error": {"code": 5}}])
    def test_an_answer_without_an_error_object_is_a_throttle(self, body: object) -> None:
        assert not limit_used_up(GraphAnswer(429, body, empty=False))
        with pytest.raises(StartPutOffError):
            started(answered(body, 429)).target.start()

    @pytest.mark.parametrize("status", [200, 204, 500, 502, 503, 504])
    def test_what_may_have_started_a_run_is_not_sent_again(self, status: int) -> None:
        service = started(httpx.Response(status, headers={"Location": "/operations/op-1"}))
        with pytest.raises(AnswerLostError):
            service.target.start()
        assert len(service.requests) == 1

    def test_a_start_that_asks_to_wait_has_not_been_made(self) -> None:
        with pytest.raises(ServiceBusyError):
            started(httpx.Response(409)).target.start()

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (httpx.ConnectError("x"), ServiceUnreachableError),
            (httpx.ReadError("x"), AnswerLostError),
            (httpx.ReadTimeout("x"), AnswerLostError),
        ],
    )
    def test_a_broken_connection_shows_whether_the_request_was_sent(
        self, fault: Exception, error: type[Exception]
    ) -> None:
        def broken(_request: httpx.Request) -> httpx.Response:
            raise fault

        target = industry_target(
            industry_feed(), GRAPH, OneToken("canary"), httpx.MockTransport(broken)
        )
        with pytest.raises(error):
            target.start()

    def test_it_needs_the_starting_permission(self) -> None:
        with pytest.raises(AccessPendingError, match=r"IndustryData-Run\.Start"):
            started(httpx.Response(403)).target.start()


class TestStarted:
    def test_an_operation_that_succeeded_is_a_start(self) -> None:
        service = polled(answered({"status": "succeeded"}))
        assert service.target.started("op-1") == StartAnswer(started=True)

    @pytest.mark.parametrize(
        ("body", "messages"),
        [
            ({"status": "failed"}, ()),
            ({"status": "failed", "errors": [ERROR]}, (ERROR_MESSAGE,)),
            ({"status": "succeeded", "errors": [ERROR]}, (ERROR_MESSAGE,)),
        ],
    )
    def test_one_that_failed_or_has_errors_is_none(
        self, body: object, messages: tuple[VerificationMessage, ...]
    ) -> None:
        found = polled(answered(body)).target.started("op-1")
        assert (found.started, found.messages) == (False, messages)
        assert "accepted the start but did not start a run" in found.note

    @pytest.mark.parametrize("status", UNENDED)
    def test_one_that_has_not_ended_is_open(self, status: object) -> None:
        with pytest.raises(OperationRunningError):
            polled(answered({"status": status})).target.started("op-1")

    def test_an_unknown_one_raises_an_error_of_its_own(self) -> None:
        with pytest.raises(OperationNotFoundError):
            polled(httpx.Response(404)).target.started("op-1")


def test_the_token_goes_to_the_graph_root_and_nowhere_else(
    every_log: pytest.LogCaptureFixture,
) -> None:
    foreign = "https://evil.example/beta/external/industryData/operations/op-1"
    elsewhere = answered({"status": "succeeded", "resourceLocation": foreign})
    service = IndustryService(
        {
            FLOW_CALL: [flow_answer()],
            VALIDATE_CALL: [accepted(foreign)],
            "POST /runs/start": [accepted(foreign)],
            "GET /operations/op-1": [elsewhere, elsewhere],
            "GET /runs": [runs("r1")],
        }
    )
    target = service.target
    target.readiness()
    target.verification(target.verify() or "")
    target.before_start()
    target.started(target.start().operation)
    assert {
        f"{request.url.scheme}://{request.url.netloc.decode()}" for request in service.requests
    } == {GRAPH}
    assert {request.headers["Authorization"] for request in service.requests} == {
        f"Bearer {service.token}"
    }
    assert "operations/op-1" in every_log.text
    assert service.token not in every_log.text


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_the_token_nowhere(status: int) -> None:
    away = httpx.Response(status, headers={"Location": "https://evil.example/operations/op-1"})
    service = polled(away)
    with pytest.raises(UnexpectedAnswerError) as caught:
        service.target.verification("op-1")
    assert len(service.requests) == 1
    assert service.token not in str(caught.value)
    assert "evil" not in str(caught.value)
