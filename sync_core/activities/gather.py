"""Taking stock of a feed's landing folder."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sync_core.activities.room import (
    Case,
    answering_for_any_feed,
    failed,
    kind_of,
    log,
    started_name,
)
from sync_core.errors import FeedQuarantinedError, SettingsError, SupersededError, TransientError
from sync_core.landing.drops import Completeness, Manifest, assess
from sync_core.landing.fileset import FileSet
from sync_core.landing.stock import Candidate, unsettled
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError, RunResult
from sync_core.steps import Answer, Ended, Through, Verdict, Wait, backoff
from sync_core.targets import KINDS

MAX_SUPERSEDED = 10
"""How many older drops get a result of their own when a newer one overtakes them. A feed that is
switched on late may have months of folders lying there."""


class Expected(NamedTuple):
    """The files without which no set of a feed is complete.

    `always`: the format's and the target's. `before`: those of the last set that was started,
    besides. The service takes the same files every time (spec 2.3): whoever stands in one that
    stays away is deactivated.
    """

    always: frozenset[str]
    before: frozenset[str]


@answering_for_any_feed
def take_stock(case: Case) -> Answer:
    """The newest complete export that has no result yet, or what is still waited for.

    Through `{}`: there is nothing to do. Through `{"files", "superseded"}`: run this one, tell of
    those. What lands for a feed whose settings are wrong ends with a result that says so.
    """
    if case.fault is not None:
        return _quarantined(case, case.fault)
    try:
        return _stock(case)
    except SupersededError as fault:
        raise TransientError(str(fault), retry_after=1.0) from None


def _stock(case: Case) -> Answer:
    room = case.room
    expected = expected_files(case)
    waiting: list[tuple[Candidate, Completeness]] = []
    candidates = unsettled(room.landing, case.question.feed, case.format, room.settled)
    for candidate in candidates:
        found = _completeness(case, candidate, expected)
        if found.complete:
            return _chosen(candidate, _older(candidates))
        waiting.append((candidate, found))
    if not waiting:
        return Through()
    return _still_waiting(case, waiting)


def _quarantined(case: Case, fault: SettingsError) -> Answer:
    """One result without files for what has landed: once the settings are right, it is run."""
    if not isinstance(fault, FeedQuarantinedError):
        raise fault
    feed = case.question.feed
    landed = [blob.modified for blob in case.room.landing.listing(feed)]
    if not landed:
        return Through()
    # Six files are one export, and are told of once.
    still_in = max(landed) + case.feed.quiet_seconds - case.question.now
    if still_in > 0:
        return Wait(max(still_in, 1.0), str(fault))
    files = FileSet(feed=feed, place="", landed_at=max(landed), files=())
    if case.room.settled(files):
        return Through()
    log.error("step take_stock of feed %s: %s", feed, fault)
    return Ended(failed(fault), files)


def _chosen(candidate: Candidate, older: Sequence[FileSet]) -> Answer:
    if candidate.problem is not None:
        error = RunError(code=candidate.problem.code, message=str(candidate.problem))
        verdict = Verdict(outcome=Outcome.REJECTED, summary=str(candidate.problem), error=error)
        return Ended(verdict, candidate.files, tuple(older))
    return Through({"files": candidate.files, "superseded": tuple(older)})


def _older(rest: Iterator[Candidate]) -> list[FileSet]:
    return [candidate.files for candidate in islice(rest, MAX_SUPERSEDED)]


def _completeness(case: Case, candidate: Candidate, expected: Expected) -> Completeness:
    feed, question = case.feed, case.question
    if candidate.problem is not None:
        # A zip that cannot be opened may still be being written; a still one will not mend itself.
        wait = candidate.drop.landed_at + feed.quiet_seconds - question.now
        return Completeness(wait <= 0, ("a zip that can be opened",), max(wait, 0.0))
    # A manifest is the exporter's own word on what belongs to a set, so it may drop a file.
    before = frozenset() if candidate.manifest else expected.before
    found = assess(
        candidate.drop,
        expected.always | before,
        case.format,
        manifest=candidate.manifest,
        require_marker=feed.require_marker,
        quiet_seconds=feed.quiet_seconds,
        max_spread_seconds=feed.max_spread_seconds,
        now=question.now,
    )
    if expected.before & set(found.missing):
        return found._replace(missing=tuple(_named(name, expected) for name in found.missing))
    if found.complete and isinstance(candidate.manifest, Manifest):
        wrong = case.room.landing.differing_hashes(candidate.files, candidate.manifest)
        return Completeness(not wrong, wrong)
    return found


def is_current(case: Case) -> bool:
    """Whether the run's files are what they were, and no newer export is complete."""
    return case.room.landing.still_there(case.question.file_set) and not overtaken(case)


def overtaken(case: Case) -> bool:
    """Whether a newer export than the run's is complete."""
    ours = case.question.file_set.generation
    room, feed, expected = case.room, case.question.feed, expected_files(case)
    for candidate in unsettled(room.landing, feed, case.format, room.settled):
        if candidate.files.generation == ours:
            return False
        if _completeness(case, candidate, expected).complete:
            return True
    return False


def more_has_landed(case: Case) -> bool:
    """Whether an export lies there that has no result yet.

    False where nobody can tell: the sweep looks again, and this must not keep a result back.
    """
    try:
        candidates = unsettled(
            case.room.landing, case.question.feed, case.format, case.room.settled
        )
        return next(candidates, None) is not None
    except SupersededError:
        return True
    except Exception as fault:  # noqa: BLE001 - whatever is wrong, the result goes out
        log.warning("feed %s could not be looked at again: %s", case.question.feed, kind_of(fault))
        return False


def expected_files(case: Case) -> Expected:
    """What this feed's next set has to hold."""
    always = case.format.required_files()
    for group, members in case.format.groups.items():
        if group in KINDS[case.feed.target].required_groups:
            always |= members
    last = case.room.results.decoded(started_name(case.feed.name), RunResult)
    if last is None or last.format != case.feed.format:
        return Expected(always, frozenset())
    return Expected(always, frozenset(file.name for file in last.files) - always)


def _named(missing: str, expected: Expected) -> str:
    return f"{missing} (the last set had it)" if missing in expected.before else missing


def _still_waiting(case: Case, waiting: Sequence[tuple[Candidate, Completeness]]) -> Answer:
    feed, question = case.feed, case.question
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
