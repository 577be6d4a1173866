"""The orchestrations: generators over values, replayed from history, without a clock or an effect.

`sync_feed` is the run of a feed; it reads like the data flow. Each step asks an activity until it
no longer answers "wait", and waits on a durable timer in between. The first waits of a step are
spent in `sync_feed` itself. A step that has to wait longer moves to the sub-orchestration
`poll_step`, which starts a new history every `POLLS_PER_HISTORY` polls. The activities say how long
to wait and when to give up, so that a change of settings cannot contradict a recorded history.

Only what the durable SDK's versions 1 and 2 share is used, no external event, and no timer is ever
left open (an open one would keep a finished run from ending).
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
"""How often `sync_feed` asks an activity itself. Eight steps with so many polls keep its history
far below what a replay can carry."""

POLLS_PER_HISTORY = 20
LONGEST_TIMER = timedelta(days=6)
"""What the durable runtime takes as one timer."""

EARLY = timedelta(seconds=1)
"""How much too early a timer may fire. Whoever asks before it is time has to wait again, and a wait
of a second may end at once."""

BREAKDOWN_PAUSE = 60.0
PUBLISH_BREAKDOWNS = 20
"""How often publishing may break down: without it a run has no result, so it is asked longer."""

REASON_CHARACTERS = 500
"""A custom status holds 16 KB, and a manifest may name more missing files than that."""


def sync_feed(context: Context) -> Steps:
    """One run over the newest export of a feed; then, if something newer has landed, the next."""
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
    """One step that has to wait long: its activity is asked until it no longer answers "wait"."""
    question = context.get_input()
    answer = yield from _ask_until_done(context, question, POLLS_PER_HISTORY)
    if answer is None:
        context.continue_as_new(question)
        return {}
    return answer


class Run:
    """One pass: which file set it has found, the steps it took, and how it ends, once it does."""

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
        """Take one step, unless the run has ended already. What the step found."""
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
        """The final result of a file set. Asked for until it is there."""
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
        """Watch the sync until it has ended, or until that has to be given up."""
        began = self._context.current_utc_datetime
        answer = yield from self._ask("follow", "check_progress", {"files": files})
        self._pass("follow", began, ended=answer["kind"] == "ended")
        # Hours have passed since publishing looked at the folder.
        return {"more": True} if answer["kind"] == "ended" else answer["value"]

    def publish_fault(self, fault: Exception) -> Steps:
        """The result of a run that no code foresaw the end of. Only the fault's type is told."""
        message = (
            f"The run broke off in the step {self._current} ({type(fault).__name__}). Look for"
            " exceptions of sync_feed in the app's logs, then deliver the export again."
        )
        self.verdict = self.verdict or _failed("run-broke-off", message)
        published = yield from self.publish(self.files or self._no_files(), self.verdict)
        # What broke once would break again at once. The sweep starts what is still to be done.
        return {**published, "more": False}

    def end_without_files(self) -> Steps:
        """Nothing to do, or nothing could be looked at; only the latter is worth a result."""
        if self.verdict is None:
            return {"feed": self._feed, "outcome": None, "more": False}
        if self.verdict["error"]["code"] == SettingsError.code:
            return {"feed": self._feed, "outcome": self.verdict["outcome"], "more": False}
        published = yield from self.publish(self._no_files(), self.verdict)
        return {**published, "more": False}

    def final_verdict(self) -> Json:
        """How the run ends; a run whose last step did not end it has failed."""
        return self.verdict or _broken("start_sync")

    def tell_status(self, step: str) -> None:
        """Show operators where the run is: the steps behind it, the step it is in, how it ends."""
        outcome = self.verdict["outcome"] if self.verdict else None
        status = {"step": step, "passed": list(self._passed), "outcome": outcome}
        self._context.set_custom_status(status)

    def _pass(self, step: str, began: datetime, *, ended: bool = False) -> None:
        seconds = round((self._context.current_utc_datetime - began).total_seconds(), 3)
        self._passed.append({"step": step, "seconds": seconds, "ended": ended})

    def _ask(self, step: str, activity: str, facts: Json) -> Steps:
        """An activity's last answer, asked for here or, where it takes long, by `poll_step`."""
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
    """The first answer that is no "wait", with the number of polls; None after so many polls.

    Counts polls and breakdowns in `question`, so that another history can go on with it.
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
    except Exception:  # noqa: BLE001 - the SDK knows no other type, and its text may quote data
        question["breakdowns"] = question.get("breakdowns", 0) + 1
        publishing = activity == "publish_result"
        if question["breakdowns"] < (PUBLISH_BREAKDOWNS if publishing else BREAKDOWNS):
            return {"kind": "wait", "after": BREAKDOWN_PAUSE, "reason": f"{activity} broke down"}
        if not publishing:
            return {"kind": "ended", "verdict": _broken(activity)}
    else:
        question["breakdowns"] = 0
        return answer
    # No result can be written. An orchestration that fails is reported, and the sweep starts the
    # feed again; one that asks for ever would look as if it ran.
    raise TerminalError(f"publish_result broke down {PUBLISH_BREAKDOWNS} times.")


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
        f"The step {activity} broke down {BREAKDOWNS} times. Look for its exceptions in the app's"
        " logs; a function time-out or an instance out of memory are the usual causes."
    )
    return _failed("step-broke-down", message)


def _failed(code: str, message: str) -> Json:
    error = RunError(code=code, message=message)
    return plain(Verdict(outcome=Outcome.FAILED, summary=message, error=error))
