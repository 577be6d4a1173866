"""Taking stock of a feed's landing folder."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sync_core.activities.activity import activity, log
from sync_core.activities.context import ActivityContext
from sync_core.activities.verdicts import failed, fault_location
from sync_core.activities.waiting import backoff
from sync_core.landing.candidates import Candidate, unsettled
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
"""How many older drops get a result of their own when a newer one overtakes them. A feed that is
switched on late may have months of folders lying there."""


class Expected(NamedTuple):
    """The files without which no set of a feed is complete.

    `always`: the format's and the target's. `before`: those of the last set that was started,
    besides. The service expects the same files every time, and deactivates whoever stands in
    one that is missing: docs/service-facts.md#whole-sets
    """

    always: frozenset[str]
    before: frozenset[str]


@activity(needs_settings=False)
def gather_file_set(context: ActivityContext) -> Answer:
    """The newest complete export that has no result yet, or what is still waited for.

    What lands for a feed whose settings are wrong ends with a result that says so.
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
    candidates = unsettled(
        services.landing, context.question.feed, context.format, services.settled
    )
    for candidate in candidates:
        found = _completeness(context, candidate, expected)
        if found.complete:
            return _chosen(candidate, _older(candidates))
        waiting.append((candidate, found))
    if not waiting:
        return Gathered()
    return _still_waiting(context, waiting)


def _quarantined(context: ActivityContext, fault: SettingsError) -> Answer:
    """One result without files for what has landed: once the settings are right, it is run."""
    if not isinstance(fault, FeedQuarantinedError):
        raise fault
    feed = context.question.feed
    landed = [blob.modified for blob in context.services.landing.listing(feed)]
    if not landed:
        return Gathered()
    # Six files are one export, and are told of once.
    still_in = max(landed) + context.feed.quiet_seconds - context.question.now
    if still_in > 0:
        return Wait(max(still_in, 1.0), str(fault))
    files = FileSet(feed=feed, place="", landed_at=max(landed), files=())
    if context.services.settled(files):
        return Gathered()
    log.error("step gather_file_set of feed %s: %s", feed, fault)
    return Ended(failed(fault), files)


def _chosen(candidate: Candidate, older: Sequence[FileSet]) -> Answer:
    if candidate.problem is not None:
        error = RunError(code=candidate.problem.code, message=str(candidate.problem))
        verdict = Verdict(outcome=Outcome.REJECTED, summary=str(candidate.problem), error=error)
        return Ended(verdict, candidate.files, tuple(older))
    return Gathered(candidate.files, tuple(older))


def _older(rest: Iterator[Candidate]) -> list[FileSet]:
    return [candidate.files for candidate in islice(rest, MAX_SUPERSEDED)]


def _completeness(
    context: ActivityContext, candidate: Candidate, expected: Expected
) -> Completeness:
    feed, question = context.feed, context.question
    if candidate.problem is not None:
        # A zip that cannot be opened may still be being written; a still one will not mend itself.
        wait = candidate.drop.landed_at + feed.quiet_seconds - question.now
        return Completeness(wait <= 0, ("a zip that can be opened",), max(wait, 0.0))
    # A manifest is the exporter's own word on what belongs to a set, so it may drop a file.
    before = frozenset() if candidate.manifest else expected.before
    found = assess(
        candidate.drop,
        expected.always | before,
        context.format,
        manifest=candidate.manifest,
        require_marker=feed.require_marker,
        quiet_seconds=feed.quiet_seconds,
        max_spread_seconds=feed.max_spread_seconds,
        now=question.now,
    )
    if expected.before & set(found.missing):
        return found._replace(missing=tuple(_named(name, expected) for name in found.missing))
    if found.complete and isinstance(candidate.manifest, Manifest):
        wrong = context.services.landing.differing_hashes(candidate.files, candidate.manifest)
        return Completeness(not wrong, wrong)
    return found


def is_current(context: ActivityContext) -> bool:
    """Whether the run's files are what they were, and no newer export is complete."""
    # Asked at every step, so it costs one request where nothing has landed since.
    listing = context.services.landing.listing(context.question.feed)
    return still_there(context.question.file_set, listing) and not overtaken(context, listing)


def overtaken(context: ActivityContext, listing: Sequence[LandedBlob] | None = None) -> bool:
    """Whether a newer export than the run's is complete."""
    ours, services = context.question.file_set.generation, context.services

    def settled(files: FileSet) -> bool:
        # The run's own set ends the search in either context.
        return files.generation != ours and services.settled(files)

    newer = unsettled(services.landing, context.question.feed, context.format, settled, listing)
    expected: Expected | None = None
    for candidate in newer:
        if candidate.files.generation == ours:
            return False
        expected = expected or expected_files(context)
        if _completeness(context, candidate, expected).complete:
            return True
    return False


def more_has_landed(context: ActivityContext) -> bool:
    """Whether an export lies there that has no result yet.

    False where nobody can tell: the sweep looks again, and this must not keep a result back.
    """
    try:
        candidates = unsettled(
            context.services.landing,
            context.question.feed,
            context.format,
            context.services.settled,
        )
        return next(candidates, None) is not None
    except SupersededError:
        return True
    except Exception as fault:  # noqa: BLE001 - whatever is wrong, the result goes out
        log.warning(
            "feed %s could not be looked at again: %s", context.question.feed, fault_location(fault)
        )
        return False


def expected_files(context: ActivityContext) -> Expected:
    """What this feed's next set has to hold."""
    always = context.format.required_files()
    for group, members in context.format.groups.items():
        if group in context.feed.kind.required_groups:
            always |= members
    last = context.services.results.decoded(paths.started(context.feed.name), RunResult)
    if last is None or last.format != context.feed.format:
        return Expected(always, frozenset())
    return Expected(always, frozenset(file.name for file in last.files) - always)


def _named(missing: str, expected: Expected) -> str:
    return f"{missing} (the last set had it)" if missing in expected.before else missing


def _still_waiting(
    context: ActivityContext, waiting: Sequence[tuple[Candidate, Completeness]]
) -> Answer:
    feed, question = context.feed, context.question
    candidate, found = waiting[0]
    left = question.since + feed.set_deadline_seconds - question.now
    reason = f"Waiting for {', '.join(found.missing)}."
    if found.wait is not None and left + feed.quiet_seconds > 0:
        return Wait(max(found.wait, 1.0), reason)
    if left <= 0:
        verdict = Verdict(outcome=Outcome.INCOMPLETE, missing=found.missing)
        older = tuple(other.files for other, _ in waiting[1 : 1 + MAX_SUPERSEDED])
        return Ended(verdict, candidate.files, older)
    # Files of one export land close together: a look costs a listing, a long wait costs the night.
    cap = max(feed.quiet_seconds, feed.poll_seconds)
    after = backoff(question, first=feed.poll_seconds, cap=cap)
    return Wait(min(after, max(left, 1.0)), reason)
