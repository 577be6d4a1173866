"""The orchestrations: generators over values, replayed from history, without a clock or an effect.

`sync_feed` is the run of a feed; it reads like the way of the data. The others are one loop, asked
for by different names: ask an activity, and while it says "wait", sleep on a durable timer. They
start a new history every `POLLS_PER_HISTORY` polls. How long to wait and when to give up is said by
the activities, so that no change of settings can part a history from the code.

Only what the durable SDK's versions 1 and 2 share is used, no external event, and no timer is ever
left open (an open one would keep a finished run from ending).
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from sync_core.errors import SettingsError
from sync_core.landing.fileset import FileSet
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError, Step, StepName, rfc3339
from sync_core.steps import Json, Verdict, plain

Context = Any
"""The SDK's `DurableOrchestrationContext`; the SDK ships no types."""

Steps = Generator[Any, Any, Json]

POLLS_PER_HISTORY = 20
LONGEST_TIMER = timedelta(days=6)
"""What the durable runtime takes as one timer."""

EARLY = timedelta(seconds=1)
"""How much too early a timer may fire. Whoever asks before it is time has to wait again, and a wait
of a second may end at once."""

BREAKDOWNS = 5
"""How often an activity may break down (time-out, lost machine) before its run ends."""

BREAKDOWN_PAUSE = 60.0


def sync_feed(context: Context) -> Steps:
    """One run over the newest export of a feed; then, if something newer has landed, the next."""
    feed = context.get_input()["feed"]
    run = Run(context, feed)
    gathered = yield from run.step("gather", "gather_file_set")
    for older in gathered.get("superseded", ()):
        yield from run.publish(older, _superseded())
    if run.files is None:
        return (yield from run.end_without_files())
    yield from run.step("validate", "take_step", "validate_file_set")
    yield from run.step("ready", "await_target")
    yield from run.step("upload", "take_step", "upload_file_set")
    yield from run.step("verify", "take_step", "verify_upload")
    yield from run.step("start", "take_step", "start_sync")
    published = yield from run.publish(run.files, run.final_verdict())
    if published["follow"]:
        yield context.call_sub_orchestrator("follow_sync", {"feed": feed, "files": run.files})
    if (yield from _more_has_landed(context, feed)):
        context.continue_as_new({"feed": feed})
    return published


def gather_file_set(context: Context) -> Steps:
    """Wait until an export of the feed is complete and still, or its deadline has passed."""
    return (yield from _poll(context, "take_stock"))


def await_target(context: Context) -> Steps:
    """Wait until the target is ready, will never be, or its deadline has passed."""
    return (yield from _poll(context, "check_readiness"))


def follow_sync(context: Context) -> Steps:
    """Watch a sync that has started until it has ended."""
    return (yield from _poll(context, "check_progress"))


def take_step(context: Context) -> Steps:
    """Any other activity, asked until it no longer says "wait"."""
    return (yield from _poll(context, context.get_input()["activity"]))


class Run:
    """One pass: which file set it has found, the steps it took, and how it ends, once it does."""

    def __init__(self, context: Context, feed: str) -> None:
        self._context = context
        self._feed = feed
        self._began = context.current_utc_datetime.timestamp()
        self._steps: list[Json] = []
        self.files: Json | None = None
        self.verdict: Json | None = None

    def step(
        self,
        name: StepName,
        orchestrator: str,
        activity: str | None = None,
    ) -> Steps:
        """One step, unless the run has ended already. What it found, and how long it took."""
        if self.verdict is not None:
            return {}
        began = self._context.current_utc_datetime
        self._context.set_custom_status({"step": name})
        answer = yield self._context.call_sub_orchestrator(orchestrator, self._question(activity))
        self._steps.append(_step(name, began, self._context.current_utc_datetime, answer["polls"]))
        if answer["kind"] == "ended":
            self.verdict = answer["verdict"]
        found: Json = answer if answer["kind"] == "ended" else answer["value"]
        self.files = self.files or found.get("files")
        return found

    def publish(self, files: Json, verdict: Json) -> Steps:
        """The final result of a file set. Asked for until it is there."""
        question = {
            "activity": "publish_result",
            "feed": self._feed,
            "files": files,
            "verdict": verdict,
            "steps": self._steps if files == self.files else [],
            "startedAt": self._began,
        }
        answer = yield self._context.call_sub_orchestrator("take_step", question)
        published: Json = answer["value"]
        return published

    def end_without_files(self) -> Steps:
        """Nothing to do, or nothing could be looked at; only the latter is worth a result."""
        if self.verdict is None:
            return {"feed": self._feed, "outcome": None}
        if self.verdict["error"]["code"] == SettingsError.code:
            return {"feed": self._feed, "outcome": self.verdict["outcome"]}
        nothing = FileSet(feed=self._feed, place="", landed_at=self._began, files=())
        return (yield from self.publish(plain(nothing), self.verdict))

    def final_verdict(self) -> Json:
        """How the run ends; a run whose last step did not end it has failed."""
        return self.verdict or _broken("start_sync")

    def _question(self, activity: str | None) -> Json:
        question: Json = {"feed": self._feed}
        if activity is not None:
            question["activity"] = activity
        if self.files is not None:
            question["files"] = self.files
        return question


def _poll(context: Context, activity: str) -> Steps:
    asked = context.get_input()
    question = {"since": context.current_utc_datetime.timestamp(), "polls": 0, **asked}
    for _ in range(POLLS_PER_HISTORY):
        answer = yield from _ask(context, activity, question)
        question["polls"] += 1
        if answer["kind"] != "wait":
            return {**answer, "polls": question["polls"]}
        context.set_custom_status({"activity": activity, "reason": answer["reason"]})
        pause = min(timedelta(seconds=answer["after"]) + EARLY, LONGEST_TIMER)
        yield context.create_timer(context.current_utc_datetime + pause)
    context.continue_as_new(question)
    return {}


def _ask(context: Context, activity: str, question: Json) -> Steps:
    asked = {**question, "now": context.current_utc_datetime.timestamp()}
    try:
        answer: Json = yield context.call_activity(activity, asked)
    except Exception:  # noqa: BLE001 - the SDK knows no other type, and its text may quote data
        question["breakdowns"] = question.get("breakdowns", 0) + 1
        # Publishing is what makes a run end with a result; it is never given up.
        if question["breakdowns"] < BREAKDOWNS or activity == "publish_result":
            return {"kind": "wait", "after": BREAKDOWN_PAUSE, "reason": f"{activity} broke down"}
        return {"kind": "ended", "verdict": _broken(activity)}
    return answer


def _more_has_landed(context: Context, feed: str) -> Generator[Any, Any, bool]:
    now = context.current_utc_datetime.timestamp()
    answer = yield from _ask(context, "take_stock", {"feed": feed, "since": now})
    return bool(answer["kind"] != "through" or answer["value"])


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


def _superseded() -> Json:
    return plain(Verdict(outcome=Outcome.SUPERSEDED))


def _broken(activity: str) -> Json:
    message = (
        f"The step {activity} broke down {BREAKDOWNS} times. Look for its exceptions in the app's"
        " logs; a function time-out or an instance out of memory are the usual causes."
    )
    error = RunError(code="step-broke-down", message=message)
    return plain(Verdict(outcome=Outcome.FAILED, summary=message, error=error))
