"""A start that the service accepts and carries out later: over real storage, with a told target."""

import pytest
from azure.storage.blob import ContainerClient

from sync_core.delivery.start_once import (
    CONFIRM_SECONDS,
    UNREACHABLE_SECONDS,
    StartOnce,
    StartPendingError,
    StartRecord,
    StartUnknownError,
)
from sync_core.model.errors import (
    AccessDeniedError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    TargetNotFoundError,
)
from sync_core.model.messages import VerificationMessage
from sync_core.results.store import ResultsStore
from sync_core.targets import OperationRunningError, StartAnswer, Target
from sync_core.targets.dry_run import DryRun
from tests.unit.product_kit import ScriptedTarget

NAME = "northwind/run/steps/start.json"
ACCEPTED = StartAnswer(started=True, operation="op-1")
STARTED = StartAnswer(started=True)
SEEN = StartAnswer(started=True, note="The service shows a new run.")
REFUSED = StartAnswer(
    started=False, messages=(VerificationMessage(type="Error", description="é"),), note="n"
)
LEFT = StartAnswer(started=False, left_to_schedule=True, note="Later.")
RUNNING = OperationRunningError("It has not ended.", retry_after=7)
ACCEPTED_AT = 1_000.0


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


@pytest.fixture
def accepted(store: ResultsStore) -> ResultsStore:
    """The service has accepted a start as the operation op-1."""
    with pytest.raises(StartPendingError, match="has not reported its outcome yet"):
        ask(store, ScriptedTarget(before_start=[{"run": "r1"}], start=[ACCEPTED]))
    return store


def ask(store: ResultsStore, target: Target, *, after: float = 0.0) -> StartAnswer:
    return StartOnce(store, NAME, target).answer(now=ACCEPTED_AT + after, current=lambda: True)


def record(store: ResultsStore) -> StartRecord:
    found = StartOnce(store, NAME, ScriptedTarget()).record()
    assert found is not None
    return found


def test_that_it_was_accepted_is_kept_with_its_operation(accepted: ResultsStore) -> None:
    assert (record(accepted).state, record(accepted).answer) == ("answered", ACCEPTED)
    assert record(accepted).claimed_at == ACCEPTED_AT


@pytest.mark.parametrize("answer", [STARTED, REFUSED])
def test_its_outcome_is_kept_and_never_requested_again(
    accepted: ResultsStore, answer: StartAnswer
) -> None:
    target = ScriptedTarget(started=[answer])
    assert ask(accepted, target) == answer
    assert target.calls == ["started"]
    again = ScriptedTarget()
    assert ask(accepted, again) == answer
    assert again.calls == []


def test_the_operation_that_was_accepted_is_the_one_that_is_polled(
    accepted: ResultsStore,
) -> None:
    asked: list[str] = []

    class Asked(ScriptedTarget):
        def started(self, operation: str) -> StartAnswer:
            asked.append(operation)
            return STARTED

    ask(accepted, Asked())
    assert asked == ["op-1"]


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        (RUNNING, 7),
        (OperationRunningError("Running."), None),
        (ServiceBusyError("Later.", retry_after=900), 900),
        (ServiceUnreachableError("Not reached."), None),
    ],
)
def test_while_it_is_open_it_is_polled_and_not_sent_again(
    accepted: ResultsStore, fault: Exception, retry_after: float | None
) -> None:
    for after in (0.0, CONFIRM_SECONDS, UNREACHABLE_SECONDS - 0.1):
        target = ScriptedTarget(started=[fault])
        with pytest.raises(StartPendingError, match=str(fault)) as caught:
            ask(accepted, target, after=after)
        assert caught.value.retry_after == retry_after
        assert target.calls == ["started"]
    assert ask(accepted, ScriptedTarget(started=[STARTED])) == STARTED


def test_one_that_stays_open_for_hours_is_decided_by_the_evidence(accepted: ResultsStore) -> None:
    target = ScriptedTarget(started=[RUNNING], evidence=[SEEN])
    assert ask(accepted, target, after=UNREACHABLE_SECONDS) == SEEN
    assert target.calls == ["started", "evidence"]
    assert target.before == {"run": "r1"}
    again = ScriptedTarget()
    assert ask(accepted, again) == SEEN
    assert again.calls == []


@pytest.mark.parametrize("evidence", [None, ServiceBusyError("Later."), AccessDeniedError("No.")])
def test_one_that_stays_open_without_evidence_is_unknown(
    accepted: ResultsStore, evidence: object
) -> None:
    target = ScriptedTarget(started=[RUNNING], evidence=[evidence])
    with pytest.raises(StartUnknownError):
        ask(accepted, target, after=UNREACHABLE_SECONDS)
    assert "start" not in target.calls


@pytest.mark.parametrize("fault", [TargetNotFoundError("Gone."), AccessDeniedError("No.")])
def test_one_that_nobody_reports_is_decided_by_the_evidence(
    accepted: ResultsStore, fault: SisSyncError
) -> None:
    with pytest.raises(AnswerLostError):
        ask(accepted, ScriptedTarget(started=[fault]))
    target = ScriptedTarget(started=[fault], evidence=[SEEN])
    assert ask(accepted, target, after=1) == SEEN
    assert target.calls == ["started", "evidence"]


def test_one_of_a_former_kind_of_target_is_decided_by_the_evidence_and_never_sent_again(
    accepted: ResultsStore,
) -> None:
    with pytest.raises(AnswerLostError):
        ask(accepted, DryRun())
    with pytest.raises(StartUnknownError):
        ask(accepted, DryRun(), after=CONFIRM_SECONDS)
    assert record(accepted).answer == ACCEPTED


def test_one_that_nobody_reports_and_nothing_shows_is_unknown(accepted: ResultsStore) -> None:
    target = ScriptedTarget(started=[TargetNotFoundError("Gone.")])
    with pytest.raises(StartUnknownError):
        ask(accepted, target, after=CONFIRM_SECONDS)
    assert target.calls == ["started", "evidence"]
    assert record(accepted).answer == ACCEPTED


def test_one_that_is_left_to_the_schedule_is_an_answer_at_once(store: ResultsStore) -> None:
    assert ask(store, ScriptedTarget(start=[LEFT])) == LEFT
    again = ScriptedTarget()
    assert ask(store, again) == LEFT
    assert again.calls == []
