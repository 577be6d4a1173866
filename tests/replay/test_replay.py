"""Recorded histories, replayed prefix by prefix: what a run in flight decided, it decides again."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from sync_core.orchestration import orchestrators as orchestration

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
ORCHESTRATORS = {
    function.__name__: function
    for function in (
        orchestration.sync_feed,
        orchestration.poll_step,
    )
}
STARTED, COMPLETED = 12, 13
SCHEDULED = {4: 0, 7: 2, 10: 5}
"""What the host writes of a decision, by what the orchestration says: activity, child, timer."""

FAILED = -1
"""Stands for the decisions of an orchestration that failed; none of the recorded ones did."""

Orchestrator = Callable[[Any], Generator[Any, Any, Any]]


def test_every_orchestration_has_a_recorded_history() -> None:
    recorded = {json.loads(path.read_bytes())["orchestrator"] for path in HISTORIES}
    assert recorded == ORCHESTRATORS.keys()


def test_the_recorded_runs_took_every_turn() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in HISTORIES)
    for outcome in ("incomplete", "unknown", "started"):
        assert f'\\"outcome\\": \\"{outcome}\\"' in text


def test_a_recorded_poll_began_a_new_history() -> None:
    polls = [
        json.loads(document["context"]["input"])["question"]["polls"]
        for document in map(json.loads, (path.read_bytes() for path in HISTORIES))
        if document["orchestrator"] == "poll_step"
    ]
    assert orchestration.POLLS_HERE + orchestration.POLLS_PER_HISTORY in polls


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_each_prefix_of_a_recorded_history_leads_to_the_same_decisions(path: Path) -> None:
    document = json.loads(path.read_bytes())
    assert differences(document, ORCHESTRATORS[document["orchestrator"]]) == []


def test_a_change_that_would_break_a_run_in_flight_is_noticed() -> None:
    path = next(path for path in HISTORIES if path.stem.startswith("started-00"))

    def other_order(context: Any) -> Generator[Any, Any, Any]:
        yield context.call_activity("gather_file_set", {})
        return (yield from orchestration.sync_feed(context))

    assert differences(json.loads(path.read_bytes()), other_order) != []


def differences(document: dict[str, Any], orchestrator: Orchestrator) -> list[str]:
    """Where the orchestrator decides otherwise than the recorded run did."""
    history = document["context"]["history"]
    found = []
    for end in _episode_ends(history):
        begun = max(n for n in range(end) if history[n]["EventType"] == STARTED)
        known = [*history[:begun], *_received(history[begun:end])]
        decided = _decisions(orchestrator, {**document["context"], "history": known})
        recorded = [_recorded(event) for event in history[:end] if event["EventType"] in SCHEDULED]
        if decided != recorded:
            found.append(f"episode ending at event {end}: {decided} instead of {recorded}")
    return found


def _episode_ends(history: list[dict[str, Any]]) -> list[int]:
    return [n for n, event in enumerate(history) if event["EventType"] == COMPLETED]


def _received(episode: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An episode as it began: what had come in, without what was decided on it."""
    return [
        {**event, "IsPlayed": False} for event in episode if event["EventType"] not in SCHEDULED
    ]


def _decisions(orchestrator: Orchestrator, context: dict[str, Any]) -> list[tuple[int, str]]:
    try:
        reply = json.loads(df.Orchestrator.create(orchestrator)(json.dumps(context)))
    except Exception as fault:  # noqa: BLE001 - the SDK raises whatever an orchestration raises
        return [(FAILED, str(fault).partition("\n")[0])]
    actions = [action for actions in reply["actions"] for action in actions]
    return [
        (action["actionType"], action.get("functionName") or _moment(action["fireAt"]))
        for action in actions
        if action["actionType"] in SCHEDULED.values()
    ]


def _recorded(event: dict[str, Any]) -> tuple[int, str]:
    return SCHEDULED[event["EventType"]], event.get("Name") or _moment(event["FireAt"])


def _moment(text: str) -> str:
    """Microseconds; the host writes a digit more."""
    return text.rstrip("Z")[:26]
