"""The effects that the orchestrations ask for. Each is safe to run twice, or guards itself.

Every activity takes a `Question` and gives an `Answer`: what may pass by itself becomes a wait,
what ends the run becomes a verdict. Nothing that a child is called, and no secret, is in either.
"""

from sync_core.activities.deliver import (
    check_progress,
    check_readiness,
    start_sync,
    upload_file_set,
    verify_upload,
)
from sync_core.activities.gather import take_stock
from sync_core.activities.publish import publish_result
from sync_core.activities.room import Activity, Room
from sync_core.activities.validate import validate_file_set

__all__ = [
    "Activity",
    "Room",
    "check_progress",
    "check_readiness",
    "publish_result",
    "start_sync",
    "take_stock",
    "upload_file_set",
    "validate_file_set",
    "verify_upload",
]
