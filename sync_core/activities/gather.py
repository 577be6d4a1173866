"""Finds the export to run in a feed's landing folder."""

from collections.abc import Sequence
from itertools import islice

from sync_core.activities.activity import activity, log
from sync_core.activities.approvals import approved_set
from sync_core.activities.context import ActivityContext
from sync_core.activities.expected import Expected, expected_files, is_held_without
from sync_core.activities.foreign_files import with_foreign_formats
from sync_core.activities.unread_files import export_search, unread_files
from sync_core.activities.verdicts import failed, fault_location
from sync_core.activities.waiting import backoff
from sync_core.landing.candidates import Candidate, ExportSearch
from sync_core.landing.exports import Completeness, Export, LandedBlob, Manifest, assess
from sync_core.landing.fileset import FileSet
from sync_core.landing.leftovers import Leftover, found_files, instead_of
from sync_core.landing.reading import still_there
from sync_core.landing.unread import landing_of
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    FeedQuarantinedError,
    SettingsError,
    SupersededError,
    TransientError,
)
from sync_core.model.found import FoundFile
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Ended, Gathered, Verdict, Wait

MAX_SUPERSEDED = 10
"""How many older exports get a `superseded` result. A feed that is enabled late may have months of
old folders."""


@activity(needs_settings=False)
def gather_file_set(context: ActivityContext) -> Answer:
    """Find the newest complete export that has no result.

    If the settings of the feed are wrong, the run ends with a result that says so.
    """
    if context.fault is not None:
        return _quarantined(context, context.fault)
    try:
        return _gathered(context)
    except SupersededError as fault:
        raise TransientError(str(fault)) from None


def _gathered(context: ActivityContext) -> Answer:
    expected = expected_files(context)
    waiting: list[tuple[Candidate, Completeness]] = []
    search = export_search(context.services, context.feed)
    candidates = iter(search)
    for candidate in candidates:
        found = _completeness(context, candidate, expected)
        if not found.complete:
            waiting.append((candidate, found))
            continue
        older = tuple(other.files for other in islice(candidates, MAX_SUPERSEDED))
        if candidate.problem is None:
            return Gathered(candidate.files, older)
        error = RunError(code=candidate.problem.code, message=str(candidate.problem))
        verdict = Verdict(outcome=Outcome.REJECTED, summary=error.message, error=error)
        return Ended(verdict, candidate.files, older)
    approved = approved_set(context.services, context.feed, context.question.now, search.listing)
    if approved is not None:
        return Gathered(approved)
    if waiting:
        return _wait_or_give_up(context, waiting, expected, search.listing)
    return _wait_or_report(context, unread_files(context.services, context.feed, search), expected)


def _quarantined(context: ActivityContext, fault: SettingsError) -> Answer:
    """Publish one result without files, so that the export is run once the settings are fixed."""
    if not isinstance(fault, FeedQuarantinedError):
        raise fault
    feed = context.question.feed
    landed = [blob.modified for blob in context.services.landing.listing(feed)]
    if not landed:
        return Gathered()
    # Wait for the whole export, so that it gets one result and not one per file.
    wait = max(landed) + context.feed.quiet_seconds - context.question.now
    if wait > 0:
        return Wait(max(wait, 1.0), str(fault))
    files = FileSet(feed=feed, folder="", landed_at=max(landed), files=())
    if context.services.has_result(files):
        return Gathered()
    log.error("step gather_file_set of feed %s: %s", feed, fault)
    return Ended(failed(fault), files)


def _completeness(
    context: ActivityContext, candidate: Candidate, expected: Expected
) -> Completeness:
    feed, question = context.feed, context.question
    if candidate.problem is not None:
        # Its upload may not have finished. If it has not changed for a while, it is damaged.
        wait = candidate.export.landed_at + feed.quiet_seconds - question.now
        return Completeness(wait <= 0, ("a zip that is complete and readable",), max(wait, 0.0))
    # A manifest defines which files belong to the set, so it may leave out a file of the last one.
    before = frozenset() if candidate.manifest else expected.before
    found = assess(
        candidate.export,
        expected.always | before,
        context.format,
        manifest=candidate.manifest,
        require_marker=feed.require_marker,
        quiet_seconds=feed.quiet_seconds,
        max_spread_seconds=feed.max_spread_seconds,
        now=question.now,
    )
    if expected.before & set(found.missing):
        named = (
            f"{name} (was in the last export)" if name in expected.before else name
            for name in found.missing
        )
        return found._replace(missing=tuple(named))
    if found.complete and isinstance(candidate.manifest, Manifest):
        wrong = context.services.landing.differing_hashes(candidate.files, candidate.manifest)
        return Completeness(not wrong, wrong)
    return found


def is_current(context: ActivityContext) -> bool:
    """Whether the run's files are unchanged and no newer export is complete."""
    # Called in every step. It takes one request if nothing has landed since the run began.
    listing = context.services.landing.listing(context.question.feed)
    return still_there(context.question.file_set, listing) and not newer_export_is_complete(
        context, listing
    )


def newer_export_is_complete(
    context: ActivityContext, listing: Sequence[LandedBlob] | None = None
) -> bool:
    """Whether an export that is newer than the run's is complete."""
    ours, services = context.question.file_set.generation, context.services

    def has_result(files: FileSet) -> bool:
        # The run's own set must be yielded even if it has a result: the search below ends there.
        return files.generation != ours and services.has_result(files)

    newer = ExportSearch(
        services.landing, context.question.feed, context.format, has_result, listing
    )
    expected: Expected | None = None
    for candidate in newer:
        if candidate.files.generation == ours:
            return False
        expected = expected or expected_files(context)
        if _completeness(context, candidate, expected).complete:
            return True
    return False


def more_has_landed(
    context: ActivityContext, *, done: FileSet | None = None, may_hold: bool = True
) -> bool:
    """Whether the landing folder contains an export or another landing that has no result.

    `done` is known to have one. `may_hold` is False if the feed is known to have no open hold.
    False if the folder cannot be read: the sweep checks again, and a result must not be delayed.
    """
    try:
        search = export_search(context.services, context.feed, done)
        if next(iter(search), None) is not None:
            return True
        if unread_files(context.services, context.feed, search):
            return True
        now = context.question.now
        return may_hold and bool(approved_set(context.services, context.feed, now, search.listing))
    except SupersededError:
        return True
    except Exception as fault:  # noqa: BLE001 - no fault here may delay the result
        log.warning(
            "feed %s: could not check for newer exports (%s); the sweep checks again",
            context.question.feed,
            fault_location(fault),
        )
        return False


def _wait_or_give_up(
    context: ActivityContext,
    waiting: Sequence[tuple[Candidate, Completeness]],
    expected: Expected,
    listing: Sequence[LandedBlob],
) -> Answer:
    feed = context.feed
    candidate, found = waiting[0]
    older = tuple(other.files for other, _ in waiting[1 : 1 + MAX_SUPERSEDED])
    left = _seconds_left(context)
    if left <= 0:
        found = _without_optional_files(context, candidate, expected) or found
        if found.complete:
            return Gathered(candidate.files, older)
    reason = found.reason or f"Waiting for {', '.join(found.missing)}."
    if found.wait is not None and left + feed.quiet_seconds > 0:
        return Wait(max(found.wait, 1.0), reason)
    if left > 0:
        return _look_again(context, left, reason)
    named, left_out = _found_instead(context, candidate.export, found.missing, listing)
    verdict = Verdict(
        outcome=Outcome.INCOMPLETE, missing=found.missing, found=named, found_left_out=left_out
    )
    return Ended(verdict, candidate.files, older)


def _without_optional_files(
    context: ActivityContext, candidate: Candidate, expected: Expected
) -> Completeness | None:
    """Whether a set is complete but for optional files that a guard will hold it for.

    None if it lacks no such file, or something else too.
    """
    gone = expected.before - candidate.export.files.keys()
    if not is_held_without(context, gone):
        return None
    found = _completeness(context, candidate, expected._replace(before=expected.before - gone))
    return found if found.complete or found.wait is not None else None


def _found_instead(
    context: ActivityContext,
    export: Export,
    missing: Sequence[str],
    listing: Sequence[LandedBlob],
) -> tuple[tuple[FoundFile, ...], int]:
    """Files in the feed's folder that may be the missing ones, and the number of others."""
    fmt = context.format
    specs = (fmt.file(entry.partition(" (")[0]) for entry in missing)
    names = frozenset(spec.name for spec in specs if spec) - export.files.keys()
    since = export.landed_at - (
        context.feed.max_spread_seconds or context.feed.set_deadline_seconds
    )
    found = with_foreign_formats(context, instead_of(export, names, listing, fmt, since=since))
    return found_files(found, fmt, names)


def _wait_or_report(
    context: ActivityContext, new: Sequence[Leftover], expected: Expected
) -> Answer:
    """Wait for an export as long as nothing but other files is there, then report these files."""
    if not new:
        return Gathered()
    left = _seconds_left(context)
    known = new if left > 0 else with_foreign_formats(context, new)
    named, left_out = found_files(known, context.format, expected.always)
    if left > 0:
        first = f"{named[0].name} {named[0].description}"
        return _look_again(context, left, f"No file of the set has landed. {first}.")
    verdict = Verdict(
        outcome=Outcome.INCOMPLETE,
        missing=tuple(sorted(expected.always)),
        found=named,
        found_left_out=left_out,
    )
    return Ended(verdict, landing_of(context.question.feed, new))


def _seconds_left(context: ActivityContext) -> float:
    """Seconds until the set's deadline, which counts from the first look."""
    question = context.question
    return question.since + context.feed.set_deadline_seconds - question.now


def _look_again(context: ActivityContext, left: float, reason: str) -> Wait:
    # The files of an export land close together, and a listing is cheap, so the wait stays short.
    feed = context.feed
    cap = max(feed.quiet_seconds, feed.poll_seconds)
    after = backoff(context.question, first=feed.poll_seconds, cap=cap)
    return Wait(min(after, max(left, 1.0)), reason)
