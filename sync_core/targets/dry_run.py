"""A target that takes nothing: the whole pipeline runs, and Microsoft is not called.

A run of it ends as `dry_run`, which counts as a success nowhere: a district can watch for a week
before it switches on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.model.feeds import Feed, Settings
from sync_core.targets import DRY_RUN_STATUS, Readiness, StartAnswer, UploadFile, UploadLog

NOTE = "Dry run: the files were checked and read, and nothing was sent to Microsoft."


class DryRun:
    """Says yes to everything, and reads every byte as an upload would."""

    def readiness(self) -> Readiness:
        return Readiness("ready", "A dry run is always ready.")

    def upload(self, files: Sequence[UploadFile], log: UploadLog) -> None:
        """Read every file to its end: one that changes on the way is noticed here as well."""
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
        under_way: float | None,  # noqa: ARG002 - the port's
    ) -> StartAnswer | None:
        """Of its own start, that it was not sent. None for one of the feed's former target."""
        return self.start() if before == DRY_RUN_STATUS else None


def dry_run_target(feed: Feed, settings: Settings) -> DryRun:  # noqa: ARG001 - every factory's
    """The adapter for a feed."""
    return DryRun()
