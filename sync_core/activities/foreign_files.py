"""Recognises OneRoster and other foreign formats among the files that were not taken.

By their names alone, such files look as if they only had to be renamed.
"""

from collections.abc import Sequence

from sync_core.activities.activity import log
from sync_core.activities.context import ActivityContext
from sync_core.activities.verdicts import fault_location
from sync_core.landing.leftovers import FOUND_NAMED, Leftover
from sync_core.model.errors import SisSyncError
from sync_core.model.likely_names import CSV


def with_foreign_formats(context: ActivityContext, found: Sequence[Leftover]) -> list[Leftover]:
    """The same files; of the newest CSV files, those of a foreign format have that as the reason.

    Reads the first bytes of at most `FOUND_NAMED` files.
    """
    newest = sorted(found, key=lambda one: -one.blob.modified)
    candidates = [one for one in newest if one.blob.file_name.endswith(CSV)][:FOUND_NAMED]
    foreign = {one.path: title for one in candidates if (title := _foreign_format(context, one))}
    return [
        one._replace(reason="foreign-format", expected=None, other=None, foreign=foreign[one.path])
        if one.path in foreign
        else one
        for one in found
    ]


def _foreign_format(context: ActivityContext, found: Leftover) -> str | None:
    """The title of the foreign format that a file's header belongs to, if it is one."""
    # Imported here because only a landing that was not understood needs it.
    from sync_core.validation.recognition import FOREIGN_FORMATS, RECOGNITION_BYTES, recognise

    try:
        start = context.services.landing.start(found.blob, RECOGNITION_BYTES)
    except SisSyncError as fault:
        # What the file is remains unknown. The result must not wait for it.
        log.warning(
            "feed %s: the header of a file that was not taken could not be read: %s",
            context.feed.name,
            fault_location(fault),
        )
        return None
    recognised = recognise(start, context.format, found.blob.file_name)
    rules = {each.rule for each in FOREIGN_FORMATS}
    return recognised.hint if recognised and recognised.rule in rules else None
