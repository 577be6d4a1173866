"""What orchestrators and activities say to each other: questions, answers, verdicts.

Plain values, so that history holds references and never rows. An activity answers with a value even
when something is wrong; it raises only where the machine under it fails. How long to wait and when
to give up is the activity's to say, because settings may change while an orchestration sleeps.
"""

import zlib
from typing import Any

import msgspec

from sync_core.errors import TransientError
from sync_core.landing.fileset import FileSet
from sync_core.outcomes import OUTCOMES, Outcome
from sync_core.results.documents import RunError, Step

Json = dict[str, Any]

SHORTEST_WAIT = 1.0
"""Seconds. Where little is left before a deadline, the last look still takes its time."""

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


class Through(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="through"):
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


Answer = Wait | Through | Ended


def decoded_question(document: Json) -> Question:
    """A question as an orchestration asked it. One that carries a verdict is a publication."""
    return msgspec.convert(document, Publication if "verdict" in document else Question)


def plain(value: msgspec.Struct) -> Json:
    """A value as it crosses to the durable runtime."""
    document: Json = msgspec.to_builtins(value)
    return document


def backoff(question: Question, *, first: float, cap: float) -> float:
    """Seconds until the next look: doubling, capped, less up to a fifth so that feeds part.

    The spread follows from the feed and the count, so that a repeated answer is the same.
    """
    longest = min(cap, first * 2.0 ** min(question.polls, 32))
    seed = zlib.crc32(f"{question.feed}:{question.polls}".encode())
    return round(longest * (1 - 0.2 * seed / 2**32), 3)


def patience(
    question: Question, fault: TransientError, *, first: float, cap: float, deadline: float
) -> Wait | None:
    """How long to wait after a passing fault; None where the deadline would pass first.

    The longer of our back-off and the service's own word (`Retry-After`) counts: a word that always
    says "at once", or names a time gone by, would have the service asked as fast as it fails.
    """
    left = question.since + deadline - question.now
    asked = fault.retry_after or 0.0
    if left <= 0 or asked > left:
        return None
    after = min(max(asked, backoff(question, first=first, cap=cap)), left)
    return Wait(max(after, SHORTEST_WAIT), str(fault))
