"""Starts the orchestration of a feed, unless it is running."""

import logging
from typing import Any

from sync_core.model.errors import TransientError

log = logging.getLogger("sis_sync")

RUN_REQUESTED = "run requested"
"""The alert on stuck runs searches for this text: the durable extension logs no such event."""

RUNNING = frozenset({"Pending", "Running", "ContinuedAsNew", "Suspended"})


async def start_or_leave_running(client: Any, feed: str) -> bool:
    """Start `sync_feed` for a feed; False if it is running already, which is the normal case.

    `client` is the SDK's `DurableOrchestrationClient`. For a running instance it raises a bare
    `Exception` whose text differs between versions, so the status decides. Raises TransientError
    if the orchestration could not be started.
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
            f"The orchestration of feed {feed} could not be started; retrying."
        ) from None
    log.info("%s feed=%s", RUN_REQUESTED, feed)
    return True


async def _is_running(client: Any, instance: str) -> bool:
    status = await client.get_status(instance)
    return bool(status) and getattr(status.runtime_status, "name", None) in RUNNING
