"""What the Industry Data API may answer to a start and around it, over real HTTP."""

import pytest

from local.graph.control import GraphSimulator
from local.graph.documents import Step
from sync_core.delivery.start_once import CONFIRM_SECONDS, StartPendingError, StartUnknownError
from sync_core.delivery.verification import UNSEEN_SECONDS
from sync_core.model.errors import AnswerLostError, SisSyncError, UnexpectedAnswerError
from sync_core.targets import (
    OperationNotFoundError,
    OperationRunningError,
    StartPutOffError,
)
from tests.targets.conftest import OnFlow

UNSAID = "Too many requests."


class TestTooManyStarts:
    def test_a_limit_that_is_used_up_leaves_it_to_the_schedule_and_starts_nothing(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_runs(starts_allowed=0)
        answer = industry.ask()
        assert (answer.started, answer.left_to_schedule, answer.operation) == (False, True, "")
        assert industry.ask(60.0) == answer
        assert graph.count("runs_start") == 1

    @pytest.mark.parametrize(
        "message",
        [
            "Quota exceeded.",
            "You have reached the limit of five runs.",
            "Only 5 successful runs are allowed every 12 hours.",
            "The maximum number of runs in twelve hours has been started.",
        ],
    )
    def test_it_is_known_by_what_it_says(
        self, graph: GraphSimulator, industry: OnFlow, message: str
    ) -> None:
        graph.change_runs(starts_allowed=0, limit_message=message, retry_after="30")
        assert industry.ask().left_to_schedule

    @pytest.mark.parametrize("wait", ["3600", "43200"])
    def test_it_is_known_by_a_wait_that_no_throttle_asks_for(
        self, graph: GraphSimulator, industry: OnFlow, wait: str
    ) -> None:
        graph.change_runs(starts_allowed=0, limit_message=UNSAID, retry_after=wait)
        assert industry.ask().left_to_schedule

    @pytest.mark.parametrize("wait", ["2.128", "120", ""])
    def test_a_throttle_is_waited_out_and_the_start_sent_again(
        self, graph: GraphSimulator, industry: OnFlow, wait: str
    ) -> None:
        graph.change_runs(throttled=2, retry_after=wait)
        for after in (0.0, 60.0):
            with pytest.raises(StartPutOffError) as caught:
                industry.ask(after)
            assert caught.value.retry_after == (float(wait) if wait else None)
            assert industry.record.state == "withdrawn"
        with pytest.raises(StartPendingError):
            industry.ask(120.0)
        assert graph.count("runs_start") == 3
        assert graph.count("runs_start", effective=True) == 1

    def test_a_limit_that_is_not_named_is_never_reported_as_a_start(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_runs(starts_allowed=0, limit_message=UNSAID)
        for after in (0.0, 60.0, 86_400.0):
            with pytest.raises(StartPutOffError):
                industry.ask(after)

    def test_the_scheduled_run_is_the_one_after_the_first_request(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_runs(throttled=1, starts_allowed=0, run=["completed"])
        with pytest.raises(StartPutOffError):
            industry.ask()
        graph.begin_scheduled_run()
        assert industry.ask(60.0).left_to_schedule
        assert industry.target.progress(industry.record.baseline).state == "succeeded"


class TestAcceptedStart:
    @pytest.mark.parametrize("runs", [True, False])
    def test_without_an_operation_the_runs_decide(
        self, graph: GraphSimulator, industry: OnFlow, *, runs: bool
    ) -> None:
        graph.change_runs(location="missing", operation=["succeeded" if runs else "failed"])
        with pytest.raises(AnswerLostError):
            industry.ask()
        assert industry.record.state == "sending"
        if runs:
            assert industry.ask(20.0).started
        else:
            with pytest.raises(AnswerLostError):
                industry.ask(20.0)
            with pytest.raises(StartUnknownError):
                industry.ask(CONFIRM_SECONDS)
        assert graph.count("runs_start") == 1

    def test_an_operation_that_is_not_known_yet_is_waited_for(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_runs(unseen_polls=2, operation=["failed"])
        for after in (0.0, 5.0, 10.0):
            with pytest.raises(StartPendingError):
                industry.ask(after)
        graph.begin_scheduled_run()
        assert not industry.ask(15.0).started

    def test_one_that_stays_unknown_is_decided_by_the_runs(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_runs(unseen_polls=100, operation=["failed"])
        with pytest.raises(StartPendingError):
            industry.ask()
        with pytest.raises(StartPendingError):
            industry.ask(CONFIRM_SECONDS - 1)
        with pytest.raises(StartUnknownError):
            industry.ask(CONFIRM_SECONDS)

    def test_a_run_that_began_before_the_start_and_was_listed_late_proves_nothing(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        late = graph.begin_scheduled_run()
        graph.fault(
            "list_runs",
            status=200,
            body='{"value": []}',
            headers={"Date": "Fri, 01 Jan 2100 00:00:00 GMT"},
        )
        graph.fault("runs_start", drop="before")
        with pytest.raises(AnswerLostError):
            industry.ask()
        assert late
        with pytest.raises(StartUnknownError):
            industry.ask(CONFIRM_SECONDS)

    def test_a_list_that_has_lost_the_newest_run_shows_no_older_one_as_new(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        old = graph.begin_scheduled_run()
        graph.begin_scheduled_run()
        graph.fault("runs_start", drop="before")
        with pytest.raises(AnswerLostError):
            industry.ask()
        body = f'{{"value": [{{"id": "{old}", "startDateTime": "2026-01-01T00:00:00Z"}}]}}'
        graph.fault("list_runs", status=200, body=body)
        with pytest.raises(StartUnknownError):
            industry.ask(CONFIRM_SECONDS)


class TestVerification:
    def test_an_acceptance_without_an_operation_fails_at_once(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_inbound_flow(industry.flow.flow, location="missing")
        with pytest.raises(UnexpectedAnswerError, match="returned no operation"):
            industry.verify()
        assert graph.count("validate") == 1

    def test_an_operation_that_is_not_known_yet_is_waited_for(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_inbound_flow(
            industry.flow.flow, unseen_polls=2, validation=[Step("running", polls=1), "failed"]
        )
        for after in (0.0, 5.0, 10.0, 15.0):
            with pytest.raises(OperationRunningError):
                industry.verify(after)
        assert industry.verify(20.0) == "refused"
        assert graph.count("validate") == 1

    def test_one_that_stays_unknown_ends_the_wait(
        self, graph: GraphSimulator, industry: OnFlow
    ) -> None:
        graph.change_inbound_flow(industry.flow.flow, unseen_polls=100)
        with pytest.raises(OperationRunningError):
            industry.verify()
        with pytest.raises(OperationRunningError):
            industry.verify(UNSEEN_SECONDS - 1)
        with pytest.raises(OperationNotFoundError, match="Deliver the export again"):
            industry.verify(UNSEEN_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<html>"},
        {"status": 201, "body": ""},
        {"status": 202, "body": ""},
        {"status": 202, "body": "x" * 20_000_000, "headers": {"Location": "/nowhere"}},
        {"status": 202, "body": "x", "headers": {"Content-Encoding": "gzip"}},
        {"status": 204, "body": "", "headers": {"Retry-After": "never", "Location": "//"}},
    ],
    ids=lambda answer: f"{answer['status']}-{answer['body'][:12]}",
)
def test_no_2xx_to_a_start_counts_as_a_start_that_had_no_effect(
    graph: GraphSimulator, industry: OnFlow, answer: dict[str, object]
) -> None:
    graph.fault("runs_start", when="after", **answer)  # type: ignore[arg-type]
    with pytest.raises(SisSyncError):
        industry.ask()
    assert industry.record.state == "sending"
