"""The orchestrators: deterministic generators without a clock or I/O.

`sync_feed` runs the steps of a feed in order. Each step calls an activity until it no longer
answers "wait", with a durable timer between two calls. `sync_feed` makes the first calls itself. A
step that takes longer continues in the sub-orchestration `poll_step`, which starts a new history
every `POLLS_PER_HISTORY` polls. The activities decide how long to wait and when to give up, so a
change of settings cannot contradict a recorded history.

Only features of both SDK versions 1 and 2 are used, and no external events. No timer is left
pending, because a pending timer keeps an orchestration from completing.
"""

from datetime import datetime

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import Step, StepName, rfc3339
from sync_core.model.errors import SettingsError, TerminalError
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.asking import Context, DurableGenerator, T, ask_until_done
from sync_core.orchestration.steps import (
    Answered,
    Compared,
    Ended,
    Followed,
    Gathered,
    Json,
    Publication,
    Published,
    Question,
    Ready,
    RunEnd,
    RunStep,
    Task,
    Uploaded,
    Validated,
    Verdict,
    Verified,
    failed_verdict,
    plain,
)

POLLS_HERE = 5
"""How often `sync_feed` calls an activity itself. With nine steps, its history stays short enough
to be replayed quickly."""

POLLS_PER_HISTORY = 20

DAY_SECONDS = 86_400.0


def sync_feed(context: Context) -> DurableGenerator[Json]:
    """One run over the newest export of a feed; then, if something newer has landed, the next."""
    feed = context.get_input()["feed"]
    run = FeedRun(context, feed)
    try:
        end = yield from _run_newest_export(run)
    except Exception as fault:  # noqa: BLE001 - a run never ends without a result
        end = yield from run.publish_fault(fault)
    run.tell_status("done")
    if end.more:
        context.continue_as_new({"feed": feed})
    return plain(end)


def _run_newest_export(run: "FeedRun") -> DurableGenerator[RunEnd]:
    gathered = yield from run.step("gather", "gather_file_set", Gathered)
    for older in gathered.superseded:
        yield from run.publish(older, Verdict(outcome=Outcome.SUPERSEDED))
    if run.files is None:
        return (yield from run.end_without_files())
    yield from run.step("validate", "validate_file_set", Validated)
    yield from run.step("guard", "compare_with_baseline", Compared)
    yield from run.step("ready", "check_readiness", Ready)
    uploaded = yield from run.step("upload", "upload_file_set", Uploaded)
    if isinstance(uploaded, Uploaded) and uploaded.verify:
        yield from run.step("verify", "verify_upload", Verified)
    ended = yield from run.step("start", "start_sync", Ended)
    published = yield from run.publish(run.files, ended.verdict)
    followed = (yield from run.follow(run.files)) if published.follow else None
    return run.end(published, followed)


def poll_step(context: Context) -> DurableGenerator[Json]:
    """One step with a long wait: calls its activity until it no longer answers "wait"."""
    task = msgspec.convert(context.get_input(), Task)
    answered = yield from ask_until_done(context, task, POLLS_PER_HISTORY)
    if isinstance(answered, Task):
        context.continue_as_new(plain(answered))
        return {}
    return plain(answered)


class FeedRun:
    """The state of one run: its file set, the steps it has taken, and its verdict."""

    def __init__(self, context: Context, feed: str) -> None:
        self._context = context
        self._feed = feed
        self._began = context.current_utc_datetime.timestamp()
        self._steps: list[Step] = []
        self._passed: list[Json] = []
        self._current: RunStep = "gather"
        self.files: FileSet | None = None
        self.verdict: Verdict | None = None

    def step(self, name: StepName, activity: str, expected: type[T]) -> DurableGenerator[T | Ended]:
        """Take one step, unless the run has already ended. Returns the step's answer."""
        if self.verdict is not None:
            return Ended(self.verdict)
        began = self._context.current_utc_datetime
        answer, polls = yield from self._ask(name, activity, self._question(self.files), expected)
        self._steps.append(_step(name, began, self._context.current_utc_datetime, polls))
        if isinstance(answer, Ended):
            self.verdict = answer.verdict
        if isinstance(answer, Ended | Gathered):
            self.files = self.files or answer.files
        if self.files or self.verdict:
            self._pass(name, began, ended=isinstance(answer, Ended))
        return answer

    def publish(self, files: FileSet, verdict: Verdict) -> DurableGenerator[Published]:
        """Publish the final result of a file set. Calls the activity until it succeeds."""
        began = self._context.current_utc_datetime
        question = Publication(
            feed=self._feed,
            since=began.timestamp(),
            now=began.timestamp(),
            files=files,
            verdict=verdict,
            steps=tuple(self._steps) if files == self.files else (),
            started_at=self._began,
        )
        answer, _ = yield from self._ask("publish", "publish_result", question, Published)
        if isinstance(answer, Ended):
            raise TerminalError("publish_result ended a run instead of publishing its result.")
        self._pass("publish", began)
        return answer

    def follow(self, files: FileSet) -> DurableGenerator[Followed | Ended]:
        """Follow the sync until it has ended or the deadline has passed."""
        began = self._context.current_utc_datetime
        answer, _ = yield from self._ask(
            "follow", "check_progress", self._question(files), Followed
        )
        self._pass("follow", began, ended=isinstance(answer, Ended))
        return answer

    def end(self, published: Published, followed: Followed | Ended | None = None) -> RunEnd:
        """How the run ended. If following failed, the feed runs again to check its folder."""
        # Hours have passed since publishing looked at the folder.
        last = published if followed is None else followed
        return RunEnd(
            feed=self._feed,
            run=published.run,
            outcome=published.outcome,
            status=followed.status if isinstance(followed, Followed) else None,
            more=isinstance(last, Ended) or last.more,
        )

    def publish_fault(self, fault: Exception) -> DurableGenerator[RunEnd]:
        """Publish the result of a run that ended with an unexpected exception, by its type only."""
        message = (
            f"The run failed unexpectedly in the step {self._current} ({type(fault).__name__})."
            " Check the app's logs for exceptions in sync_feed, then deliver the export again."
        )
        self.verdict = self.verdict or failed_verdict("run-broke-off", message)
        files = self.files or self._no_files(self.verdict)
        published = yield from self.publish(files, self.verdict)
        # The same exception would probably follow at once. The sweep starts the feed again.
        return msgspec.structs.replace(self.end(published), more=False)

    def end_without_files(self) -> DurableGenerator[RunEnd]:
        """End without a result if there was nothing to do, otherwise publish why nothing ran."""
        if self.verdict is None:
            return RunEnd(feed=self._feed)
        if self.verdict.error and self.verdict.error.code == SettingsError.code:
            return RunEnd(feed=self._feed, outcome=self.verdict.outcome)
        published = yield from self.publish(self._no_files(self.verdict), self.verdict)
        return msgspec.structs.replace(self.end(published), more=False)

    def tell_status(self, step: str) -> None:
        """Show operators the completed steps, the current step and the outcome."""
        outcome = self.verdict.outcome.value if self.verdict else None
        status = {"step": step, "passed": list(self._passed), "outcome": outcome}
        self._context.set_custom_status(status)

    def _pass(self, step: RunStep, began: datetime, *, ended: bool = False) -> None:
        seconds = round((self._context.current_utc_datetime - began).total_seconds(), 3)
        self._passed.append({"step": step, "seconds": seconds, "ended": ended})

    def _question(self, files: FileSet | None) -> Question:
        now = self._context.current_utc_datetime.timestamp()
        return Question(feed=self._feed, since=now, now=now, files=files)

    def _ask(
        self, step: RunStep, activity: str, question: Question, expected: type[T]
    ) -> DurableGenerator[tuple[T | Ended, int]]:
        """An activity's last answer and the number of polls. `poll_step` takes over long waits.

        Raises TypeError if the answer is of another type than expected.
        """
        self._current = step
        self.tell_status(step)
        task = Task(step=step, activity=activity, question=question)
        answered = yield from ask_until_done(self._context, task, POLLS_HERE)
        if isinstance(answered, Task):
            document = yield self._context.call_sub_orchestrator("poll_step", plain(answered))
            answered = msgspec.convert(document, Answered)
        answer: object = answered.answer
        if not isinstance(answer, expected | Ended):
            raise TypeError(f"{activity} answered with {type(answer).__name__}.")
        return answer, answered.polls

    def _no_files(self, verdict: Verdict) -> FileSet:
        """What stands for the file set of a run that broke before it found one.

        It is the same for the same fault all day, so a fault that remains has one result a day,
        however often the sweep starts the feed.
        """
        code = verdict.error.code if verdict.error else verdict.outcome.value
        day = self._began // DAY_SECONDS * DAY_SECONDS
        return FileSet(feed=self._feed, folder="", landed_at=day, files=(), identity=code)


def _step(name: StepName, began: datetime, ended: datetime, polls: int) -> Step:
    return Step(
        name=name,
        started_at=rfc3339(began.timestamp()),
        ended_at=rfc3339(ended.timestamp()),
        seconds=round((ended - began).total_seconds(), 3),
        polls=polls,
    )
