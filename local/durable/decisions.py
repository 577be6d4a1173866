"""Decisions of an orchestrator, and the errors of a replay."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class ReplayError(Exception):
    """The instance cannot continue. The message becomes its error."""


class NonDeterministicError(ReplayError):
    """The actions do not match the history: the orchestrator's code has changed."""


def unknown_function(name: str, what: str, known: Iterable[str]) -> str:
    """The extension's error for a call of a function that does not exist."""
    names = "', '".join(sorted(known))
    others = (
        f"The following are the known {what} functions: '{names}'."
        if names
        else f"No {what} functions are currently registered!"
    )
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not an {what} function. "
        f"Additional info: {others}"
    )


@dataclass(frozen=True)
class Scope:
    """What a replay needs besides actions and history."""

    execution_id: str
    activities: frozenset[str]
    orchestrators: frozenset[str]


@dataclass(frozen=True)
class ScheduleActivity:
    number: int
    name: str
    input: str
    kind: str = "activity task"


@dataclass(frozen=True)
class StartTimer:
    number: int
    fire_at: datetime
    name: str = ""
    kind: str = "timer"


@dataclass(frozen=True)
class StartChild:
    number: int
    name: str
    input: str
    instance_id: str
    version: str | None
    kind: str = "sub-orchestration"


Decision = ScheduleActivity | StartTimer | StartChild
