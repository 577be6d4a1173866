"""What a person may decide about a held, unknown or paused run, and what a decision means.

Pure functions. `decision_store` keeps the records. Times are RFC 3339 in UTC with milliseconds, so
that they sort as text.
"""

from typing import Literal, NamedTuple

import msgspec

from sync_core.model.errors import TerminalError
from sync_core.model.holds import Decision, Hold, Pause, Settlement
from sync_core.model.outcomes import Outcome

DAY_SECONDS = 86_400
MAX_REMINDERS = 7
"""After a week, a hold that nobody decides about is known, and more messages would be ignored."""


class DecisionError(TerminalError):
    """A decision that cannot be made."""

    code = "decision-not-possible"


class NotHeldError(DecisionError):
    """The run was not held."""

    code = "not-held"


class AlreadyDecidedError(DecisionError):
    """There is a decision about this run."""

    code = "already-decided"


class HoldVoidError(DecisionError):
    """A newer export has landed, so nothing can be decided about this one any more."""

    code = "hold-void"


class FilesChangedError(DecisionError):
    """The files of the run are not those that were held."""

    code = "files-changed"


class NotUnknownError(DecisionError):
    """It is known whether the sync of the run started."""

    code = "not-unknown"


class NotPausedError(DecisionError):
    """The feed is not paused."""

    code = "not-paused"


class Signed(NamedTuple):
    """Who decides, when and why."""

    by: str
    at: str
    reason: str = ""


class RunReference(NamedTuple):
    """One run of a feed, and the generation that it is about."""

    feed: str
    run: str
    generation: str


class HeldRun(NamedTuple):
    """What is known of a run at the time of a decision.

    `hold` is None if the run was not held. `newest` is the run of the newest complete export of the
    feed. `generation` is that of the run's files as they are now, None if they are gone.
    """

    feed: str
    run: str
    hold: Hold | None
    decision: Decision | None
    newest: str
    generation: str | None


HoldState = Literal["undecided", "approved", "rejected", "void"]


def decided(held: HeldRun, decision: Literal["approved", "rejected"], signed: Signed) -> Decision:
    """The record of an approval or a rejection. Raises a DecisionError if it is not possible."""
    hold = held.hold
    if hold is None:
        raise NotHeldError(
            f"The run {held.run} of the feed {held.feed} was not held, so there is nothing to"
            " decide. Check the run's id in the message about the hold."
        )
    if held.decision is not None:
        raise already_decided(held.decision)
    if is_newer(held.newest, held.run):
        raise HoldVoidError(
            f"The run {held.run} of the feed {held.feed} cannot be {decision} any more: a newer"
            f" export has landed, whose run is {held.newest}. Look at the result of that run."
        )
    if held.generation != hold.generation:
        raise FilesChangedError(
            f"The files of the run {held.run} of the feed {held.feed} were changed or deleted after"
            " it was held. Deliver the export again; it will have a run of its own."
        )
    return Decision(
        feed=held.feed,
        run=held.run,
        generation=hold.generation,
        decision=decision,
        by=signed.by,
        reason=signed.reason,
        decided_at=signed.at,
    )


def already_decided(decision: Decision) -> AlreadyDecidedError:
    """The error for a second decision about a run."""
    return AlreadyDecidedError(
        f"The run {decision.run} of the feed {decision.feed} was {decision.decision} by"
        f" {decision.by} at {decision.decided_at}. A decision cannot be changed: deliver the export"
        " again for a new run."
    )


def state_of(hold: Hold, decision: Decision | None, newest: str) -> HoldState:
    """What holds now. `newest` is the run of the newest complete export of the feed.

    A newer export voids an approval that has not led to a run yet. A decision about other files
    than those that were held counts for nothing.
    """
    if is_newer(newest, hold.run):
        return "void"
    if decision is None or (decision.run, decision.generation) != (hold.run, hold.generation):
        return "undecided"
    return decision.decision


def is_newer(run: str, other: str) -> bool:
    """Whether a run is about a newer export. Ids of runs begin with the time of their export."""
    return run > other and not run.startswith(f"{other}-")


def reminders_due(held_at: float, now: float) -> int:
    """How many reminders should have been sent: one a day, `MAX_REMINDERS` at most."""
    return max(0, min(int((now - held_at) // DAY_SECONDS), MAX_REMINDERS))


def settled(
    ended: RunReference,
    outcome: Outcome,
    known: Settlement | None,
    signed: Signed,
    *,
    started: bool,
) -> Settlement:
    """The record of a settlement. `known` is an earlier one of the same run.

    Raises a DecisionError if the run did not end as `unknown`, or was settled before.
    """
    if outcome is not Outcome.UNKNOWN:
        raise NotUnknownError(
            f"The run {ended.run} of the feed {ended.feed} ended as {outcome}, so it is known"
            " whether its sync started. Only a run that ended as unknown can be settled."
        )
    if known is not None:
        raise already_settled(known)
    return Settlement(
        feed=ended.feed,
        run=ended.run,
        generation=ended.generation,
        started=started,
        by=signed.by,
        reason=signed.reason,
        settled_at=signed.at,
    )


def already_settled(known: Settlement) -> AlreadyDecidedError:
    """The error for a second settlement of a run."""
    found = "started" if known.started else "not started"
    return AlreadyDecidedError(
        f"The run {known.run} of the feed {known.feed} was settled as {found} by {known.by} at"
        f" {known.settled_at}. A settlement cannot be changed."
    )


def paused(feed: str, signed: Signed, until: str | None = None) -> Pause:
    """The record of a pause. It replaces an earlier one, for example to change its end."""
    if until is not None and until <= signed.at:
        raise DecisionError(
            f"The feed {feed} cannot be paused until {until}: that time has passed. Name a later"
            " time, or leave it out to pause the feed until it is resumed."
        )
    return Pause(
        feed=feed, paused_by=signed.by, paused_at=signed.at, until=until, reason=signed.reason
    )


def resumed(feed: str, pause: Pause | None, signed: Signed) -> Pause:
    """The record of a pause that ends now. Raises NotPausedError if there is none."""
    if pause is None or not is_paused(pause, signed.at):
        raise NotPausedError(f"The feed {feed} is not paused, so there is nothing to resume.")
    return msgspec.structs.replace(
        pause, resumed_by=signed.by, resumed_at=signed.at, resume_reason=signed.reason
    )


def is_paused(pause: Pause | None, at: str) -> bool:
    """Whether a feed is paused at a time."""
    if pause is None or pause.resumed_at is not None:
        return False
    return pause.until is None or at < pause.until
