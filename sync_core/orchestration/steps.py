"""The messages between orchestrators and activities: questions, answers and verdicts.

They contain references and never rows, because they are stored in durable history. An activity
returns an answer even if an error occurred. It also decides how long to wait and when to give up,
because the settings may change while an orchestration waits.
"""

from typing import Any

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunError, Step
from sync_core.model.outcomes import OUTCOMES, Outcome

Json = dict[str, Any]

BREAKDOWNS = 5
"""How often an activity may fail without an answer (timeout, lost instance, rejected output) before
its step gives up."""


class Question(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The input of an activity.

    `since` is the time of the step's first call, `now` the time of this call, both in epoch seconds
    of the orchestration's clock. `polls` is the number of earlier calls, `breakdowns` the number of
    failures since its last answer.
    """

    feed: str
    since: float
    now: float
    polls: int = 0
    breakdowns: int = 0
    files: FileSet | None = None

    @property
    def file_set(self) -> FileSet:
        if self.files is None:
            raise ValueError("This step needs the run's file set, but was called without one.")
        return self.files


class Verdict(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a run ends. `summary` is one sentence for administrators; `sent`: a start was sent."""

    outcome: Outcome
    summary: str = ""
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    sent: bool = False

    @property
    def sentence(self) -> str:
        return self.summary or OUTCOMES[self.outcome].meaning


class Publication(Question, frozen=True, rename="camel", kw_only=True):
    """The input of publishing. `started_at` is when the run began, `now` when it ended."""

    verdict: Verdict
    steps: tuple[Step, ...] = ()
    started_at: float


class Wait(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="wait"):
    """Call again after `after` seconds. `reason` says what the step waits for."""

    after: float
    reason: str


class Done(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="done"):
    """The step is done."""

    value: dict[str, Any] = {}


class Ended(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="ended"):
    """The run ends with `verdict`.

    `files` is the file set, if this step found it. `superseded` are older sets that are not run.
    """

    verdict: Verdict
    files: FileSet | None = None
    superseded: tuple[FileSet, ...] = ()


Answer = Wait | Done | Ended


def decoded_question(document: Json) -> Question:
    """The input of an activity, decoded. An input with a verdict is a Publication."""
    return msgspec.convert(document, Publication if "verdict" in document else Question)


def plain(value: msgspec.Struct) -> Json:
    """A value as JSON types, for the durable runtime."""
    document: Json = msgspec.to_builtins(value)
    return document
