"""The documents in the results container, as types. `event_documents` has those of the queue.

The JSON Schemas in `schemas/` are generated from these types. Fields are only ever added. Times are
RFC 3339 in UTC, sizes are in bytes, durations in seconds.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from sync_core.formats.rules import RULES
from sync_core.model.found import FoundFile
from sync_core.model.holds import Decision, Hold
from sync_core.model.messages import Finding, MessageLevel, VerificationMessage
from sync_core.model.outcomes import Outcome, Severity
from sync_core.model.statistics import Count, RunStatistics, Time

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The base of all documents: field names are in camel case."""


class MessageLine(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `messages.jsonl`: a verification message verbatim, or a finding.

    Only a finding has `rule` and the fields after it. `rows` are physical line numbers. `advice`
    says what to do about a finding.
    """

    type: str
    file_name: str
    description: str
    code: str | None = None
    rule: str | None = None
    field: str | None = None
    count: Count | None = None
    rows: tuple[int, ...] = ()
    source: Literal["validation"] | None = None
    advice: str | None = None


class MessageCounts(Document, frozen=True, kw_only=True):
    """The number of messages at each level, including findings."""

    errors: Count = 0
    warnings: Count = 0
    information: Count = 0

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.information


class TargetReference(Document, frozen=True, kw_only=True):
    """The target that the feed is synced to. `id` is taken from the feed's settings."""

    kind: str
    id: str


class FileRecord(Document, frozen=True, kw_only=True):
    """One file of the set. `rows` is the number of data records, null if not counted.

    `sha256` is the hash of the file's bytes, of a file in a zip those of the file itself. It is
    null if the run ended before the file was validated.
    """

    name: str
    blob: str
    etag: str
    size: Count
    rows: Count | None = None
    sha256: Sha256 | None = None


StepName = Literal["gather", "validate", "guard", "ready", "upload", "verify", "start"]


class Step(Document, frozen=True, kw_only=True):
    """One step of the run. `polls` is how often its activity was called until it was done."""

    name: StepName
    started_at: Time
    ended_at: Time
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    polls: Count = 1


class RunError(Document, frozen=True, kw_only=True):
    """Why a run did not start a sync. `code` is stable; `message` says what to do next."""

    code: str
    message: str


class StartLimitFact(Document, frozen=True, kw_only=True):
    """The limit of the service: at most `starts` syncs can be started in `hours` hours.

    `leftToSchedule`: the limit was reached, so the service's own schedule starts the sync.
    """

    starts: Count
    hours: Count
    left_to_schedule: bool


class RunResult(Document, frozen=True, kw_only=True):
    """`{feed}/{run}/result.json`. The newest one is copied to `{feed}/latest.json`.

    `summary` is one sentence; `action` says what to do next. `missing` lists what the app waited
    for when the outcome is `incomplete`. `sent` says whether a start request was sent to the
    service. `messages` is the name of the blob with all messages, one JSON object per line.
    `report` and `problems` are the names of `report.html` and `problems.csv`, null if they could
    not be made. `found` lists files that lie in the feed's folder and were not taken, and
    `foundLeftOut` is the number of those that it does not list. `startLimit` is present if the
    service limits starts.
    `appVersion` is the version of the app that wrote the result. `rules` has the severities that
    the feed gives to validation rules.

    `comparedWith` is the run whose file set the guards compared this one with. `held` says why they
    held the run, or would have held it if it were not a dry run. `approves` is the held run whose
    approval this run used, and `approval` who approved it.
    """

    version: Literal[1] = 1
    feed: str
    run: str
    generation: str
    outcome: Outcome
    severity: Severity
    summary: str
    action: str
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    found: tuple[FoundFile, ...] = ()
    found_left_out: Count = 0
    sent: bool
    start_limit: StartLimitFact | None = None
    app_version: str | None = None
    target: TargetReference
    format: str
    rules: dict[str, MessageLevel] = {}
    compared_with: str | None = None
    held: Hold | None = None
    approves: str | None = None
    approval: Decision | None = None
    files: tuple[FileRecord, ...]
    counts: MessageCounts
    messages: str
    report: str | None = None
    problems: str | None = None
    steps: tuple[Step, ...]
    landed_at: Time
    started_at: Time
    ended_at: Time


class SyncEnd(Document, frozen=True, kw_only=True):
    """`{feed}/{run}/sync.json`: how the sync itself ended. Written if the sync is followed.

    `status` is the status that the service reports. `ended` is false if the app stopped watching
    before the sync ended. `errors` is the number of sync errors by the service's error code; their
    texts name people and are not copied. A status, code or role that is not documented is `…`.
    `errorsCut`: there are more errors than are counted here.
    """

    version: Literal[1] = 1
    feed: str
    run: str
    status: str
    ended: bool
    severity: Severity
    summary: str
    errors: dict[str, int]
    errors_cut: bool = False
    statistics: RunStatistics | None = None
    ended_at: Time


def rfc3339(moment: float) -> str:
    """Epoch seconds as an RFC 3339 time in UTC, with milliseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def message_line(message: VerificationMessage) -> MessageLine:
    """The line of `messages.jsonl` for a verification message or a finding."""
    line = MessageLine(
        type=message.type,
        file_name=message.file_name,
        description=message.description,
        code=message.code,
    )
    if not isinstance(message, Finding):
        return line
    return msgspec.structs.replace(
        line,
        rule=message.rule,
        field=message.field,
        count=message.count,
        rows=message.rows,
        source=message.source,
        advice=RULES[message.rule].advice if message.rule in RULES else None,
    )
