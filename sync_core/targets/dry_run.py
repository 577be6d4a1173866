"""A target that takes nothing: the whole pipeline runs, and Microsoft is not called.

It is what a feed without a target has, so that a district can watch for a week before it switches
on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.targets import (
    Progress,
    Readiness,
    StartAnswer,
    UploadFile,
    UploadLog,
    Verification,
)

NOTE = "Dry run: everything was done but nothing was sent to Microsoft."


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
        return {}

    def start(self) -> StartAnswer:
        return StartAnswer(started=True, sent=False, note=NOTE)

    def started(self, operation: str) -> StartAnswer:
        raise ValueError(f"A dry run has no operation {operation}.")

    def evidence(
        self,
        before: Mapping[str, Any],  # noqa: ARG002 - the port's
        under_way: float | None,  # noqa: ARG002
    ) -> StartAnswer | None:
        """A dry run that broke off is as good as one that did not."""
        return self.start()

    def progress(self, before: Mapping[str, Any]) -> Progress:  # noqa: ARG002 - the port's
        return Progress(status="dry run", state="succeeded")
