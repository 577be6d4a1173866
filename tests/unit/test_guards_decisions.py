"""What a person may decide, what a decision means, and what a late or repeated one is told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.guards.decisions import (
    AlreadyDecidedError,
    DecisionError,
    FilesChangedError,
    HeldRun,
    HoldVoidError,
    NotHeldError,
    NotPausedError,
    NotUnknownError,
    RunReference,
    Signed,
    decided,
    is_newer,
    is_paused,
    paused,
    reminders_due,
    resumed,
    settled,
    state_of,
)
from sync_core.model.holds import Decision, Hold, Pause, Settlement, approved_run, first_run
from sync_core.model.outcomes import Outcome

RUN, NEWER = "20261128T020000Z-aaaaaaaaaaaa", "20261129T020000Z-bbbbbbbbbbbb"
GENERATION = "a" * 64
AT = "2026-11-28T08:00:00.000Z"
ANN = Signed("ann@district.example", AT, "A school has closed.")
HOLD = Hold(feed="northwind", run=RUN, generation=GENERATION, trips=(), held_at=AT)


def held(**changes: object) -> HeldRun:
    usual = HeldRun("northwind", RUN, HOLD, None, RUN, GENERATION)
    return usual._replace(**changes)  # type: ignore[arg-type]  # the test names the fields


def approval(**changes: object) -> Decision:
    return msgspec.structs.replace(decided(held(), "approved", ANN), **changes)


class TestDeciding:
    def test_a_decision_says_who_when_why_and_for_which_files(self) -> None:
        assert decided(held(), "rejected", ANN) == Decision(
            feed="northwind",
            run=RUN,
            generation=GENERATION,
            decision="rejected",
            by="ann@district.example",
            reason="A school has closed.",
            decided_at=AT,
        )

    @pytest.mark.parametrize(
        ("changes", "error", "said"),
        [
            ({"hold": None}, NotHeldError, "was not held"),
            ({"decision": approval()}, AlreadyDecidedError, f"approved by ann.* at {AT}"),
            ({"newest": NEWER}, HoldVoidError, f"newer export has landed.*{NEWER}"),
            ({"generation": "b" * 64}, FilesChangedError, "changed or deleted"),
            ({"generation": None}, FilesChangedError, "Deliver the export again"),
        ],
    )
    def test_what_cannot_be_decided_is_said_with_what_to_do(
        self, changes: dict[str, object], error: type[DecisionError], said: str
    ) -> None:
        with pytest.raises(error, match=said) as raised:
            decided(held(**changes), "approved", ANN)
        assert RUN in str(raised.value)
        assert "northwind" in str(raised.value)


class TestState:
    @pytest.mark.parametrize(
        ("decision", "newest", "state"),
        [
            (None, RUN, "undecided"),
            (approval(), RUN, "approved"),
            (approval(decision="rejected"), RUN, "rejected"),
            (approval(), NEWER, "void"),
            (None, NEWER, "void"),
            (approval(generation="b" * 64), RUN, "undecided"),
            (approval(run=NEWER), RUN, "undecided"),
            (approval(), approved_run(RUN), "approved"),
        ],
    )
    def test_an_approval_is_for_this_generation_until_a_newer_export_lands(
        self, decision: Decision | None, newest: str, state: str
    ) -> None:
        assert state_of(HOLD, decision, newest) == state

    def test_an_approved_run_is_linked_to_the_held_one(self) -> None:
        assert first_run(approved_run(RUN)) == first_run(RUN) == RUN
        assert is_newer(NEWER, approved_run(RUN))
        assert not is_newer(RUN, NEWER)

    @given(hours=st.floats(0, 1_000), more=st.floats(0, 100))
    def test_reminders_are_daily_and_bounded(self, hours: float, more: float) -> None:
        due = reminders_due(0, hours * 3600)
        assert due == min(int(hours // 24), 7)
        assert reminders_due(0, (hours + more) * 3600) >= due


class TestSettling:
    RUN = RunReference("northwind", RUN, GENERATION)

    def test_an_unknown_run_is_settled_once(self) -> None:
        first = settled(self.RUN, Outcome.UNKNOWN, None, ANN, started=True)
        assert first == Settlement(
            feed="northwind",
            run=RUN,
            generation=GENERATION,
            started=True,
            by=ANN.by,
            reason=ANN.reason,
            settled_at=AT,
        )
        with pytest.raises(AlreadyDecidedError, match="settled as started by ann"):
            settled(self.RUN, Outcome.UNKNOWN, first, ANN, started=False)

    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.UNKNOWN}))
    def test_no_other_run_can_be_settled(self, outcome: Outcome) -> None:
        with pytest.raises(NotUnknownError, match=f"ended as {outcome}"):
            settled(self.RUN, outcome, None, ANN, started=True)


class TestPausing:
    LATER, LATEST = "2026-11-29T08:00:00.000Z", "2026-11-30T08:00:00.000Z"

    def test_a_pause_lasts_until_it_is_resumed(self) -> None:
        pause = paused("northwind", ANN)
        assert is_paused(pause, self.LATEST)
        ended = resumed("northwind", pause, Signed("bob", self.LATER, "New term"))
        assert not is_paused(ended, self.LATEST)
        assert (ended.paused_by, ended.resumed_by, ended.resume_reason) == (
            ANN.by,
            "bob",
            "New term",
        )

    def test_a_pause_ends_at_its_time(self) -> None:
        pause = paused("northwind", ANN, self.LATER)
        assert is_paused(pause, AT)
        assert not is_paused(pause, self.LATER)

    def test_a_feed_that_was_never_paused_is_not(self) -> None:
        assert not is_paused(None, AT)

    def test_a_pause_that_has_ended_already_is_refused(self) -> None:
        with pytest.raises(DecisionError, match="that time has passed"):
            paused("northwind", Signed("bob", self.LATEST), self.LATER)

    @pytest.mark.parametrize(
        "pause",
        [None, paused("northwind", ANN, LATER), resumed("northwind", paused("x", ANN), ANN)],
    )
    def test_only_a_paused_feed_is_resumed(self, pause: Pause | None) -> None:
        with pytest.raises(NotPausedError, match="northwind"):
            resumed("northwind", pause, Signed("bob", self.LATEST))
