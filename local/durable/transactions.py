"""Changes of durable state. Each public function with a store is one transaction."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from local.clock import Clock
from local.durable import history
from local.durable.decisions import Decision, ScheduleActivity, StartChild, StartTimer
from local.durable.episode import Continued, Episode, Finished, Outcome
from local.durable.model import ActivityItem, Event, Instance, Parent, Status
from local.durable.store import Store

SECOND = timedelta(seconds=1)


def already_exists(status: Status) -> str:
    """The error for a start whose instance id belongs to an unfinished instance."""
    return f"An Orchestration instance with the status {status} already exists."


def new_instance(
    instance_id: str,
    name: str,
    text: str,
    now: datetime,
    *,
    version: str | None = None,
    parent: Parent | None = None,
) -> Instance:
    """A pending instance; `text` is its input as JSON text."""
    return Instance(
        instance_id=instance_id,
        execution_id=uuid.uuid4().hex,
        name=name,
        version=version,
        input=text,
        output=None,
        custom_status=None,
        state=Status.PENDING,
        suspended=False,
        created_at=now,
        updated_at=now,
        parent=parent,
    )


def start(store: Store, instance: Instance) -> Instance | None:
    """Starts an instance. Returns None, or the unfinished instance that has the same id."""
    with store.transaction():
        return _start(store, instance)


def _start(store: Store, instance: Instance) -> Instance | None:
    existing = store.instance(instance.instance_id)
    if existing is not None and not existing.state.final:
        return existing
    store.erase(instance.instance_id)
    store.save(instance)
    store.send(instance.instance_id, history.execution_started(instance.created_at, instance))
    return None


def open_episode(store: Store, instance: Instance, now: datetime) -> Episode:
    messages = store.fetched_messages(instance.instance_id)
    return Episode(
        instance=instance,
        past=tuple(store.history(instance.instance_id)),
        new=(history.orchestrator_started(now), *(event for _, event in messages)),
        positions=tuple(position for position, _ in messages),
    )


def commit_episode(store: Store, episode: Episode, outcome: Outcome, now: datetime) -> bool:
    """Commits the outcome of an episode. Returns False if it no longer applies.

    The outcome does not apply if the instance was terminated or replaced in the meantime.
    """
    with store.transaction():
        instance = store.instance(episode.instance.instance_id)
        if (
            instance is None
            or instance.execution_id != episode.instance.execution_id
            or instance.state.final
        ):
            return False
        store.consume(episode.positions)
        store.count("episodes")
        instance = replace(
            instance,
            state=Status.RUNNING,
            custom_status=outcome.custom_status or instance.custom_status,
            updated_at=now,
        )
        if isinstance(outcome.ending, Continued):
            _continue_as_new(store, instance, outcome.ending, now)
        else:
            _write_episode(store, instance, episode, outcome, now)
    return True


def _write_episode(
    store: Store, instance: Instance, episode: Episode, outcome: Outcome, now: datetime
) -> None:
    finished = outcome.ending if isinstance(outcome.ending, Finished) else None
    events = [*episode.new, *(_event_of(decision, now) for decision in outcome.decisions)]
    if finished:
        events.append(history.execution_completed(now, finished.state, finished.output))
    store.append_history(instance.instance_id, [*events, history.orchestrator_completed(now)])
    store.save(instance)
    for decision in outcome.decisions:
        _dispatch(store, instance, decision, now)
    if finished:
        _finish(store, instance, finished, now)


def _event_of(decision: Decision, now: datetime) -> Event:
    match decision:
        case ScheduleActivity():
            return history.task_scheduled(now, decision.number, decision.name)
        case StartTimer():
            return history.timer_created(now, decision.number, decision.fire_at)
        case StartChild():
            return history.child_created(
                now, decision.number, decision.name, decision.instance_id, decision.input
            )


def _dispatch(store: Store, instance: Instance, decision: Decision, now: datetime) -> None:
    match decision:
        case ScheduleActivity():
            store.queue_activity(instance, decision.number, decision.name, decision.input)
        case StartTimer():
            visible_at = _visible_at(decision.fire_at, now)
            store.set_timer(instance.instance_id, decision.number, decision.fire_at, visible_at)
        case StartChild():
            _start_child(store, instance, decision, now)


def _visible_at(fire_at: datetime, now: datetime) -> datetime:
    """When the message of a timer becomes visible, which is up to a second early.

    Storage queues hide a message for a whole number of seconds only.
    Observed on durable extension 3.19.0: up to 0.9 s early.
    """
    return now + max(fire_at - now, timedelta()) // SECOND * SECOND


def _start_child(store: Store, instance: Instance, decision: StartChild, now: datetime) -> None:
    """Starts a child, which fails if its id is in use. The real host leaves its parent waiting."""
    child = new_instance(
        decision.instance_id,
        decision.name,
        json.dumps(decision.input),
        now,
        version=decision.version,
        parent=Parent(instance.instance_id, instance.execution_id, decision.number),
    )
    existing = _start(store, child)
    if existing is not None:
        failed = history.child_failed(now, decision.number, already_exists(existing.status))
        store.send(instance.instance_id, failed)


def _continue_as_new(store: Store, instance: Instance, ending: Continued, now: datetime) -> None:
    """Starts a new execution with the same id and creation time, and without history."""
    waiting = [event for _, event in store.messages(instance.instance_id) if _is_kept(event)]
    store.erase_history(instance.instance_id)
    store.drop_waiting(instance.instance_id)
    following = replace(
        instance,
        execution_id=uuid.uuid4().hex,
        input=ending.input,
        state=Status.CONTINUED_AS_NEW,
    )
    store.save(following)
    for event in (history.execution_started(now, following), *ending.carried, *waiting):
        store.send(instance.instance_id, event)


def _is_kept(event: Event) -> bool:
    """Whether a message is for the new execution too: all but timers of the old one."""
    return bool(event["EventType"] != history.EventType.TIMER_FIRED)


def _finish(store: Store, instance: Instance, finished: Finished, now: datetime) -> None:
    done = replace(instance, state=finished.state, output=finished.output, updated_at=now)
    store.save(done)
    store.drop_waiting(done.instance_id)
    if done.parent is not None:
        _deliver(store, done.parent.instance_id, done.parent.execution_id, _report(done, now))


def _report(child: Instance, now: datetime) -> Event:
    """The event that a finished child sends to its parent."""
    task_id = child.parent.task_id if child.parent else history.UNNUMBERED
    output = child.output or "null"
    if child.state is Status.COMPLETED:
        return history.child_completed(now, task_id, output)
    return history.child_failed(now, task_id, str(json.loads(output)))


def _deliver(store: Store, instance_id: str, execution_id: str, event: Event) -> None:
    """Sends a result to the execution that asked for it, unless that has ended."""
    instance = store.instance(instance_id)
    if instance and instance.execution_id == execution_id and not instance.state.final:
        store.send(instance_id, event)


def report_activity(store: Store, item: ActivityItem, event: Event) -> None:
    with store.transaction():
        store.finish_activity(item.position)
        _deliver(store, item.instance_id, item.execution_id, event)


def fire_due(store: Store, clock: Clock) -> list[tuple[str, str]]:
    """Turns due timers into messages and stores the clock's offset."""
    offset, now = clock.offset, clock.now()
    due = store.next_due(now)
    if offset == store.clock_offset() and (due is None or due > now):
        return []
    with store.transaction():
        store.save_clock_offset(offset)
        return store.fire_due(now)


def send(store: Store, instance: Instance, event: Event) -> None:
    """Saves an instance together with a message for it."""
    with store.transaction():
        store.save(instance)
        store.send(instance.instance_id, event)


def terminate(store: Store, instance: Instance, reason: str, now: datetime) -> None:
    with store.transaction():
        ended = history.execution_terminated(now, reason)
        store.append_history(instance.instance_id, [ended])
        _finish(store, instance, Finished(Status.TERMINATED, json.dumps(reason)), now)


def purge(store: Store, instance_ids: Sequence[str]) -> None:
    with store.transaction():
        for instance_id in instance_ids:
            store.erase(instance_id)
