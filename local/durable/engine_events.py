"""Publishes the engine's events to observers, without inputs and outputs."""

from collections.abc import Callable

from local.clock import Clock
from local.durable.decisions import StartTimer
from local.durable.episode import Continued, Episode, Finished, Outcome
from local.durable.history import EventType
from local.durable.model import EngineEvent, Status


class EventPublisher:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._observers: list[Callable[[EngineEvent], None]] = []

    def observe(self, observer: Callable[[EngineEvent], None]) -> None:
        self._observers.append(observer)

    def publish(self, kind: str, instance_id: str, name: str, detail: str = "") -> None:
        event = EngineEvent(kind, instance_id, name, self._clock.now(), detail)
        for observer in self._observers:
            observer(event)

    def opened(self, episode: Episode) -> None:
        """Called before an episode runs. Publishes only the first episode of an instance."""
        instance = episode.instance
        first = any(event["EventType"] == EventType.EXECUTION_STARTED for event in episode.new)
        if first and instance.state is Status.PENDING:
            self.publish("orchestration_started", instance.instance_id, instance.name)

    def concluded(self, episode: Episode, outcome: Outcome) -> None:
        """Called after an episode has been committed."""
        instance = episode.instance
        status = outcome.custom_status
        if status is not None and status != instance.custom_status:
            self.publish("status_set", instance.instance_id, instance.name, status)
        for decision in outcome.decisions:
            if isinstance(decision, StartTimer):
                due = decision.fire_at.isoformat()
                self.publish("timer_set", instance.instance_id, instance.name, due)
        match outcome.ending:
            case Continued():
                self.publish("orchestration_continued", instance.instance_id, instance.name)
            case Finished(state):
                kind = f"orchestration_{state.lower()}"
                self.publish(kind, instance.instance_id, instance.name)
