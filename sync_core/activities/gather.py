"""Finds the export to run in a feed's landing folder."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from sync_core.activities.activity import activity, log
from sync_core.activities.context import ActivityContext
from sync_core.activities.verdicts import failed, fault_location
from sync_core.activities.waiting import backoff
from sync_core.landing.candidates import Candidate, exports_without_result
from sync_core.landing.exports import Completeness, LandedBlob, Manifest, assess
from sync_core.landing.fileset import FileSet
from sync_core.landing.reading import still_there
from sync_core.model.documents import RunError, RunResult
from sync_core.model.errors import (
    FeedQuarantinedError,
    SettingsError,
    SupersededError,
    TransientError,
)
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Ended, Gathered, Verdict, Wait
from sync_core.results import paths

MAX_SUPERSEDED = 10
"""How many older exports get a `superseded` result. A feed that is enabled late may have months of
old folders."""


class Expected(NamedTuple):
    """The files that an export of a feed must contain.

    `always`: required by the format or the target. `before`: the other files of the last set whose
    sync was started. The service expects the same files every time
    (docs/service-facts.md#whole-sets): people who are only in a missing file are deactivated.
    """

    always: frozenset[str]
    before: frozenset[str]


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
    services = context.services
    expected = expected_files(context)
    waiting: list[tuple[Candidate, Completeness]] = []
    candidates = exports_without_result(
        services.landing, context.question.feed, context.format, services.has_result
    )
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
    return _wait_or_give_up(context, waiting) if waiting else Gathered()


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

    newer = exports_without_result(
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


def more_has_landed(context: ActivityContext) -> bool:
    """Whether the landing folder contains an export that has no result.

    False if the folder cannot be read: the sweep checks again, and a result must not be delayed.
    """
    try:
        candidates = exports_without_result(
            context.services.landing,
            context.question.feed,
            context.format,
            context.services.has_result,
        )
        return next(candidates, None) is not None
    except SupersededError:
        return True
    except Exception as fault:  # noqa: BLE001 - no fault here may delay the result
        log.warning(
            "feed %s: could not check for newer exports (%s); the sweep checks again",
            context.question.feed,
            fault_location(fault),
        )
        return False


def expected_files(context: ActivityContext) -> Expected:
    """The files that the feed's next export must contain."""
    always = context.format.required_files()
    for group, members in context.format.groups.items():
        if group in context.feed.kind.required_groups:
            always |= members
    last = context.services.results.decoded(paths.started(context.feed.name), RunResult)
    if last is None or last.format != context.feed.format:
        return Expected(always, frozenset())
    return Expected(always, frozenset(file.name for file in last.files) - always)


def _wait_or_give_up(
    context: ActivityContext, waiting: Sequence[tuple[Candidate, Completeness]]
) -> Answer:
    feed, question = context.feed, context.question
    candidate, found = waiting[0]
    left = question.since + feed.set_deadline_seconds - question.now
    reason = found.reason or f"Waiting for {', '.join(found.missing)}."
    if found.wait is not None and left + feed.quiet_seconds > 0:
        return Wait(max(found.wait, 1.0), reason)
    if left <= 0:
        verdict = Verdict(outcome=Outcome.INCOMPLETE, missing=found.missing)
        older = tuple(other.files for other, _ in waiting[1 : 1 + MAX_SUPERSEDED])
        return Ended(verdict, candidate.files, older)
    # The files of an export land close together, and a listing is cheap, so the wait stays short.
    cap = max(feed.quiet_seconds, feed.poll_seconds)
    after = backoff(question, first=feed.poll_seconds, cap=cap)
    return Wait(min(after, max(left, 1.0)), reason)
