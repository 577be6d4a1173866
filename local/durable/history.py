"""History events in the form in which the Durable extension serialises them for the SDK.

An event has all fields of its class in `DurableTask.Core/History`, including those that the SDK
does not read.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum

from local.durable.model import Event, Instance, Parent

UNNUMBERED = -1


class EventType(IntEnum):
    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_INSTANCE_CREATED = 7
    SUB_ORCHESTRATION_INSTANCE_COMPLETED = 8
    SUB_ORCHESTRATION_INSTANCE_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with the seven decimals of .NET; sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def parse_timestamp(text: str) -> datetime:
    """The inverse of `timestamp`."""
    return datetime.fromisoformat(text)


def _event(kind: EventType, at: datetime, number: int = UNNUMBERED, **fields: object) -> Event:
    return {"EventType": int(kind), "EventId": number, "Timestamp": timestamp(at), **fields}


def as_sent(past: Iterable[Event], new: Iterable[Event] = ()) -> list[Event]:
    """The events as they are sent to an orchestrator; those it has seen are marked as played."""
    played = [{**event, "IsPlayed": True} for event in past]
    return played + [{**event, "IsPlayed": False} for event in new]


def orchestrator_started(at: datetime) -> Event:
    return _event(EventType.ORCHESTRATOR_STARTED, at)


def orchestrator_completed(at: datetime) -> Event:
    return _event(EventType.ORCHESTRATOR_COMPLETED, at)


def execution_started(at: datetime, instance: Instance) -> Event:
    return _event(
        EventType.EXECUTION_STARTED,
        at,
        Name=instance.name,
        Version=instance.version or "",
        Input=instance.input,
        OrchestrationInstance={
            "InstanceId": instance.instance_id,
            "ExecutionId": instance.execution_id,
        },
        ParentInstance=_parent_instance(instance.parent),
        ParentTraceContext=None,
        Tags=None,
        Correlation=None,
        ScheduledStartTime=None,
        Generation=0,
    )


def _parent_instance(parent: Parent | None) -> Event | None:
    if parent is None:
        return None
    return {
        "TaskScheduleId": parent.task_id,
        "OrchestrationInstance": {
            "InstanceId": parent.instance_id,
            "ExecutionId": parent.execution_id,
        },
    }


def execution_completed(at: datetime, status: str, result: str | None) -> Event:
    return _event(EventType.EXECUTION_COMPLETED, at, OrchestrationStatus=status, Result=result)


def execution_terminated(at: datetime, reason: str) -> Event:
    return _event(EventType.EXECUTION_TERMINATED, at, Input=reason)


def execution_suspended(at: datetime, reason: str) -> Event:
    return _event(EventType.EXECUTION_SUSPENDED, at, Reason=reason)


def execution_resumed(at: datetime, reason: str) -> Event:
    return _event(EventType.EXECUTION_RESUMED, at, Reason=reason)


def task_scheduled(at: datetime, number: int, name: str) -> Event:
    return _event(
        EventType.TASK_SCHEDULED,
        at,
        number,
        Name=name,
        Version="",
        Input=None,
        ParentTraceContext=None,
        Tags=None,
    )


def task_completed(at: datetime, task_id: int, result: str) -> Event:
    return _event(EventType.TASK_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def task_failed(at: datetime, task_id: int, reason: str, details: str) -> Event:
    return _event(
        EventType.TASK_FAILED,
        at,
        TaskScheduledId=task_id,
        Reason=reason,
        Details=details,
        FailureDetails=None,
    )


def child_created(at: datetime, number: int, name: str, instance_id: str, text: str) -> Event:
    return _event(
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
        at,
        number,
        Name=name,
        Version="",
        InstanceId=instance_id,
        Input=text,
        ClientSpanId=None,
        Tags=None,
    )


def child_completed(at: datetime, task_id: int, result: str) -> Event:
    return _event(
        EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED, at, TaskScheduledId=task_id, Result=result
    )


def child_failed(at: datetime, task_id: int, reason: str) -> Event:
    return _event(
        EventType.SUB_ORCHESTRATION_INSTANCE_FAILED,
        at,
        TaskScheduledId=task_id,
        Reason=reason,
        Details="",
        FailureDetails=None,
    )


def timer_created(at: datetime, number: int, fire_at: datetime) -> Event:
    return _event(EventType.TIMER_CREATED, at, number, FireAt=timestamp(fire_at))


def timer_fired(at: datetime, timer_id: int, fire_at: str) -> Event:
    return _event(EventType.TIMER_FIRED, at, TimerId=timer_id, FireAt=fire_at)


def event_raised(at: datetime, name: str, text: str) -> Event:
    return _event(EventType.EVENT_RAISED, at, Name=name, Input=text)
