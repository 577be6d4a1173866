"""A target that takes nothing: the whole pipeline runs, and Microsoft is not called.

A run of it ends as `dry_run`, which counts as a success nowhere: a district can watch for a week
before it switches on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.model.errors import TerminalError
from sync_core.targets import (
    DRY_RUN_STATUS,
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
    Verification,
)

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

    def verify(self) -> str | None:
        return None

    def verification(self, operation: str) -> Verification:
        raise ValueError(f"A dry run has no operation {operation}.")

    def before_start(self) -> dict[str, Any]:
        return DRY_RUN_STATUS

    def start(self) -> StartAnswer:
        return StartAnswer(started=True, sent=False, note=NOTE)

    def started(self, operation: str) -> StartAnswer:
        raise ValueError(f"A dry run has no operation {operation}.")

    def evidence(
        self,
        before: Mapping[str, Any],
        under_way: float | None,  # noqa: ARG002 - the port's
    ) -> StartAnswer | None:
        """Of its own start, that it was not sent. None for one of the feed's former target."""
        return self.start() if before == DRY_RUN_STATUS else None

    def progress(self, before: Mapping[str, Any]) -> Progress:  # noqa: ARG002 - the port's
        """Raises TerminalError: only a sync of the feed's former target could be followed."""
        raise TerminalError(
            "The feed is now a dry run, so its last sync cannot be followed any longer."
        )
