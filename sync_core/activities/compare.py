"""Compares a file set with the baseline of its feed, and holds it if a guard's limit is reached."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from sync_core.activities.activity import activity
from sync_core.activities.baselines import known_from_results, last_sync, proposed, series_of
from sync_core.activities.context import ActivityContext
from sync_core.activities.gather import is_current
from sync_core.activities.validate import ValidationRecord, collected
from sync_core.guards.decisions import RunReference, is_paused
from sync_core.model.documents import TargetReference, rfc3339
from sync_core.model.errors import SupersededError, TerminalError
from sync_core.model.holds import Decision, PreviewLine, Trip
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import DRY_RUN
from sync_core.orchestration.steps import Answer, Compared, Ended, Verdict
from sync_core.report import LastSync
from sync_core.results import paths

if TYPE_CHECKING:
    # Only for types: these modules load numpy.
    from sync_core.guards.baseline import Baseline
    from sync_core.guards.rules import Comparison

PAUSED = "paused"
"""Stands in a hold for a pause. It is no guard: nothing is measured, and no setting changes it."""


class NotApprovedError(TerminalError):
    """A run that needs an approval has none."""

    code = "not-approved"


class TargetChangedError(TerminalError):
    """The feed has another target or format than the one that a step has begun with."""

    code = "target-changed"


class GuardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the guards, as `steps/guards.json`, which publishing reads.

    `target` and `format` are the feed's when the guards were asked; records of earlier versions
    have neither. `compared_with` is the run of the baseline. `before` describes the last sync, and
    is None if its format differs. `trips` are the reasons to hold the run; `held_at` is when they
    were found. `approval` is the decision that allows the run to continue. `changes` are the
    numbers of each kind in the whole feed and in schools, of which `schools_left_out` are not
    listed; the earlier numbers are 0 if there is nothing to compare with.
    """

    held_at: str
    target: TargetReference | None = None
    format: str | None = None
    compared_with: str | None = None
    before: LastSync | None = None
    trips: tuple[Trip, ...] = ()
    approval: Decision | None = None
    changes: tuple[PreviewLine, ...] = ()
    schools_left_out: int = 0


@activity()
def compare_with_baseline(context: ActivityContext) -> Answer:
    """Hold the run if a guard's limit is reached or the feed is paused. Nothing is uploaded before.

    The guards have let an approved run continue, so they are not asked again. A dry run continues,
    and its result says that it would be held. A superseded run is not held. One that continues is
    checked for newer files by the steps after this one.
    """
    files = context.question.file_set
    record = _approved(context) if files.approves else _compared(context)
    record = msgspec.structs.replace(
        record, target=context.target_reference, format=context.feed.format
    )
    if trip := pause_now(context):
        _check_current(context)
        record = msgspec.structs.replace(record, trips=(*record.trips, trip))
    context.services.results.write(paths.guard_record(files), msgspec.json.encode(record))
    if record.trips and context.feed.kind is not DRY_RUN:
        return Ended(Verdict(outcome=Outcome.HELD))
    return Compared()


def _approved(context: ActivityContext) -> GuardRecord:
    files = context.question.file_set
    decision = context.services.decisions.decision(files.feed, files.approves)
    if (
        decision is None
        or decision.decision != "approved"
        or decision.generation != files.generation
    ):
        raise NotApprovedError(
            f"The run {files.approves} is not approved for these files. Deliver the export again."
        )
    held = RunReference(files.feed, files.approves, files.generation)
    asked = context.services.results.decoded(paths.guard_record(held), GuardRecord)
    if asked is not None and is_for_another(context, asked.target, asked.format):
        raise NotApprovedError(
            f"The feed's target or format was changed after the run {files.approves} was held, so"
            " its approval is void. Deliver the export again; the guards then compare it again."
        )
    return GuardRecord(held_at=_held_at(context), approval=decision)


def is_for_another(
    context: ActivityContext, target: TargetReference | None, format_name: str | None
) -> bool:
    """Whether this is another target or format than the feed's now. None is not known."""
    same_target = target in {None, context.target_reference}
    return not same_target or format_name not in {None, context.feed.format}


def _compared(context: ActivityContext) -> GuardRecord:
    from sync_core.guards.hold import comparison
    from sync_core.guards.preview import numbers, overview
    from sync_core.guards.rules import evaluate

    feed, baselines, format_name = context.feed, context.services.baselines, context.format.name
    series = series_of(feed)
    nights = baselines.nights(series)
    before = nights.latest(baselines.key(feed.name)) if nights.names else None
    known = before or known_from_results(context)
    kept = baselines.proposed(series, context.question.file_set.generation)
    if kept is not None and is_for_another(context, kept.summary.target, kept.summary.format):
        raise TargetChangedError(
            "The feed's target or format was changed after the export was validated. Nothing was"
            " uploaded. Deliver the export again."
        )
    if known is None:
        changes, left_out = numbers(None, kept.population, format_name) if kept else ((), 0)
        return GuardRecord(held_at=_held_at(context), changes=changes, schools_left_out=left_out)
    now = kept or _again(context)
    # What is usual is asked only about a set with errors or warnings.
    is_clean = not now.summary.errors and not now.summary.warnings
    earlier = () if is_clean else nights.summaries(last=feed.keep_nights)
    found = comparison(known, now, earlier)
    trips = evaluate(found, feed.guards)
    if trips:
        _check_current(context)
        _write_preview(context, before, found)
    if before is not None and before.summary.format == format_name:
        changes, left_out = overview(found.difference, found.places, format_name)
    else:
        changes, left_out = numbers(None, now.population, format_name)
    return GuardRecord(
        held_at=_held_at(context),
        compared_with=before.summary.run if before else None,
        before=last_sync(found.before) if found.before.format == feed.format else None,
        trips=trips,
        changes=changes,
        schools_left_out=left_out,
    )


def _again(context: ActivityContext) -> "Baseline":
    """Read who is in the file set a second time, because what validation left is not there."""
    record = context.services.results.decoded(
        paths.validation_record(context.question.file_set), ValidationRecord
    )
    if record is None:
        raise TerminalError("The record of the validation is missing. Deliver the export again.")
    return proposed(context, collected(context), record.rows, record.findings)


def _write_preview(
    context: ActivityContext, before: "Baseline | None", found: "Comparison"
) -> None:
    """Write what the export would change. Only a second reading has the line numbers.

    Empty if there is no baseline of this format.
    """
    from sync_core.guards.places import Places
    from sync_core.guards.preview import preview

    format_name = context.format.name
    lines: Iterable[PreviewLine] = ()
    if before is not None and before.summary.format == format_name:
        now = collected(context).population()
        places = Places(before.population, now, format_name)
        lines = preview(before.population, now, found.difference, places, format_name)
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    context.services.results.write(
        paths.preview(context.question.file_set), body, content_type="application/x-ndjson"
    )


def _check_current(context: ActivityContext) -> None:
    if not is_current(context):
        raise SupersededError("Newer files have landed.")


def _held_at(context: ActivityContext) -> str:
    """When the step began: a repeated call must tell the same time."""
    return rfc3339(context.question.since)


def pause_now(context: ActivityContext) -> Trip | None:
    """The reason to hold a run of a feed that is paused now, otherwise None."""
    pause = context.services.decisions.pause(context.feed.name)
    if pause is None or not is_paused(pause, rfc3339(context.question.now)):
        return None
    end = f" until {pause.until}" if pause.until else ""
    wait = f", or wait until {pause.until}" if pause.until else ""
    return Trip(
        guard=PAUSED,
        count=1,
        of=1,
        sentence=f"The feed has been paused since {pause.paused_at}{end}, so nothing is synced.",
        advice=f"Resume the feed with: sis-sync resume {pause.feed} --by NAME{wait}. Then approve"
        " this run, or wait for the next export.",
    )
