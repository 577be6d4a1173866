"""The activities: everything the orchestrations do that has an effect. All are idempotent.

Every activity takes a `Question` and returns an `Answer`. A transient error becomes a wait, a
terminal error ends the run with a verdict. Neither contains personal data or a secret.
"""

from sync_core.activities.activity import Activity
from sync_core.activities.compare import compare_with_baseline
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
    "compare_with_baseline",
    "gather_file_set",
    "publish_result",
    "start_sync",
    "upload_file_set",
    "validate_file_set",
    "verify_upload",
]
