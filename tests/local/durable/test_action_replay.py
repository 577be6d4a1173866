"""Replays of actions that a test with the SDK cannot produce."""

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
from local.durable.replay import Replay
from tests.local.durable.kit import NOON

SCOPE = Scope("execution", frozenset({"same", "next"}), frozenset({"same"}))
STARTED: Event = {"EventType": history.EventType.EXECUTION_STARTED}


def replay(actions: list[Action], *events: Event) -> Replay:
    """A replay of the start and the events."""
    replayed = Replay(actions, SCOPE)
    for event in (history.orchestrator_started(NOON), STARTED, *events):
        replayed.feed(event)
    return replayed


def raised(name: str) -> Event:
    return history.event_raised(NOON, name, "null")


def test_a_child_in_the_place_of_an_activity_of_the_same_name_is_a_change() -> None:
    with pytest.raises(NonDeterministicError, match="instead scheduled a sub-orchestration"):
        replay([CallSubOrchestrator("same")], history.task_scheduled(NOON, 0, "same"))


def test_what_follows_a_failed_task_all_waits_for_the_last_of_its_tasks() -> None:
    actions: list[Action] = [
        WhenAll([CallActivity("same"), CallActivity("same")]),
        CallActivity("next"),
    ]
    known: list[Any] = [history.task_scheduled(NOON, n, "same") for n in (0, 1)]
    known.append(history.task_failed(NOON, 1, "reason", "details"))
    assert replay(actions, *known).decisions == ()
    known.append(history.task_completed(NOON, 0, "1"))
    assert replay(actions, *known).decisions == (ScheduleActivity(2, "next", "null"),)


def test_an_event_goes_to_the_newest_task_that_waits_for_it() -> None:
    older: Action = WhenAll([WaitForExternalEvent("go"), WaitForExternalEvent("stop")])
    assert replay([WhenAny([older, WaitForExternalEvent("go")])], raised("go")).completed


def test_event_names_differ_by_more_than_their_case() -> None:
    assert replay([WaitForExternalEvent("Go")], raised("gO")).completed


def test_a_second_result_for_a_task_is_ignored() -> None:
    actions: list[Action] = [CallActivity("same"), CallActivity("next")]
    events = [history.task_scheduled(NOON, 0, "same"), *[history.task_completed(NOON, 0, "1")] * 2]
    assert replay(actions, *events).decisions == (ScheduleActivity(1, "next", "null"),)
