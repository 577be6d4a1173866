"""The messages between orchestrators and activities: questions, answers and verdicts.

Each has a type of its own and crosses as JSON with its `kind`. Durable history holds references and
never rows. An activity answers with a value even when something is wrong. It also decides how long
to wait and when to give up, because the settings may change while an orchestration waits.
"""

from typing import Any, Literal

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunError, Step, StepName
from sync_core.model.found import FoundFile
from sync_core.model.outcomes import OUTCOMES, Outcome, Severity

Json = dict[str, Any]

RunStep = StepName | Literal["publish", "follow"]
"""The steps of a run. A result holds those before `publish`."""

BREAKDOWNS = 5
"""How often an activity may fail without an answer (timeout, lost instance, rejected output) before
its step gives up."""


class Question(
    msgspec.Struct, frozen=True, rename="camel", kw_only=True, tag_field="kind", tag="step"
):
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
    """How a run ends. `summary` is one sentence for administrators; `sent`: a start was sent.

    `found` are files that lie in the feed's folder and were not taken, `found_left_out` is how many
    more there are.
    """

    outcome: Outcome
    summary: str = ""
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    found: tuple[FoundFile, ...] = ()
    found_left_out: int = 0
    sent: bool = False

    @property
    def sentence(self) -> str:
        return self.summary or OUTCOMES[self.outcome].meaning


def failed_verdict(code: str, message: str) -> Verdict:
    """The verdict of a run that failed. The error's message is the summary too."""
    error = RunError(code=code, message=message)
    return Verdict(outcome=Outcome.FAILED, summary=message, error=error)


class Publication(Question, frozen=True, rename="camel", kw_only=True, tag="publication"):
    """The input of `publish_result`. `started_at` is when the run began, `now` when it ended."""

    verdict: Verdict
    steps: tuple[Step, ...] = ()
    started_at: float


class Task(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A step of an orchestration: its name, its activity, and the input of the next call."""

    step: RunStep
    activity: str
    question: Question | Publication

    def asked_again(self, *, broke_down: bool) -> "Task":
        """The same after one more poll."""
        question = msgspec.structs.replace(
            self.question,
            polls=self.question.polls + 1,
            breakdowns=self.question.breakdowns + 1 if broke_down else 0,
        )
        return msgspec.structs.replace(self, question=question)


class _Answer(msgspec.Struct, frozen=True, rename="camel", tag_field="kind"):
    """What an activity may answer with: each answer has a type and a kind of its own."""


class Wait(_Answer, frozen=True, tag="wait"):
    """Ask again after so many seconds; `reason` says what is waited for."""

    after: float
    reason: str


class Ended(_Answer, frozen=True, tag="ended"):
    """The run ends here.

    `files` is the file set, if this step found it. `superseded` are older sets that are not run.
    """

    verdict: Verdict
    files: FileSet | None = None
    superseded: tuple[FileSet, ...] = ()


class Gathered(_Answer, frozen=True, tag="gathered"):
    """The file set to run, None where there is nothing to do, and older ones that it supersedes."""

    files: FileSet | None = None
    superseded: tuple[FileSet, ...] = ()


class Validated(_Answer, frozen=True, tag="validated"):
    """Validation found no error. `rows` is the number of data records."""

    rows: int


class Compared(_Answer, frozen=True, tag="compared"):
    """The guards let the run continue."""


class Ready(_Answer, frozen=True, tag="ready"):
    """The target accepts uploads."""


class Uploaded(_Answer, frozen=True, tag="uploaded"):
    """All files are uploaded. `verify`: the target verifies them before the start."""

    files: int
    verify: bool


class Verified(_Answer, frozen=True, tag="verified"):
    """The service has verified the files and found no error."""


class Published(_Answer, frozen=True, tag="published"):
    """The result is stored and announced.

    `follow`: the sync is watched until it ends. `more`: an export is there that has no result yet.
    """

    run: str
    outcome: Outcome
    severity: Severity
    follow: bool
    more: bool


class Followed(_Answer, frozen=True, tag="followed"):
    """The sync has ended, or is watched no longer. `more` as in `Published`."""

    status: str
    more: bool


Answer = (
    Wait
    | Ended
    | Gathered
    | Validated
    | Compared
    | Ready
    | Uploaded
    | Verified
    | Published
    | Followed
)


class Answered(msgspec.Struct, frozen=True, rename="camel"):
    """A step's last answer and how many polls it took: what `poll_step` returns."""

    answer: Answer
    polls: int


class RunEnd(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What an orchestration of a feed returns, for operators. `more`: the next run begins.

    Without a `run` nothing was published.
    """

    feed: str
    run: str | None = None
    outcome: Outcome | None = None
    status: str | None = None
    more: bool = False


def decoded_question(document: Json) -> Question | Publication:
    """A question as an orchestration asked it."""
    return msgspec.convert(document, Question | Publication)


def decoded_answer(document: Json) -> Answer:
    """An answer as an activity gave it."""
    answer: Answer = msgspec.convert(document, Answer)
    return answer


def plain(value: msgspec.Struct) -> Json:
    """A value as JSON types, for the durable runtime."""
    document: Json = msgspec.to_builtins(value)
    return document
