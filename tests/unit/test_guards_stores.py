"""Baselines and decisions over real storage: kept once, in order, and erased with the key."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from sync_core.guards.baseline import Baseline, BaselineDamagedError
from sync_core.guards.baseline_store import BaselineStore
from sync_core.guards.decision_store import DecisionStore, DecisionUnreadableError
from sync_core.guards.decisions import AlreadyDecidedError, DecisionError, Signed, paused, resumed
from sync_core.guards.digests import key_id
from sync_core.guards.population import Population
from sync_core.model.holds import Decision, Pause, Settlement
from tests.unit.guards_kit import KEY, night, numbered, summary, v1

FEED, RUN = "northwind", "20261128T020000Z-aaaaaaaaaaaa"
NewContainer = Callable[[str], ContainerClient]


@pytest.fixture
def state(new_container: NewContainer) -> ContainerClient:
    return new_container("state")


@pytest.fixture
def baselines(state: ContainerClient) -> BaselineStore:
    return BaselineStore(state)


@pytest.fixture
def decisions(new_container: NewContainer) -> DecisionStore:
    return DecisionStore(new_container("decisions"))


def named(generation: str, *, run: str = RUN, key: bytes = KEY) -> Baseline:
    """A small baseline of this generation."""
    return Baseline(summary(generation=generation, run=run, key_id=key_id(key)), Population())


def time(number: int) -> str:
    return f"202611{number:02d}T030000Z"


class TestBaselines:
    def test_a_feed_has_one_key_whoever_asks_first(self, state: ContainerClient) -> None:
        together = threading.Barrier(4)

        def ask(_: int) -> bytes:
            together.wait()
            return BaselineStore(state).key(FEED)

        with ThreadPoolExecutor(4) as threads:
            keys = set(threads.map(ask, range(4)))
        assert len(keys) == 1
        assert BaselineStore(state).key("another") not in keys

    def test_only_a_confirmed_start_makes_a_baseline(self, baselines: BaselineStore) -> None:
        kept = night(v1(numbered(3)))
        baselines.propose(FEED, kept)
        assert baselines.nights(FEED).latest(KEY) is None
        assert baselines.confirm(FEED, kept.summary.generation, time(1), nights=60)
        found = baselines.nights(FEED).latest(KEY)
        assert found is not None
        assert found.summary == kept.summary
        assert found.population.of("student").ids.tolist() == (
            kept.population.of("student").ids.tolist()
        )

    def test_a_confirmation_may_be_repeated(
        self, baselines: BaselineStore, state: ContainerClient
    ) -> None:
        baselines.propose(FEED, named("g1"))
        assert [baselines.confirm(FEED, "g1", time(1), nights=60) for _ in range(2)] == [True, True]
        assert not baselines.confirm(FEED, "g2", time(2), nights=60)
        assert list(state.list_blob_names()) == [
            f"{FEED}/nights/{time(1)}-{RUN}.baseline",
            f"{FEED}/nights/{time(1)}-{RUN}.json",
        ]

    def test_the_newest_start_counts_even_of_an_older_export(
        self, baselines: BaselineStore
    ) -> None:
        for number, generation in enumerate(("newer", "older"), 1):
            run = f"2026112{5 - number}T020000Z-{generation}"
            baselines.propose(FEED, named(generation, run=run))
            baselines.confirm(FEED, generation, time(number), nights=60)
        found = baselines.nights(FEED).latest(KEY)
        assert found is not None
        assert found.summary.generation == "older"

    def test_only_the_last_nights_are_kept(
        self, baselines: BaselineStore, state: ContainerClient
    ) -> None:
        for number in range(1, 6):
            baselines.propose(FEED, named(f"g{number}"))
            baselines.confirm(FEED, f"g{number}", time(number), nights=3)
        found = baselines.nights(FEED).summaries(last=10)
        assert [each.generation for each in found] == ["g5", "g4", "g3"]
        assert [each.generation for each in baselines.nights(FEED).summaries(last=1)] == ["g5"]
        assert len(list(state.list_blob_names())) == 6

    def test_a_candidate_that_never_started_is_deleted_with_the_next_start(
        self, baselines: BaselineStore, state: ContainerClient
    ) -> None:
        for generation in ("held", "started"):
            baselines.propose(FEED, named(generation))
        baselines.confirm(FEED, "started", time(1), nights=60)
        assert not [name for name in state.list_blob_names() if "candidates" in name]

    def test_a_night_without_its_summary_does_not_count(
        self, baselines: BaselineStore, state: ContainerClient
    ) -> None:
        for number in (1, 2):
            baselines.propose(FEED, named(f"g{number}"))
            baselines.confirm(FEED, f"g{number}", time(number), nights=60)
        state.delete_blob(f"{FEED}/nights/{time(2)}-{RUN}.json")
        found = baselines.nights(FEED).latest(KEY)
        assert found is not None
        assert found.summary.generation == "g1"

    def test_a_deleted_baseline_is_replaced_by_the_one_before_and_the_last_is_missed(
        self, baselines: BaselineStore, state: ContainerClient
    ) -> None:
        for number in (1, 2):
            baselines.propose(FEED, named(f"g{number}"))
            baselines.confirm(FEED, f"g{number}", time(number), nights=60)
        state.delete_blob(f"{FEED}/nights/{time(2)}-{RUN}.baseline")
        found = baselines.nights(FEED).latest(KEY)
        assert found is not None
        assert found.summary.generation == "g1"
        state.delete_blob(f"{FEED}/nights/{time(1)}-{RUN}.baseline")
        with pytest.raises(BaselineDamagedError, match="no baseline"):
            baselines.nights(FEED).latest(KEY)

    def test_without_its_key_a_baseline_is_never_compared(self, baselines: BaselineStore) -> None:
        key = baselines.key(FEED)
        baselines.propose(FEED, named("g1", key=key))
        baselines.confirm(FEED, "g1", time(1), nights=60)
        assert baselines.nights(FEED).latest(key) is not None
        baselines.erase(FEED)
        baselines.erase(FEED)
        assert baselines.nights(FEED).latest(baselines.key(FEED)) is None
        assert len(baselines.nights(FEED).summaries(last=5)) == 1

    def test_feeds_whose_names_begin_alike_share_nothing(self, baselines: BaselineStore) -> None:
        baselines.propose(FEED, named("g1"))
        baselines.confirm(FEED, "g1", time(1), nights=60)
        assert baselines.nights("north").summaries(last=5) == []


def approval(by: str = "ann") -> Decision:
    return Decision(
        feed=FEED,
        run=RUN,
        generation="g",
        decision="approved",
        by=by,
        decided_at="2026-11-28T08:00:00.000Z",
    )


class TestDecisions:
    def test_the_first_decision_counts_and_may_be_sent_again(
        self, decisions: DecisionStore
    ) -> None:
        assert decisions.decision(FEED, RUN) is None
        for _ in range(2):
            decisions.decide(approval())
        with pytest.raises(AlreadyDecidedError, match="approved by ann"):
            decisions.decide(msgspec.structs.replace(approval("bob"), decision="rejected"))
        assert decisions.decision(FEED, RUN) == approval()

    def test_one_that_is_deleted_meanwhile_is_not_reported_as_recorded(
        self, new_container: NewContainer
    ) -> None:
        class DeletedMeanwhile(DecisionStore):
            def decision(self, feed: str, run: str) -> Decision | None:
                return None

        decisions = DeletedMeanwhile(new_container("decisions"))
        decisions.decide(approval())
        with pytest.raises(DecisionError, match="nothing was recorded"):
            decisions.decide(approval("bob"))

    def test_of_many_people_at_once_one_decides(self, decisions: DecisionStore) -> None:
        together = threading.Barrier(6)

        def decide(number: int) -> bool:
            together.wait()
            try:
                decisions.decide(approval(f"person {number}"))
            except AlreadyDecidedError:
                return False
            return True

        with ThreadPoolExecutor(6) as threads:
            won = list(threads.map(decide, range(6)))
        kept = decisions.decision(FEED, RUN)
        assert won.count(True) == 1
        assert kept is not None
        assert kept.by == f"person {won.index(True)}"

    def test_a_settlement_is_kept_once(self, decisions: DecisionStore) -> None:
        first = Settlement(
            feed=FEED,
            run=RUN,
            generation="g",
            started=True,
            by="ann",
            settled_at="2026-11-28T08:00:00.000Z",
        )
        assert decisions.settlement(FEED, RUN) is None
        decisions.settle(first)
        decisions.settle(first)
        with pytest.raises(AlreadyDecidedError, match="settled as started by ann"):
            decisions.settle(msgspec.structs.replace(first, started=False))
        assert decisions.settlement(FEED, RUN) == first

    def test_a_pause_is_changed_where_it_was_left(self, decisions: DecisionStore) -> None:
        ann = Signed("ann", "2026-11-28T08:00:00.000Z")
        assert decisions.pause(FEED) is None
        decisions.change_pause(FEED, lambda _: paused(FEED, ann))
        decisions.change_pause(FEED, lambda pause: resumed(FEED, pause, ann._replace(by="bob")))
        kept = decisions.pause(FEED)
        assert isinstance(kept, Pause)
        assert (kept.paused_by, kept.resumed_by) == ("ann", "bob")

    def test_a_change_of_a_pause_sees_what_another_writer_has_written(
        self, decisions: DecisionStore
    ) -> None:
        ann = Signed("ann", "2026-11-28T08:00:00.000Z")
        seen: list[str | None] = []

        def change(pause: Pause | None) -> Pause:
            seen.append(pause.paused_by if pause else None)
            if len(seen) == 1:
                decisions.change_pause(FEED, lambda _: paused(FEED, ann._replace(by="bob")))
            return paused(FEED, ann)

        decisions.change_pause(FEED, change)
        assert seen == [None, "bob"]

    def test_a_reminder_is_claimed_once(self, decisions: DecisionStore) -> None:
        assert decisions.claim_reminder(FEED, RUN, 1)
        assert not decisions.claim_reminder(FEED, RUN, 1)
        assert decisions.claim_reminder(FEED, RUN, 2)

    @pytest.mark.parametrize("written", [b"approved, Ann", b"\xff", b'{"decision": "maybe"}'])
    def test_a_document_that_is_written_by_hand_and_wrong_is_named(
        self, new_container: NewContainer, written: bytes
    ) -> None:
        container = new_container("decisions")
        container.upload_blob(f"{FEED}/{RUN}/decision.json", written)
        with pytest.raises(DecisionUnreadableError, match=r"decision\.json") as raised:
            DecisionStore(container).decision(FEED, RUN)
        assert "Ann" not in str(raised.value)
