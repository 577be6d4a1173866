"""Every member of the service's documented enums, and what it means for a run."""

from typing import Literal

from sync_core.formats import FORMATS

FORMAT_CODES = {known.name: known.service_code for known in FORMATS.values() if known.service_code}
"""The code of a data connector's `fileFormat`, by the name of the format."""

READINESS: dict[str, Literal["ready", "waiting", "failed"]] = {
    "notReady": "waiting",
    "ready": "ready",
    "failed": "failed",
    "disabled": "failed",
    "expired": "failed",
    "unknownFutureValue": "waiting",
}
"""Every documented `readinessStatus`. Any other is waited for until the deadline."""

ADVICE = {
    "failed": "Open it in School Data Sync, fix the error it shows, and save it.",
    "disabled": "Turn it on in School Data Sync.",
    "expired": (
        "The new school year is not set up. In School Data Sync, create the year and set a new"
        " expiration date for the flow, or name a new flow in SIS_FEEDS."
    ),
}

OPERATION: dict[str, Literal["running", "succeeded", "failed"]] = {
    "notStarted": "running",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "unknownFutureValue": "running",
}
"""Every documented `longRunningOperationStatus`. Any other counts as running."""

RUN: dict[str, tuple[Literal["running", "succeeded", "warned", "failed"], str]] = {
    "running": ("running", ""),
    "completed": ("succeeded", "All records were synced."),
    "completedWithWarnings": ("warned", "Some optional values were ignored."),
    "completedWithErrors": ("failed", "Some records were not synced: required data is invalid."),
    "failed": ("failed", "The run failed."),
    "unknownFutureValue": ("running", ""),
}
"""Every documented `industryDataRunStatus`, and what it says about the records.

docs/service-facts.md#runs-and-their-statistics
"""
