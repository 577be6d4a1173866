"""A target that sends nothing: the whole pipeline runs without a call to Microsoft.

A run with it ends as `dry_run`, which never counts as a success. A district can look at the results
of some nights before it sets a real target.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.model.feeds import Feed, Settings
from sync_core.targets import DRY_RUN_STATUS, Readiness, StartAnswer, UploadFile, UploadLog

NOTE = "Dry run: the files were checked and read, and nothing was sent to Microsoft."


class DryRun:
    """Accepts everything, and reads every byte as an upload would."""

    def readiness(self) -> Readiness:
        return Readiness("ready", "A dry run is always ready.")

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Read every file to its end, so that a file that changes meanwhile is noticed."""
        for file in files:
            for _ in file.chunks():
                pass
            log.done(file.name)

    def before_start(self) -> dict[str, Any]:
        return DRY_RUN_STATUS

    def start(self) -> StartAnswer:
        return StartAnswer(started=True, sent=False, note=NOTE)

    def evidence(
        self,
        before: Mapping[str, Any],
        under_way: float | None,  # noqa: ARG002 - part of the interface
    ) -> StartAnswer | None:
        """The answer to a dry run's start; None if the start was sent to an earlier target."""
        return self.start() if before == DRY_RUN_STATUS else None


def dry_run_target(feed: Feed, settings: Settings) -> DryRun:  # noqa: ARG001 - every factory gets it
    """The adapter for a feed."""
    return DryRun()
