"""Tells watchers what happens, without what it is about."""

from collections.abc import Callable

from local.clock import Clock
from local.durable.decisions import StartTimer
from local.durable.episode import Continued, Episode, Finished, Outcome
from local.durable.history import EventType
from local.durable.model import EngineEvent, Status


class Announcer:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watchers: list[Callable[[EngineEvent], None]] = []

    def observe(self, watcher: Callable[[EngineEvent], None]) -> None:
        self._watchers.append(watcher)

    def tell(self, kind: str, instance_id: str, name: str, detail: str = "") -> None:
        event = EngineEvent(kind, instance_id, name, self._clock.now(), detail)
        for watcher in self._watchers:
            watcher(event)

    def opened(self, episode: Episode) -> None:
        """An episode is about to run; only an instance's very first is news."""
        instance = episode.instance
        first = any(event["EventType"] == EventType.EXECUTION_STARTED for event in episode.new)
        if first and instance.state is Status.PENDING:
            self.tell("orchestration_started", instance.instance_id, instance.name)

    def concluded(self, episode: Episode, outcome: Outcome) -> None:
        """An episode has been written down."""
        instance = episode.instance
        status = outcome.custom_status
        if status is not None and status != instance.custom_status:
            self.tell("status_set", instance.instance_id, instance.name, status)
        for decision in outcome.decisions:
            if isinstance(decision, StartTimer):
                due = decision.fire_at.isoformat()
                self.tell("timer_set", instance.instance_id, instance.name, due)
        match outcome.ending:
            case Continued():
                self.tell("orchestration_continued", instance.instance_id, instance.name)
            case Finished(state):
                kind = f"orchestration_{state.lower()}"
                self.tell(kind, instance.instance_id, instance.name)
