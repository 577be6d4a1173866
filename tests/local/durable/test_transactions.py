"""Changes of an instance while its functions still run."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.clock import DrivenClock
from local.durable import history, transactions
from local.durable.decisions import ScheduleActivity, StartTimer
from local.durable.episode import Continued, Episode, Finished, Outcome
from local.durable.model import ActivityItem, Instance, Status, Tally
from local.durable.store import Store
from tests.local.durable.kit import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "hub.db")
    yield opened
    opened.close()


@pytest.fixture
def instance(store: Store) -> Instance:
    """A pending instance named one."""
    made = transactions.new_instance("one", "app", "null", NOON)
    assert transactions.start(store, made) is None
    return made


def open_episode(store: Store, instance: Instance) -> Episode:
    store.fetch_messages(NOON, NOON + HOUR)
    return transactions.open_episode(store, instance, NOON)


def activities(store: Store) -> list[ActivityItem]:
    return store.fetch_activities(9, NOON, NOON + HOUR)


def run_episode(store: Store, instance: Instance, outcome: Outcome) -> Episode:
    episode = open_episode(store, instance)
    assert transactions.commit_episode(store, episode, outcome, NOON)
    return episode


def found(store: Store) -> Instance:
    instance = store.instance("one")
    assert instance
    return instance


def test_the_id_of_a_pending_instance_is_refused(store: Store, instance: Instance) -> None:
    assert transactions.start(store, transactions.new_instance("one", "app", "1", NOON)) == instance
    assert found(store) == instance


def test_an_episode_is_written_down_whole_or_not_at_all(store: Store, instance: Instance) -> None:
    episode = open_episode(store, instance)
    twice = Outcome((StartTimer(0, NOON), StartTimer(0, NOON)))
    with pytest.raises(Exception, match="UNIQUE"):
        transactions.commit_episode(store, episode, twice, NOON)
    assert found(store) == instance
    assert store.history("one") == []
    assert store.ready() == ["one"]


def test_a_message_that_comes_during_an_episode_waits_for_the_next(
    store: Store, instance: Instance
) -> None:
    episode = open_episode(store, instance)
    transactions.send(store, instance, history.event_raised(NOON, "late", "1"))
    transactions.commit_episode(store, episode, Outcome(), NOON)
    assert [event["Name"] for _, event in store.messages("one")] == ["late"]


def test_the_outcome_of_an_episode_is_dropped_when_its_instance_was_terminated(
    store: Store, instance: Instance
) -> None:
    episode = open_episode(store, instance)
    transactions.terminate(store, instance, "stop", NOON)
    outcome = Outcome((ScheduleActivity(0, "a", "1"),))
    assert not transactions.commit_episode(store, episode, outcome, NOON)
    assert (found(store).state, activities(store)) == (Status.TERMINATED, [])


def test_the_outcome_of_an_episode_is_dropped_when_its_instance_was_replaced(
    store: Store, instance: Instance
) -> None:
    episode = open_episode(store, instance)
    transactions.terminate(store, instance, "stop", NOON)
    successor = transactions.new_instance("one", "app", "2", NOON)
    transactions.start(store, successor)
    assert not transactions.commit_episode(store, episode, Outcome(), NOON)
    assert found(store) == successor


def test_the_result_of_an_activity_is_dropped_when_its_instance_was_replaced(
    store: Store, instance: Instance
) -> None:
    run_episode(store, instance, Outcome((ScheduleActivity(0, "a", "1"),)))
    (item,) = activities(store)
    transactions.terminate(store, found(store), "stop", NOON)
    transactions.start(store, transactions.new_instance("one", "app", "2", NOON))
    transactions.report_activity(store, item, history.task_completed(NOON, 0, "1"))
    assert [event["EventType"] for _, event in store.messages("one")] == [0]
    assert activities(store) == []


def test_the_next_generation_never_sees_a_timer_of_the_one_before(
    store: Store, instance: Instance
) -> None:
    timers = tuple(StartTimer(n, NOON + n * HOUR) for n in (0, 1))
    run_episode(store, instance, Outcome(timers))
    transactions.send(store, found(store), history.event_raised(NOON, "go", "1"))
    episode = open_episode(store, found(store))
    fired = transactions.fire_due(store, DrivenClock(NOON))
    transactions.commit_episode(store, episode, Outcome(ending=Continued("1", ())), NOON)
    assert fired == [("one", "app")]
    assert [event["EventType"] for _, event in store.messages("one")] == [0]
    assert store.next_due(NOON) is None


def test_the_next_generation_starts_before_it_gets_what_was_carried_over(
    store: Store, instance: Instance
) -> None:
    episode = open_episode(store, instance)
    transactions.send(store, instance, history.event_raised(NOON, "later", "2"))
    carried = history.event_raised(NOON, "carried", "1")
    transactions.commit_episode(store, episode, Outcome(ending=Continued("7", (carried,))), NOON)
    assert [event.get("Name") for _, event in store.messages("one")] == ["app", "carried", "later"]
    assert (found(store).state, found(store).input) == (Status.CONTINUED_AS_NEW, "7")
    assert store.history("one") == []


def test_timers_of_an_ended_instance_are_no_longer_due(store: Store, instance: Instance) -> None:
    timer = StartTimer(0, NOON + HOUR)
    run_episode(store, instance, Outcome((timer,), Finished(Status.COMPLETED, "1")))
    assert store.next_due(NOON) is None


def test_the_tally_counts_episodes_and_messages_of_both_kinds(
    store: Store, instance: Instance
) -> None:
    decided = (ScheduleActivity(0, "a", "1"), ScheduleActivity(1, "a", "2"), StartTimer(2, NOON))
    run_episode(store, instance, Outcome(decided))
    for item in activities(store):
        transactions.report_activity(store, item, history.task_completed(NOON, item.task_id, "1"))
    transactions.fire_due(store, DrivenClock(NOON))
    run_episode(store, found(store), Outcome(ending=Finished(Status.COMPLETED, "1")))
    start, results, timer = 1, 2, 1
    assert store.tally() == Tally(2, start + results + timer, 2)


def test_what_an_episode_that_is_dropped_has_decided_is_not_counted(
    store: Store, instance: Instance
) -> None:
    episode = open_episode(store, instance)
    transactions.terminate(store, instance, "stop", NOON)
    transactions.commit_episode(store, episode, Outcome((ScheduleActivity(0, "a", "1"),)), NOON)
    assert store.tally() == Tally(control_messages=1)
