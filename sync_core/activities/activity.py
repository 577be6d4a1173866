"""The decorator of all activities: builds the context, and turns errors into answers."""

import functools
import logging
from collections.abc import Callable
from typing import Protocol

from sync_core.activities.context import ActivityContext, Emit, Services
from sync_core.activities.verdicts import OverdueError, ended_by, fault_location
from sync_core.activities.waiting import UNKNOWN_FEED, backoff, pace_of, retry_or_give_up
from sync_core.model.errors import (
    SettingsError,
    SisSyncError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.model.feeds import Feed
from sync_core.orchestration.steps import Answer, Ended, Question, Wait

log = logging.getLogger("sis_sync")

UNPUBLISHED_SECONDS = 21_600.0
"""If a result is not published within this time, a critical error is logged."""

NOT_ANNOUNCED = "result not announced"
"""Alert rules search for this text. The fields follow as key=value."""


class Activity(Protocol):
    """An activity as the app calls it. It never raises: errors become answers."""

    def __call__(self, services: Services, question: Question, emit: Emit = ...) -> Answer: ...


def activity(
    *, gives_up: bool = True, needs_settings: bool = True
) -> Callable[[Callable[[ActivityContext], Answer]], Activity]:
    """Turn a function of an `ActivityContext` into an activity.

    A transient error becomes a wait, a terminal error ends the run. With `gives_up=False`, the
    activity is retried after every error: a run must not end without a published result. With
    `needs_settings=False`, it is called even if the feed's settings are wrong or missing;
    `ActivityContext.fault` then says why.
    """

    def decorated(step: Callable[[ActivityContext], Answer]) -> Activity:
        @functools.wraps(step)
        def answer(services: Services, question: Question, emit: Emit = _discard) -> Answer:
            pace = UNKNOWN_FEED
            try:
                context = _context(services, question, emit, needs_settings=needs_settings)
                pace = pace_of(context.feed)
                return step(context)
            except TransientError as fault:
                if wait := retry_or_give_up(question, fault, pace):
                    return wait
                return ended_by(OverdueError(fault)) if gives_up else _later(question, fault)
            except TerminalError as fault:
                level = logging.INFO if isinstance(fault, SupersededError) else logging.ERROR
                log.log(level, "feed %s: step %s: %s", question.feed, step.__name__, fault)
                return _end(question, fault, gives_up=gives_up)
            except Exception as fault:  # noqa: BLE001 - a run never ends without a result
                where = fault_location(fault)
                # Neither the text nor a traceback is logged: both may quote a cell value.
                log.error("feed %s: step %s failed: %s", question.feed, step.__name__, where)  # noqa: TRY400
                failed = TerminalError(
                    f"The step {step.__name__} failed unexpectedly ({where}). Deliver the export"
                    " again; if this repeats, report the text in parentheses as a bug."
                )
                return _end(question, failed, gives_up=gives_up)

        return answer

    return decorated


def _context(
    services: Services, question: Question, emit: Emit, *, needs_settings: bool
) -> ActivityContext:
    stand_in = Feed(name=question.feed)
    try:
        settings = services.settings()
        stand_in = settings.stand_ins.get(question.feed, stand_in)
        return ActivityContext(services, question, settings.feed(question.feed), emit)
    except SettingsError as fault:
        if needs_settings:
            raise
        return ActivityContext(services, question, stand_in, emit, fault)


def _end(question: Question, fault: TerminalError, *, gives_up: bool) -> Ended | Wait:
    return ended_by(fault) if gives_up else _later(question, fault)


def _later(question: Question, fault: SisSyncError) -> Wait:
    if question.now - question.since >= UNPUBLISHED_SECONDS:
        run = question.files.run if question.files else "unknown"
        log.critical("%s feed=%s run=%s reason=%s", NOT_ANNOUNCED, question.feed, run, fault)
    after = backoff(question, first=UNKNOWN_FEED.first, cap=UNKNOWN_FEED.cap)
    return Wait(after, str(fault))


def _discard(_message: str) -> None:
    """For activities without a queue output."""
