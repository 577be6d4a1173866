"""One orchestration episode as a value: its input, and the outcome of the reply."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from local.durable.decisions import Decision, NonDeterministicError, ReplayError, Scope
from local.durable.model import Event, Instance, Status
from local.durable.protocol import Reply, build_context
from local.durable.replay import Replay


@dataclass(frozen=True)
class Episode:
    """An instance, its history, and the new messages that this episode handles.

    `new` starts with OrchestratorStarted; `positions` are the inbox positions of its messages.
    """

    instance: Instance
    past: tuple[Event, ...]
    new: tuple[Event, ...]
    positions: tuple[int, ...]

    def context(self) -> str:
        return build_context(self.instance, self.past, self.new)


@dataclass(frozen=True)
class Finished:
    """The instance has ended; `output` is JSON text."""

    state: Status
    output: str


@dataclass(frozen=True)
class Continued:
    """The instance continues as new. `input` is JSON text, `carried` are unprocessed events."""

    input: str
    carried: tuple[Event, ...]


@dataclass(frozen=True)
class Outcome:
    """What an episode has decided. Without an ending the instance keeps waiting."""

    decisions: tuple[Decision, ...] = ()
    ending: Finished | Continued | None = None
    custom_status: str | None = None


def failed(message: str, custom_status: str | None = None) -> Outcome:
    return Outcome(ending=Finished(Status.FAILED, json.dumps(message)), custom_status=custom_status)


def failure_text(name: str, error: str) -> str:
    return f"Orchestrator function '{name}' failed: {error}"


def conclude(episode: Episode, reply: Reply, scope: Scope) -> Outcome:
    """Replays the reply's actions over the history and returns the new decisions.

    An instance ends only when no task and no uncancelled timer is open, as in the framework.
    """
    status = None if reply.custom_status is None else json.dumps(reply.custom_status)
    name = episode.instance.name
    try:
        replay = _replayed(episode, reply, scope)
    except NonDeterministicError as error:
        return failed(str(error), status)
    except ReplayError as error:
        return failed(failure_text(name, str(error)), status)
    if replay.has_open_tasks or not replay.completed:
        return Outcome(replay.decisions, None, status)
    if reply.error:
        ending: Finished | Continued | None = Finished(
            Status.FAILED, json.dumps(failure_text(name, reply.error))
        )
    else:
        ending = _ending(replay, reply)
    return Outcome(replay.decisions, ending, status)


def _replayed(episode: Episode, reply: Reply, scope: Scope) -> Replay:
    _require_one_list(reply.actions)
    replay = Replay(reply.actions[0], scope)
    for event in (*episode.past, *episode.new):
        replay.feed(event)
    return replay


def _require_one_list(actions: Sequence[object]) -> None:
    if len(actions) != 1:
        raise ReplayError(
            f"the reply holds {len(actions)} lists of actions, and this schema has one; "
            "use azure-functions-durable 1.7"
        )


def _ending(replay: Replay, reply: Reply) -> Finished | Continued | None:
    if not reply.is_done:
        return None
    if replay.next_input is not None:
        return Continued(json.dumps(replay.next_input), tuple(replay.carried))
    return Finished(Status.COMPLETED, json.dumps(reply.output))
