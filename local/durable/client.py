"""Operations of a durable client on the engine, independent of HTTP."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from local.clock import Clock
from local.durable import history, transactions
from local.durable.engine_events import EventPublisher
from local.durable.model import Instance, Status
from local.durable.store import Store

LONGEST_ID = 100
_FORBIDDEN = frozenset("/\\#?")

AT_ONCE = timedelta(seconds=1)
"""Starts of one instance within this time all succeed, and one of them runs. The extension checks
that the id is free before it writes, without a lock (observed: two to four starts within a second).
"""

log = logging.getLogger("local.durable")


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """Answered with this HTTP status, and with a message if the extension sends one."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Filter:
    """Selects instances; None matches any value."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    states: frozenset[str] | None = None
    id_prefix: str | None = None

    def matches(self, instance: Instance) -> bool:
        return (
            (self.created_from is None or instance.created_at >= self.created_from)
            and (self.created_to is None or instance.created_at <= self.created_to)
            and (self.states is None or instance.status in self.states)
            and (self.id_prefix is None or instance.instance_id.startswith(self.id_prefix))
        )


@dataclass(frozen=True)
class Client:
    """Changes the state immediately and wakes the dispatcher."""

    store: Store
    clock: Clock
    publisher: EventPublisher
    wake: Callable[[], None]

    def start(self, name: str, instance_id: str | None, text: str, version: str | None) -> str:
        """Starts an instance with an input as JSON text. Returns its id.

        An orchestrator name that does not exist fails when the instance runs, not here.
        """
        instance_id = uuid.uuid4().hex if instance_id is None else checked_id(instance_id)
        now = self.clock.now()
        instance = transactions.new_instance(instance_id, name, text, now, version=version)
        existing = transactions.start(self.store, instance)
        if existing is not None and (
            existing.status is not Status.PENDING or now - existing.created_at >= AT_ONCE
        ):
            raise Refused(409, transactions.already_exists(existing.status))
        if existing is not None:
            log.warning("Received a duplicate message that starts %s; it is dropped.", instance_id)
        self.wake()
        return instance_id

    def find(self, instance_id: str) -> Instance:
        instance = self.store.instance(instance_id)
        if instance is None:
            raise Refused(404)
        return instance

    def select(self, wanted: Filter) -> list[Instance]:
        return [each for each in self.store.instances() if wanted.matches(each)]

    def raise_event(self, instance_id: str, event_name: str, text: str) -> None:
        """Sends an event; `text` is its payload as JSON text."""
        instance = self._unfinished(instance_id)
        event = history.event_raised(self.clock.now(), event_name, text)
        transactions.send(self.store, instance, event)
        self.publisher.publish("event_raised", instance_id, instance.name, event_name)
        self.wake()

    def terminate(self, instance_id: str, reason: str) -> None:
        instance = self._unfinished(instance_id)
        transactions.terminate(self.store, instance, reason, self.clock.now())
        self.publisher.publish("orchestration_terminated", instance_id, instance.name)
        self.wake()

    def suspend(self, instance_id: str, reason: str) -> None:
        now = self.clock.now()
        instance = replace(self._unfinished(instance_id), suspended=True, updated_at=now)
        transactions.send(self.store, instance, history.execution_suspended(now, reason))
        self.wake()

    def resume(self, instance_id: str, reason: str) -> None:
        now = self.clock.now()
        instance = replace(self._unfinished(instance_id), suspended=False, updated_at=now)
        transactions.send(self.store, instance, history.execution_resumed(now, reason))
        self.wake()

    def purge(self, instances: Sequence[Instance]) -> int:
        """Removes the instances that have ended. Returns their number."""
        ended = [each.instance_id for each in instances if each.state.final]
        transactions.purge(self.store, ended)
        return len(ended)

    def _unfinished(self, instance_id: str) -> Instance:
        instance = self.find(instance_id)
        if instance.state.final:
            raise Refused(410)
        return instance


def checked_id(instance_id: str) -> str:
    """The id, unchanged. Raises Refused for one that the service does not accept."""
    bad = _FORBIDDEN.intersection(instance_id) or not instance_id.isprintable()
    if not instance_id or len(instance_id) > LONGEST_ID or instance_id.startswith("@") or bad:
        raise Refused(
            400,
            f"The instance id {instance_id[:LONGEST_ID]!r} is not allowed: give 1 to {LONGEST_ID} "
            "characters, not starting with @, without / \\ # ? and control characters.",
        )
    return instance_id
