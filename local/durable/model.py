"""Values that the engine's modules share."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

Event = dict[str, Any]
"""One history event as the SDK reads it; see `history`."""


class Status(StrEnum):
    """The runtime states of an instance, in the words of the client API."""

    PENDING = "Pending"
    RUNNING = "Running"
    CONTINUED_AS_NEW = "ContinuedAsNew"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def final(self) -> bool:
        return self in FINAL


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.TERMINATED})


@dataclass(frozen=True)
class HubOptions:
    """A task hub: its name and its options from host.json. The defaults are the extension's.

    `max_activities` and `max_orchestrators` limit how many of each run at once. The two visibility
    timeouts say how long a fetched message stays hidden that is neither deleted nor renewed. A
    `graceful` stop waits for running work. `doubled` are activities that run twice at the same
    time, for tests.
    """

    name: str
    max_activities: int = 10
    max_orchestrators: int = 5
    control_visibility: timedelta = timedelta(minutes=5)
    activity_visibility: timedelta = timedelta(minutes=5)
    graceful: bool = False
    doubled: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Parent:
    """The instance that waits for a sub-orchestration, and its task number there."""

    instance_id: str
    execution_id: str
    task_id: int


@dataclass(frozen=True)
class Instance:
    """One orchestration instance; `input`, `output` and `custom_status` are JSON text."""

    instance_id: str
    execution_id: str
    name: str
    version: str | None
    input: str
    output: str | None
    custom_status: str | None
    state: Status
    suspended: bool
    created_at: datetime
    updated_at: datetime
    parent: Parent | None

    @property
    def status(self) -> Status:
        """The state as clients see it."""
        return Status.SUSPENDED if self.suspended and not self.state.final else self.state


@dataclass(frozen=True)
class ActivityItem:
    """One activity to run; `input` is JSON text."""

    position: int
    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str


class Tally(NamedTuple):
    """Counts of the work that costs storage requests on Azure, since the task hub was created.

    `control_messages` are those for orchestrators (starts, results, timers that fired, events),
    `activity_messages` those for activities.
    """

    episodes: int = 0
    control_messages: int = 0
    activity_messages: int = 0


@dataclass(frozen=True)
class EngineEvent:
    """An event for observers. It never contains inputs or outputs.

    `kind` is one of orchestration_started, orchestration_continued, orchestration_completed,
    orchestration_failed, orchestration_terminated, activity_started, activity_completed,
    activity_failed, status_set, timer_set, timer_fired, event_raised. `detail` is the custom status
    as JSON text, the due time of a timer or the name of an event.
    """

    kind: str
    instance_id: str
    name: str
    at: datetime
    detail: str = ""
