"""Asks an activity until it no longer answers "wait", with a durable timer between two calls."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from sync_core.model.errors import TerminalError
from sync_core.orchestration.steps import (
    BREAKDOWNS,
    Answer,
    Answered,
    Ended,
    Publication,
    Task,
    Verdict,
    Wait,
    decoded_answer,
    failed_verdict,
    plain,
)

Context = Any
"""The SDK's `DurableOrchestrationContext`; the SDK ships no types."""

T = TypeVar("T")
DurableGenerator = Generator[Any, Any, T]
"""Yields what the durable runtime is to do, and returns a T."""

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


def ask_until_done(context: Context, task: Task, polls: int) -> DurableGenerator[Answered | Task]:
    """The first answer other than "wait", or after `polls` calls the task, to be continued."""
    for _ in range(polls):
        answer = yield from _ask(context, task)
        task = task.asked_again(broke_down=answer is None)
        answer = answer or _after_breakdown(task)
        if not isinstance(answer, Wait):
            return Answered(answer, task.question.polls)
        reason = answer.reason[:REASON_CHARACTERS]
        context.set_custom_status({"step": task.step, "reason": reason})
        pause = min(timedelta(seconds=answer.after) + EARLY, LONGEST_TIMER)
        yield context.create_timer(context.current_utc_datetime + pause)
    return task


def _ask(context: Context, task: Task) -> DurableGenerator[Answer | None]:
    """An activity's answer; None if it failed without one."""
    now = context.current_utc_datetime.timestamp()
    question = msgspec.structs.replace(task.question, now=now)
    try:
        document = yield context.call_activity(task.activity, plain(question))
    except Exception:  # noqa: BLE001 - the SDK knows no other type, and its text may quote data
        return None
    return decoded_answer(document)


def _after_breakdown(task: Task) -> Wait | Ended:
    """What to do after an activity failed without an answer: wait and retry, or give up.

    Raises TerminalError if publishing is given up.
    """
    publishing = isinstance(task.question, Publication)
    if task.question.breakdowns < (PUBLISH_BREAKDOWNS if publishing else BREAKDOWNS):
        return Wait(BREAKDOWN_PAUSE, f"{task.activity} broke down")
    if publishing:
        # No result can be written. An orchestration that fails is reported, and the sweep starts
        # the feed again. One that retries without end would look as if it were running.
        raise TerminalError(f"publish_result broke down {PUBLISH_BREAKDOWNS} times.")
    return Ended(_broken(task.activity))


def _broken(activity: str) -> Verdict:
    message = (
        f"The step {activity} failed {BREAKDOWNS} times. Check the app's logs for its exceptions;"
        " the usual causes are a function timeout or an instance that ran out of memory."
    )
    return failed_verdict("step-broke-down", message)
