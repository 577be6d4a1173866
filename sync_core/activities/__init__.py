"""The effects that the orchestrations ask for. Each is safe to run twice, or guards itself.

Every activity takes a `Question` and gives an `Answer`: what may pass by itself becomes a wait,
what ends the run becomes a verdict. Nothing that a child is called, and no secret, is in either.
"""

from sync_core.activities.activity import Activity
from sync_core.activities.context import Services
from sync_core.activities.deliver import (
    check_progress,
    check_readiness,
    start_sync,
    upload_file_set,
    verify_upload,
)
from sync_core.activities.gather import gather_file_set
from sync_core.activities.publish import publish_result
from sync_core.activities.validate import validate_file_set

__all__ = [
    "Activity",
    "Services",
    "check_progress",
    "check_readiness",
    "gather_file_set",
    "publish_result",
    "start_sync",
    "upload_file_set",
    "validate_file_set",
    "verify_upload",
]
