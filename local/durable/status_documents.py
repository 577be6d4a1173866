"""Status documents and histories as the client API returns them."""

import json
from datetime import UTC, datetime
from typing import Any

from local.durable.history import EventType
from local.durable.model import Event, Instance

_HIDDEN_TYPES = frozenset(
    {
        EventType.ORCHESTRATOR_STARTED,
        EventType.ORCHESTRATOR_COMPLETED,
        EventType.TASK_SCHEDULED,
        EventType.TIMER_CREATED,
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
    }
)
_SHOWN_FIELDS = ("Name", "FireAt", "Reason", "OrchestrationStatus")
_OUTPUT_FIELDS = ("Result", "Input")


def iso(moment: datetime) -> str:
    """The time in whole seconds, as in the extension's answers."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status_document(
    instance: Instance, *, show_input: bool, history: list[Event] | None
) -> dict[str, Any]:
    """The status of one instance. `history` comes from `shown_history`; None leaves it out."""
    document = {
        "name": instance.name,
        "instanceId": instance.instance_id,
        "runtimeStatus": instance.status,
        "input": json.loads(instance.input) if show_input else None,
        "customStatus": _value(instance.custom_status),
        "output": _value(instance.output),
        "createdTime": iso(instance.created_at),
        "lastUpdatedTime": iso(instance.updated_at),
    }
    return document if history is None else {**document, "historyEvents": history}


def listed_document(instance: Instance, *, show_input: bool) -> dict[str, Any]:
    """The status of an instance in a list. A sub-orchestration names its parent."""
    document = status_document(instance, show_input=show_input, history=None)
    parent = instance.parent
    return document if parent is None else {**document, "parentInstanceId": parent.instance_id}


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def shown_history(events: list[Event], *, show_output: bool) -> list[Event]:
    """A history as the client API returns it: results with the names of their functions."""
    scheduled = {event["EventId"]: event for event in events if event["EventId"] >= 0}
    return [
        _shown(event, scheduled, show_output=show_output)
        for event in events
        if event["EventType"] not in _HIDDEN_TYPES
    ]


def _shown(event: Event, scheduled: dict[int, Event], *, show_output: bool) -> Event:
    kind = EventType(event["EventType"])
    fields = _SHOWN_FIELDS + (_OUTPUT_FIELDS if show_output else ())
    shown = {"EventType": _camel(kind), "Timestamp": event["Timestamp"]}
    shown |= {field: event[field] for field in fields if field in event}
    if shown.get("Result") is not None:
        shown["Result"] = json.loads(shown["Result"])
    cause = scheduled.get(event.get("TaskScheduledId", -1))
    if cause is not None:
        shown |= {"FunctionName": cause["Name"], "ScheduledTime": cause["Timestamp"]}
    if kind is EventType.EXECUTION_STARTED:
        shown["FunctionName"] = shown.pop("Name")
    return shown


def _camel(kind: EventType) -> str:
    return "".join(word.capitalize() for word in kind.name.split("_"))
