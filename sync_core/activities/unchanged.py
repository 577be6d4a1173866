"""Recognises files that the target already has, so that they are not sent a second time."""

from collections.abc import Mapping

import msgspec

from sync_core.activities.context import ActivityContext
from sync_core.model.documents import RunResult, SyncEnd
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Verdict
from sync_core.results import paths
from sync_core.results.building import ended_well

UNSETTLED = frozenset({Outcome.REFUSED, Outcome.NOT_READY, Outcome.UNKNOWN, Outcome.FAILED})
"""After these outcomes the next run sends its files, also if they are those of the last start."""


class Attempt(msgspec.Struct, frozen=True):
    """`{feed}/attempt.json`: the last run that sent something, or ended as one of `UNSETTLED`."""

    run: str


def note_attempt(context: ActivityContext) -> None:
    """Record that this run is the last attempt to sync the feed."""
    run = context.question.file_set
    document = msgspec.json.encode(Attempt(run=run.run))
    context.services.results.write(paths.attempt(run.feed), document)


def unchanged(context: ActivityContext, sha256: Mapping[str, str]) -> Verdict | None:
    """The verdict `unchanged` if the target already has these files, otherwise None.

    `sha256` has the hash of each file by its name. Files count as the same only for the same
    target, format and rules. A marker or manifest that is newer than the last start asks for a
    sync.
    """
    last = _last_synced(context)
    if last is None or not _is_same(context, last, sha256):
        return None
    start = context.services.start_record(last)
    described_at = context.question.file_set.described_at
    if start is None or (described_at is not None and described_at > start.claimed_at):
        return None
    return Verdict(
        outcome=Outcome.UNCHANGED,
        summary=f"The files are byte for byte those of the last started run, {last.run}, whose sync"
        " has ended well. Nothing was sent.",
    )


def _last_synced(context: ActivityContext) -> RunResult | None:
    """The last started run, if its sync ended well and there was no attempt after it."""
    store, feed = context.services.results, context.feed.name
    last = store.decoded(paths.started(feed), RunResult)
    if last is None:
        return None
    attempt = store.decoded(paths.attempt(feed), Attempt)
    if attempt is None or attempt.run != last.run:
        return None
    end = store.decoded(paths.sync_end(last), SyncEnd)
    return last if end is not None and ended_well(end) else None


def _is_same(context: ActivityContext, last: RunResult, sha256: Mapping[str, str]) -> bool:
    return (
        last.target == context.target_reference
        and last.format == context.feed.format
        and last.rules == context.feed.rules
        and {file.name: file.sha256 for file in last.files} == sha256
    )
