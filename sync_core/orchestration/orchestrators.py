"""The orchestrators: deterministic generators without a clock or I/O.

`sync_feed` runs the steps of a feed in order. Each step calls an activity until it no longer
answers "wait", with a durable timer between two calls. `sync_feed` makes the first calls itself. A
step that takes longer continues in the sub-orchestration `poll_step`, which starts a new history
every `POLLS_PER_HISTORY` polls. The activities decide how long to wait and when to give up, so a
change of settings cannot contradict a recorded history.

Only features of both SDK versions 1 and 2 are used, and no external events. No timer is left
pending, because a pending timer keeps an orchestration from completing.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunError, Step, StepName, rfc3339
from sync_core.model.errors import SettingsError, TerminalError
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import BREAKDOWNS, Json, Verdict, plain

Context = Any
"""The SDK's `DurableOrchestrationContext`; the SDK ships no types."""

Steps = Generator[Any, Any, Json]

POLLS_HERE = 5
"""How often `sync_feed` calls an activity itself. With eight steps, its history stays short enough
to be replayed quickly."""

POLLS_PER_HISTORY = 20
LONGEST_TIMER = timedelta(days=6)
"""The longest timer that the durable runtime accepts."""

EARLY = timedelta(seconds=1)
"""A timer may fire up to this much too early, so each wait is this much longer: a call that comes
too early only leads to another wait."""

BREAKDOWN_PAUSE = 60.0
PUBLISH_BREAKDOWNS = 20
"""How often publishing may fail. More than for other steps, because it writes the run's result."""

REASON_CHARACTERS = 500
"""The custom status is limited to 16 KB; the list of missing files may be longer."""


def sync_feed(context: Context) -> Steps:
    """Run the newest export of a feed, then continue with the next one if more have landed."""
    feed = context.get_input()["feed"]
    run = Run(context, feed)
    try:
        answer = yield from _run_newest_export(run)
    except Exception as fault:  # noqa: BLE001 - a run never ends without a result
        answer = yield from run.publish_fault(fault)
    run.tell_status("done")
    if answer["more"]:
        context.continue_as_new({"feed": feed})
    return answer


def _run_newest_export(run: "Run") -> Steps:
    gathered = yield from run.step("gather", "gather_file_set")
    for older in gathered.get("superseded", ()):
        yield from run.publish(older, plain(Verdict(outcome=Outcome.SUPERSEDED)))
    if run.files is None:
        return (yield from run.end_without_files())
    yield from run.step("validate", "validate_file_set")
    yield from run.step("ready", "check_readiness")
    yield from run.step("upload", "upload_file_set")
    yield from run.step("verify", "verify_upload")
    yield from run.step("start", "start_sync")
    published = yield from run.publish(run.files, run.final_verdict())
    if published["follow"]:
        published |= yield from run.follow(run.files)
    return published


def poll_step(context: Context) -> Steps:
    """Continue a step that has to wait longer, until its activity no longer answers "wait"."""
    question = context.get_input()
    answer = yield from _ask_until_done(context, question, POLLS_PER_HISTORY)
    if answer is None:
        context.continue_as_new(question)
        return {}
    return answer


class Run:
    """The state of one run: its file set, the steps it has taken, and its verdict."""

    def __init__(self, context: Context, feed: str) -> None:
        self._context = context
        self._feed = feed
        self._began = context.current_utc_datetime.timestamp()
        self._steps: list[Json] = []
        self._passed: list[Json] = []
        self._current = "gather"
        self.files: Json | None = None
        self.verdict: Json | None = None

    def step(self, name: StepName, activity: str) -> Steps:
        """Run one step, unless the run has a verdict already. Returns what the step found."""
        if self.verdict is not None:
            return {}
        began = self._context.current_utc_datetime
        question = {} if self.files is None else {"files": self.files}
        answer = yield from self._ask(name, activity, question)
        self._steps.append(_step(name, began, self._context.current_utc_datetime, answer["polls"]))
        if answer["kind"] == "ended":
            self.verdict = answer["verdict"]
        found: Json = answer if answer["kind"] == "ended" else answer["value"]
        self.files = self.files or found.get("files")
        if self.files or self.verdict:
            self._pass(name, began, ended=answer["kind"] == "ended")
        return found

    def publish(self, files: Json, verdict: Json) -> Steps:
        """Publish the final result of a file set, and retry until it is written."""
        question = {
            "files": files,
            "verdict": verdict,
            "steps": self._steps if files == self.files else [],
            "startedAt": self._began,
        }
        began = self._context.current_utc_datetime
        answer = yield from self._ask("publish", "publish_result", question)
        published: Json = answer["value"]
        self._pass("publish", began)
        return published

    def follow(self, files: Json) -> Steps:
        """Follow the sync until it has ended or the activity gives up."""
        began = self._context.current_utc_datetime
        answer = yield from self._ask("follow", "check_progress", {"files": files})
        self._pass("follow", began, ended=answer["kind"] == "ended")
        # Hours have passed since publishing checked the folder, so this answer replaces that one.
        return {"more": True} if answer["kind"] == "ended" else answer["value"]

    def publish_fault(self, fault: Exception) -> Steps:
        """Publish the result of a run that had an unexpected error. Names only the error's type."""
        message = (
            f"The run failed unexpectedly in the step {self._current} ({type(fault).__name__})."
            " Check the app's logs for exceptions in sync_feed, then deliver the export again."
        )
        self.verdict = self.verdict or _failed("run-broke-off", message)
        published = yield from self.publish(self.files or self._no_files(), self.verdict)
        # No immediate retry, because it would probably fail again. The sweep restarts the feed.
        return {**published, "more": False}

    def end_without_files(self) -> Steps:
        """End a run that has no file set: publish a result only if there is an error to report."""
        if self.verdict is None:
            return {"feed": self._feed, "outcome": None, "more": False}
        if self.verdict["error"]["code"] == SettingsError.code:
            return {"feed": self._feed, "outcome": self.verdict["outcome"], "more": False}
        published = yield from self.publish(self._no_files(), self.verdict)
        return {**published, "more": False}

    def final_verdict(self) -> Json:
        """The run's verdict. If no step has set one, the run has failed."""
        return self.verdict or _broken("start_sync")

    def tell_status(self, step: str) -> None:
        """Set the custom status: the steps that are done, the current step, and the outcome."""
        outcome = self.verdict["outcome"] if self.verdict else None
        status = {"step": step, "passed": list(self._passed), "outcome": outcome}
        self._context.set_custom_status(status)

    def _pass(self, step: str, began: datetime, *, ended: bool = False) -> None:
        seconds = round((self._context.current_utc_datetime - began).total_seconds(), 3)
        self._passed.append({"step": step, "seconds": seconds, "ended": ended})

    def _ask(self, step: str, activity: str, facts: Json) -> Steps:
        """The final answer of an activity, polled here first and then by `poll_step`."""
        self._current = step
        self.tell_status(step)
        question = {
            "step": step,
            "activity": activity,
            "feed": self._feed,
            "since": self._context.current_utc_datetime.timestamp(),
            "polls": 0,
            **facts,
        }
        answer = yield from _ask_until_done(self._context, question, POLLS_HERE)
        if answer is None:
            answer = yield self._context.call_sub_orchestrator("poll_step", question)
        return answer

    def _no_files(self) -> Json:
        return plain(FileSet(feed=self._feed, folder="", landed_at=self._began, files=()))


def _ask_until_done(
    context: Context, question: Json, polls: int
) -> Generator[Any, Any, Json | None]:
    """The first answer other than "wait", with the number of polls; None after `polls` polls.

    Polls and breakdowns are counted in `question`, so that another history can continue.
    """
    for _ in range(polls):
        answer = yield from _ask(context, question)
        question["polls"] += 1
        if answer["kind"] != "wait":
            return {**answer, "polls": question["polls"]}
        reason = answer["reason"][:REASON_CHARACTERS]
        context.set_custom_status({"step": question["step"], "reason": reason})
        pause = min(timedelta(seconds=answer["after"]) + EARLY, LONGEST_TIMER)
        yield context.create_timer(context.current_utc_datetime + pause)
    return None


def _ask(context: Context, question: Json) -> Steps:
    activity = question["activity"]
    asked = {**question, "now": context.current_utc_datetime.timestamp()}
    try:
        answer: Json = yield context.call_activity(activity, asked)
    except Exception:  # noqa: BLE001 - the SDK raises no other type, and its text may quote data
        question["breakdowns"] = question.get("breakdowns", 0) + 1
        publishing = activity == "publish_result"
        if question["breakdowns"] < (PUBLISH_BREAKDOWNS if publishing else BREAKDOWNS):
            return {
                "kind": "wait",
                "after": BREAKDOWN_PAUSE,
                "reason": f"{activity} failed; retrying",
            }
        if not publishing:
            return {"kind": "ended", "verdict": _broken(activity)}
    else:
        question["breakdowns"] = 0
        return answer
    # No result can be written. A failed orchestration is reported, and the sweep starts the feed
    # again; one that retries forever would look as if it were running normally.
    raise TerminalError(f"publish_result failed {PUBLISH_BREAKDOWNS} times.")


def _step(
    name: StepName,
    began: datetime,
    ended: datetime,
    polls: int,
) -> Json:
    step = Step(
        name=name,
        started_at=rfc3339(began.timestamp()),
        ended_at=rfc3339(ended.timestamp()),
        seconds=round((ended - began).total_seconds(), 3),
        polls=polls,
    )
    return plain(step)


def _broken(activity: str) -> Json:
    message = (
        f"The step {activity} failed {BREAKDOWNS} times. Check the app's logs for its exceptions;"
        " the usual causes are a function timeout or an instance that ran out of memory."
    )
    return _failed("step-broke-down", message)


def _failed(code: str, message: str) -> Json:
    error = RunError(code=code, message=message)
    return plain(Verdict(outcome=Outcome.FAILED, summary=message, error=error))
