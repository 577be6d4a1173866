"""Starting the orchestration of a feed, or leaving the running one alone."""

import logging
from typing import Any

from sync_core.model.errors import TransientError

log = logging.getLogger("sis_sync")

RUN_REQUESTED = "run requested"
"""What the alert on stuck runs searches for: the durable extension logs nothing at this moment."""

RUNNING = frozenset({"Pending", "Running", "ContinuedAsNew", "Suspended"})


async def start_or_leave_running(client: Any, feed: str) -> bool:
    """Start `sync_feed` for a feed; False where it runs already, which is the normal case.

    `client` is the SDK's `DurableOrchestrationClient`. It raises a bare `Exception` for a running
    instance, in words that differ between versions, so the status decides.
    """
    instance = f"sync-{feed}"
    if await _is_running(client, instance):
        return False
    try:
        await client.start_new("sync_feed", instance, {"feed": feed})
    except Exception:  # noqa: BLE001 - the SDK knows no other type
        if await _is_running(client, instance):
            return False
        raise TransientError(
            f"The orchestration of feed {feed} could not be started; the event is tried again."
        ) from None
    log.info("%s feed=%s", RUN_REQUESTED, feed)
    return True


async def _is_running(client: Any, instance: str) -> bool:
    status = await client.get_status(instance)
    return bool(status) and getattr(status.runtime_status, "name", None) in RUNNING
