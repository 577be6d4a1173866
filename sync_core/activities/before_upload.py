"""What is checked once more before a run uploads, because it may have waited for its target."""

import msgspec

from sync_core.activities.compare import (
    PAUSED,
    GuardRecord,
    TargetChangedError,
    is_for_another,
    pause_now,
)
from sync_core.activities.context import ActivityContext
from sync_core.model.documents import rfc3339
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import DRY_RUN
from sync_core.orchestration.steps import Ended, Verdict
from sync_core.results import paths


def held_before_upload(context: ActivityContext) -> Ended | None:
    """The end of a run whose feed was paused after the guards had let it continue.

    None if it may upload. A run that has begun to upload continues. Raises TargetChangedError if
    the guards were asked about another target or format: a dry run, for example, is never held.
    """
    files, results = context.question.file_set, context.services.results
    record = results.decoded(paths.guard_record(files), GuardRecord)
    if record is None:
        return None
    if is_for_another(context, record.target, record.format):
        # An earlier call may have begun to upload to the former target.
        raise TargetChangedError(
            f"The feed's target is {target_name(context)} and its format is {context.feed.format}"
            " now, and the guards compared the export for others. No sync was started. Deliver the"
            " export again."
        )
    trip = None if context.feed.kind is DRY_RUN else pause_now(context)
    if trip is None or context.services.uploaded_to(files) is not None:
        return None
    others = tuple(each for each in record.trips if each.guard != PAUSED)
    held = msgspec.structs.replace(
        record, trips=(*others, trip), held_at=rfc3339(context.question.since)
    )
    results.write(paths.guard_record(files), msgspec.json.encode(held))
    return Ended(Verdict(outcome=Outcome.HELD))


def target_name(context: ActivityContext) -> str:
    """The kind and the id of the feed's target, for messages."""
    return f"{context.target_reference.kind} ({context.target_reference.id})"
