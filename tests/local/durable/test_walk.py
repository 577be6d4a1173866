"""The host's half of a replay, where the SDK alone could not show it."""

from typing import Any

import pytest

from local.durable import history
from local.durable.decisions import NonDeterministicError, ScheduleActivity, Scope
from local.durable.model import Event
from local.durable.protocol import (
    Action,
    CallActivity,
    CallSubOrchestrator,
    WaitForExternalEvent,
    WhenAll,
    WhenAny,
)
from local.durable.walk import Walk
from tests.local.durable.kit import NOON

SCOPE = Scope("execution", frozenset({"same", "next"}), frozenset({"same"}))
STARTED: Event = {"EventType": history.EventType.EXECUTION_STARTED}


def walk(actions: list[Action], *events: Event) -> Walk:
    """A walk that has been fed the start and the events."""
    walking = Walk(actions, SCOPE)
    for event in (history.orchestrator_started(NOON), STARTED, *events):
        walking.feed(event)
    return walking


def raised(name: str) -> Event:
    return history.event_raised(NOON, name, "null")


def test_a_child_in_the_place_of_an_activity_of_the_same_name_is_a_change() -> None:
    with pytest.raises(NonDeterministicError, match="instead scheduled a sub-orchestration"):
        walk([CallSubOrchestrator("same")], history.task_scheduled(NOON, 0, "same"))


def test_what_follows_a_failed_task_all_waits_for_the_last_of_its_tasks() -> None:
    actions: list[Action] = [
        WhenAll([CallActivity("same"), CallActivity("same")]),
        CallActivity("next"),
    ]
    known: list[Any] = [history.task_scheduled(NOON, n, "same") for n in (0, 1)]
    known.append(history.task_failed(NOON, 1, "reason", "details"))
    assert walk(actions, *known).decisions == ()
    known.append(history.task_completed(NOON, 0, "1"))
    assert walk(actions, *known).decisions == (ScheduleActivity(2, "next", "null"),)


def test_an_event_goes_to_the_newest_of_those_who_wait_for_it() -> None:
    older: Action = WhenAll([WaitForExternalEvent("go"), WaitForExternalEvent("stop")])
    assert walk([WhenAny([older, WaitForExternalEvent("go")])], raised("go")).walked


def test_event_names_differ_by_more_than_their_case() -> None:
    assert walk([WaitForExternalEvent("Go")], raised("gO")).walked


def test_a_result_that_comes_twice_counts_once() -> None:
    actions: list[Action] = [CallActivity("same"), CallActivity("next")]
    events = [history.task_scheduled(NOON, 0, "same"), *[history.task_completed(NOON, 0, "1")] * 2]
    assert walk(actions, *events).decisions == (ScheduleActivity(1, "next", "null"),)
