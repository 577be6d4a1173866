"""`/start` at most once, whatever breaks on the way: over real storage, with a told target."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.delivery.start_once import (
    CONFIRM_EVERY_SECONDS,
    CONFIRM_SECONDS,
    UNREACHABLE_SECONDS,
    StartOnce,
    StartUnknownError,
)
from sync_core.model.errors import (
    AccessDeniedError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    SupersededError,
    TargetNotFoundError,
    TransientError,
)
from sync_core.model.messages import VerificationMessage
from sync_core.results.store import ResultsStore
from sync_core.targets import StartAnswer
from tests.unit.product_kit import ScriptedTarget

NAME = "northwind/run/steps/start.json"
STARTED = StartAnswer(
    started=True, messages=(VerificationMessage(type="Warning", description="é"),), note="n"
)
LOST = AnswerLostError("The answer was lost.")
CLAIMED_AT = 1_000.0


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


def ask(
    store: ResultsStore, target: ScriptedTarget, *, now: float = CLAIMED_AT, current: bool = True
) -> StartAnswer:
    return StartOnce(store, NAME, target).answer(now=now, current=lambda: current)


def lose_the_answer(store: ResultsStore) -> None:
    """A start went out at CLAIMED_AT, and its answer never came."""
    with pytest.raises(AnswerLostError):
        ask(store, ScriptedTarget(start=[LOST]))


def state(store: ResultsStore) -> str | None:
    record = StartOnce(store, NAME, ScriptedTarget()).record()
    return None if record is None else record.state


class TestSending:
    def test_the_answer_is_kept_and_never_requested_again(self, store: ResultsStore) -> None:
        assert ask(store, ScriptedTarget(start=[STARTED])) == STARTED
        again = ScriptedTarget()
        assert ask(store, again) == STARTED
        assert again.calls == []

    def test_a_refusal_is_an_answer_too(self, store: ResultsStore) -> None:
        refused = StartAnswer(started=False, note="x")
        assert ask(store, ScriptedTarget(start=[refused])) == refused
        again = ScriptedTarget()
        assert ask(store, again) == refused
        assert again.calls == []

    def test_the_claim_is_there_before_the_request_goes_out(self, store: ResultsStore) -> None:
        seen: list[str | None] = []

        def start() -> StartAnswer:
            seen.append(state(store))
            return STARTED

        ask(store, ScriptedTarget(start=[start]))
        assert seen == ["sending"]
        assert state(store) == "answered"

    def test_the_status_before_is_kept_with_the_claim(self, store: ResultsStore) -> None:
        ask(store, ScriptedTarget(before_start=[{"status": "paused"}]))
        record = StartOnce(store, NAME, ScriptedTarget()).record()
        assert record is not None
        assert record.before == {"status": "paused"}
        assert record.claimed_at == CLAIMED_AT

    def test_where_none_was_ever_about_to_be_sent_there_is_no_record(
        self, store: ResultsStore
    ) -> None:
        assert StartOnce(store, NAME, ScriptedTarget()).record() is None

    def test_a_set_that_has_changed_is_not_started(self, store: ResultsStore) -> None:
        target = ScriptedTarget()
        with pytest.raises(SupersededError):
            ask(store, target, current=False)
        assert target.calls == ["before_start"]
        assert state(store) is None

    def test_a_target_whose_status_is_not_reported_is_not_started(
        self, store: ResultsStore
    ) -> None:
        target = ScriptedTarget(before_start=[ServiceBusyError("Later.")])
        with pytest.raises(ServiceBusyError):
            ask(store, target)
        assert "start" not in target.calls
        assert state(store) is None


class TestOnce:
    def test_of_many_at_once_one_sends(self, store: ResultsStore) -> None:
        racers = 8
        together = threading.Barrier(racers)
        sent: list[str] = []

        def before() -> dict[str, str]:
            together.wait()
            return {"status": "success"}

        def start() -> StartAnswer:
            sent.append("start")
            return STARTED

        def race(_: int) -> str:
            try:
                answer = ask(store, ScriptedTarget(before_start=[before], start=[start]))
            except TransientError as fault:
                return str(fault)
            return "answered" if answer == STARTED else "wrong"

        with ThreadPoolExecutor(racers) as threads:
            ends = list(threads.map(race, range(racers)))
        assert sent == ["start"]
        assert ends.count("answered") == 1
        assert sum("Another attempt is sending the start" in end for end in ends) == racers - 1

    def test_of_many_that_find_a_withdrawn_start_one_sends(self, store: ResultsStore) -> None:
        with pytest.raises(ServiceBusyError):
            ask(store, ScriptedTarget(start=[ServiceBusyError("Later.")]))
        self.test_of_many_at_once_one_sends(store)

    @pytest.mark.parametrize("evidence", [None, STARTED])
    def test_after_a_lost_answer_nothing_is_sent_again(
        self, store: ResultsStore, evidence: StartAnswer | None
    ) -> None:
        lose_the_answer(store)
        for later in (0.0, 1.0, CONFIRM_SECONDS - 1, CONFIRM_SECONDS, 1e9):
            target = ScriptedTarget(evidence=[evidence])
            try:
                assert ask(store, target, now=CLAIMED_AT + later) == STARTED
            except SisSyncError:
                assert evidence is None
            assert "start" not in target.calls

    def test_a_claim_whose_holder_was_lost_counts_as_sent(self, store: ResultsStore) -> None:
        with pytest.raises(MemoryError):
            ask(store, ScriptedTarget(start=[MemoryError()]))
        target = ScriptedTarget()
        with pytest.raises(AnswerLostError):
            ask(store, target)
        assert target.calls == ["evidence"]

    def test_a_claim_that_was_written_although_its_answer_was_lost_is_our_own(
        self, azurite: Azurite, results_container: ContainerClient
    ) -> None:
        transport = AnswerOfFirstWriteLost()
        with ContainerClient.from_connection_string(
            azurite.connection_string,
            results_container.container_name,
            transport=transport,
            initial_backoff=0,
            increment_base=0,
        ) as container:
            assert ask(ResultsStore(container), ScriptedTarget(start=[STARTED])) == STARTED
        assert transport.lost == 1
        assert state(ResultsStore(results_container)) == "answered"


class AnswerOfFirstWriteLost(RequestsTransport):  # type: ignore[misc]
    """Real requests, but the answer to the first write does not come back: 503 instead."""

    lost = 0

    def send(self, request, **options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN201 - as the SDK has it
        answer = super().send(request, **options)
        if request.method == "PUT" and not self.lost:
            self.lost += 1
            answer.status_code = 503
        return answer


class TestWithdrawal:
    @pytest.mark.parametrize(
        "fault",
        [
            ServiceBusyError("Later.", retry_after=5),
            ServiceUnreachableError("Not reached."),
            AccessDeniedError("No."),
            TargetNotFoundError("None."),
        ],
        ids=lambda fault: type(fault).__name__,
    )
    def test_what_has_had_no_effect_may_be_claimed_again(
        self, store: ResultsStore, fault: SisSyncError
    ) -> None:
        with pytest.raises(type(fault)) as caught:
            ask(store, ScriptedTarget(start=[fault]))
        assert caught.value is fault
        assert state(store) == "withdrawn"
        assert ask(store, ScriptedTarget(start=[STARTED]), now=CLAIMED_AT + 5) == STARTED
        assert state(store) == "answered"

    def test_a_new_claim_is_a_claim_of_its_own_time_and_status(self, store: ResultsStore) -> None:
        with pytest.raises(ServiceBusyError):
            ask(store, ScriptedTarget(start=[ServiceBusyError("Later.")]))
        target = ScriptedTarget(before_start=[{"status": "inProgress"}], start=[LOST])
        with pytest.raises(AnswerLostError):
            ask(store, target, now=CLAIMED_AT + 50)
        record = StartOnce(store, NAME, target).record()
        assert record is not None
        assert (record.claimed_at, record.before) == (CLAIMED_AT + 50, {"status": "inProgress"})

    def test_a_set_that_has_changed_since_is_not_started(self, store: ResultsStore) -> None:
        with pytest.raises(ServiceBusyError):
            ask(store, ScriptedTarget(start=[ServiceBusyError("Later.")]))
        target = ScriptedTarget()
        with pytest.raises(SupersededError):
            ask(store, target, current=False)
        assert "start" not in target.calls


class TestConfirming:
    def test_a_lost_answer_is_checked_after_a_while(self, store: ResultsStore) -> None:
        with pytest.raises(AnswerLostError, match=r"The answer was lost\.") as caught:
            ask(store, ScriptedTarget(start=[LOST]))
        assert caught.value.retry_after == CONFIRM_EVERY_SECONDS
        assert state(store) == "sending"

    def test_evidence_becomes_the_answer(self, store: ResultsStore) -> None:
        lose_the_answer(store)
        assert ask(store, ScriptedTarget(evidence=[STARTED])) == STARTED
        again = ScriptedTarget()
        assert ask(store, again) == STARTED
        assert again.calls == []

    def test_how_long_the_request_was_under_way_is_kept_for_the_evidence(
        self, store: ResultsStore
    ) -> None:
        times = iter([50.0, 57.5])
        lost = StartOnce(store, NAME, ScriptedTarget(start=[LOST]), lambda: next(times))
        with pytest.raises(AnswerLostError):
            lost.answer(now=CLAIMED_AT, current=lambda: True)
        witness = ScriptedTarget(evidence=[STARTED])
        ask(store, witness)
        assert witness.under_way == 7.5

    def test_of_a_process_that_was_lost_nobody_knows_how_long_it_was(
        self, store: ResultsStore
    ) -> None:
        with pytest.raises(MemoryError):
            ask(store, ScriptedTarget(start=[MemoryError()]))
        witness = ScriptedTarget(evidence=[STARTED])
        ask(store, witness)
        assert witness.under_way is None

    def test_what_others_have_concluded_meanwhile_stands(self, store: ResultsStore) -> None:
        def late() -> StartAnswer:
            assert ask(store, ScriptedTarget(evidence=[STARTED])) == STARTED
            raise LOST

        with pytest.raises(AnswerLostError):
            ask(store, ScriptedTarget(start=[late]))
        assert state(store) == "answered"

    def test_evidence_is_held_against_the_status_before(self, store: ResultsStore) -> None:
        before = {"status": "paused", "lastSynchronizationDateTime": "x"}
        with pytest.raises(AnswerLostError):
            ask(store, ScriptedTarget(before_start=[before], start=[LOST]))
        witness = ScriptedTarget(evidence=[STARTED])
        ask(store, witness)
        assert witness.before == before

    @pytest.mark.parametrize(
        ("evidence", "patience"),
        [
            (None, CONFIRM_SECONDS),
            (ServiceBusyError("Later.", retry_after=900), UNREACHABLE_SECONDS),
            (ServiceUnreachableError("Not reached."), UNREACHABLE_SECONDS),
        ],
    )
    def test_without_evidence_its_outcome_is_unknown_after_a_time(
        self, store: ResultsStore, evidence: object, patience: float
    ) -> None:
        lose_the_answer(store)
        with pytest.raises(AnswerLostError) as caught:
            ask(store, ScriptedTarget(evidence=[evidence]), now=CLAIMED_AT + patience - 0.1)
        assert caught.value.retry_after == CONFIRM_EVERY_SECONDS
        with pytest.raises(StartUnknownError, match="Check in School Data Sync"):
            ask(store, ScriptedTarget(evidence=[evidence]), now=CLAIMED_AT + patience)

    def test_a_target_that_refuses_to_tell_leaves_it_unknown_at_once(
        self, store: ResultsStore
    ) -> None:
        lose_the_answer(store)
        with pytest.raises(StartUnknownError):
            ask(store, ScriptedTarget(evidence=[AccessDeniedError("No.")]))
        assert state(store) == "sending"

    def test_a_set_that_has_changed_does_not_hide_that_it_was_sent(
        self, store: ResultsStore
    ) -> None:
        lose_the_answer(store)
        with pytest.raises(AnswerLostError):
            ask(store, ScriptedTarget(), current=False)


def test_records_of_two_generations_do_not_meet(
    store: ResultsStore, unique_name: Callable[[str], str]
) -> None:
    ask(store, ScriptedTarget(start=[STARTED]))
    other = ScriptedTarget(start=[STARTED])
    StartOnce(store, unique_name("other"), other).answer(now=0.0, current=lambda: True)
    assert "start" in other.calls
