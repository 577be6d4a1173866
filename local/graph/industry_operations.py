"""Long-running operations, to which a 202 response refers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from local.graph.answers import Document, timestamp
from local.graph.documents import Step
from local.graph.industry_documents import InboundFlowSettings, RunSettings
from local.graph.industry_files import Findings
from local.graph.scripts import Script

# "Poll not more often", fileValidateOperation resource page.
SHORTEST_POLL_SECONDS = 5


class Operation:
    """A `longRunningOperation`, or with findings a `fileValidateOperation`."""

    def __init__(
        self,
        settings: InboundFlowSettings | RunSettings,
        steps: Sequence[Step | str],
        resource: str,
        findings: Findings | None = None,
    ) -> None:
        self.id = str(uuid4())
        self.settings = settings
        self.resource = resource
        self._script = Script(steps)
        self._findings = findings
        self._created = datetime.now(UTC)
        self._polled: float | None = None
        self._unseen = settings.unseen_polls

    @property
    def ended(self) -> bool:
        return self._script.look().ended

    def seen(self) -> bool:
        """Whether this poll finds the operation, or 404."""
        self._unseen -= 1
        return self._unseen < 0

    def early_poll(self) -> str:
        """A note for the journal if this poll follows the last one too soon, else an empty text."""
        now, before = time.monotonic(), self._polled
        self._polled = now
        if before is None or now - before >= SHORTEST_POLL_SECONDS:
            return ""
        return f"polled again after {now - before:.1f} s, sooner than {SHORTEST_POLL_SECONDS} s"

    def describe(self, root: str) -> Document:
        """The resource. Counts as a poll. `root` is Graph's root with the version."""
        moment = self._script.poll()
        segment = "external/industryData" if self.settings.external_resource else "industryData"
        common: Document = {
            "@odata.type": "#microsoft.graph.longRunningOperation",
            "id": self.id,
            "createdDateTime": timestamp(self._created),
            "lastActionDateTime": timestamp(moment.since),
            "resourceLocation": f"{root}/{segment}/{self.resource}",
            "status": moment.word,
            "statusDetail": None,
        }
        if self._findings is None:
            return common
        found = self._findings if moment.ended else Findings([], [], [])
        return {
            **common,
            "@odata.type": "#microsoft.graph.industryData.fileValidateOperation",
            "errors": msgspec.to_builtins(found.errors),
            "warnings": msgspec.to_builtins(found.warnings),
            "validatedFiles": found.validated,
        }
