"""One orchestration episode as a value: what goes in, what the reply makes of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from local.durable.decisions import Decision, NonDeterministicError, Scope, WalkError
from local.durable.model import Event, Instance, Status
from local.durable.protocol import Reply, build_context
from local.durable.walk import Walk


@dataclass(frozen=True)
class Episode:
    """An instance, what it has seen, and the messages that wake it now.

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
    """The instance has come to its end; `output` is JSON text."""

    state: Status
    output: str


@dataclass(frozen=True)
class Continued:
    """The instance starts anew; `input` is JSON text, `carried` the events that go along."""

    input: str
    carried: tuple[Event, ...]


@dataclass(frozen=True)
class Outcome:
    """What an episode has decided; without an ending the instance goes on waiting."""

    decisions: tuple[Decision, ...] = ()
    ending: Finished | Continued | None = None
    custom_status: str | None = None


def failed(message: str, custom_status: str | None = None) -> Outcome:
    return Outcome(ending=Finished(Status.FAILED, json.dumps(message)), custom_status=custom_status)


def failure_text(name: str, error: str) -> str:
    return f"Orchestrator function '{name}' failed: {error}"


def conclude(episode: Episode, reply: Reply, scope: Scope) -> Outcome:
    """Replays the reply's actions over the history and says what is new.

    An instance ends only when no task and no uncancelled timer is open: the framework waits for
    them, and so does this.
    """
    status = None if reply.custom_status is None else json.dumps(reply.custom_status)
    name = episode.instance.name
    try:
        walk = _replay(episode, reply, scope)
    except NonDeterministicError as error:
        return failed(str(error), status)
    except WalkError as error:
        return failed(failure_text(name, str(error)), status)
    if walk.has_open_tasks or not walk.walked:
        return Outcome(walk.decisions, None, status)
    if reply.error:
        ending: Finished | Continued | None = Finished(
            Status.FAILED, json.dumps(failure_text(name, reply.error))
        )
    else:
        ending = _ending(walk, reply)
    return Outcome(walk.decisions, ending, status)


def _replay(episode: Episode, reply: Reply, scope: Scope) -> Walk:
    _require_one_list(reply.actions)
    walk = Walk(reply.actions[0], scope)
    for event in (*episode.past, *episode.new):
        walk.feed(event)
    return walk


def _require_one_list(actions: Sequence[object]) -> None:
    if len(actions) != 1:
        raise WalkError(
            f"the reply holds {len(actions)} lists of actions, and this schema has one; "
            "use azure-functions-durable 1.7"
        )


def _ending(walk: Walk, reply: Reply) -> Finished | Continued | None:
    if not reply.is_done:
        return None
    if walk.next_input is not None:
        return Continued(json.dumps(walk.next_input), tuple(walk.carried))
    return Finished(Status.COMPLETED, json.dumps(reply.output))
