"""Sends the events of results. If the queue refuses them, shorter ones, and in the end none."""

import logging
from collections.abc import Callable

import msgspec

from sync_core.activities.activity import NOT_ANNOUNCED
from sync_core.activities.context import ActivityContext

log = logging.getLogger("sis_sync")

CUT_AFTER, SILENT_AFTER = 2, 4
"""After this many failures of the activity, its event is sent without messages, or not at all. Both
are below `BREAKDOWNS`, after which following a sync is given up."""


def announce(context: ActivityContext, event: Callable[[bool], msgspec.Struct]) -> None:
    """Send the event that `event` makes; its argument is whether to leave messages out.

    The host writes the message after the activity has returned; if that fails, the activity has
    failed. Later tries send the event without messages, and the last ones send none: a queue that
    refuses every message must not block the feed's next run.
    """
    refused = context.question.breakdowns
    if refused < SILENT_AFTER:
        context.emit(msgspec.json.encode(event(refused >= CUT_AFTER)).decode())
        return
    files = context.question.file_set
    log.critical(
        "%s feed=%s run=%s reason=the event could not be sent in %d tries; check the results queue,"
        " and read the result in the results container",
        NOT_ANNOUNCED,
        files.feed,
        files.run,
        refused,
    )
