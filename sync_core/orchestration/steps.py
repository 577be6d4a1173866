"""The messages between orchestrators and activities: questions, answers and verdicts.

They are plain values, so durable history holds references and never rows. An activity answers with
a value even when something is wrong. It also decides how long to wait and when to give up, because
the settings may change while an orchestration waits.
"""

from typing import Any

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunError, Step
from sync_core.model.outcomes import OUTCOMES, Outcome

Json = dict[str, Any]

BREAKDOWNS = 5
"""How often an activity may break down (time-out, lost machine, refused output) before its step is
given up."""


class Question(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a step is asked.

    `since` is when the step was first asked, `now` when it is asked this time (epoch seconds of the
    orchestration's own clock), `polls` how often it was asked before, `breakdowns` how often it
    broke down since it last answered.
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
            raise ValueError("This step needs the file set of a run, and was asked without one.")
        return self.files


class Verdict(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a run ends. `summary` is one sentence for people; `sent` whether `/start` went out."""

    outcome: Outcome
    summary: str = ""
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    sent: bool = False

    @property
    def sentence(self) -> str:
        return self.summary or OUTCOMES[self.outcome].meaning


class Publication(Question, frozen=True, rename="camel", kw_only=True):
    """What publishing is asked. `started_at` is when the run began, `now` when it ended."""

    verdict: Verdict
    steps: tuple[Step, ...] = ()
    started_at: float


class Wait(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="wait"):
    """Ask again after so many seconds; `reason` says what is waited for."""

    after: float
    reason: str


class Done(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="done"):
    """The step is done."""

    value: dict[str, Any] = {}


class Ended(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="ended"):
    """The run ends here.

    `files` is the set that it ends for, where the step itself has found one; `superseded` are older
    ones that nothing will be done with.
    """

    verdict: Verdict
    files: FileSet | None = None
    superseded: tuple[FileSet, ...] = ()


Answer = Wait | Done | Ended


def decoded_question(document: Json) -> Question:
    """A question as an orchestration asked it. One that carries a verdict is a publication."""
    return msgspec.convert(document, Publication if "verdict" in document else Question)


def plain(value: msgspec.Struct) -> Json:
    """A value as it crosses to the durable runtime."""
    document: Json = msgspec.to_builtins(value)
    return document
