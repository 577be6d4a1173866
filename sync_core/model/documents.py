"""The documents in the results container and on the results queue, as types.

The JSON Schemas in `schemas/` are generated from these types. Fields are only ever added. Times are
RFC 3339 in UTC, sizes are in bytes, durations in seconds.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from sync_core.model.found import FoundFile
from sync_core.model.holds import Decision, Hold, Trip
from sync_core.model.messages import Finding, MessageLevel, VerificationMessage
from sync_core.model.outcomes import Outcome, Severity
from sync_core.model.statistics import Count, RunStatistics, Time

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class _Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The base of all documents: field names are in camel case."""


class MessageLine(_Document, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `messages.jsonl`: a verification message verbatim, or a finding.

    Only a finding has `rule` and the fields after it. `rows` are physical line numbers.
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


class MessageCounts(_Document, frozen=True, kw_only=True):
    """The number of messages at each level, including findings."""

    errors: Count = 0
    warnings: Count = 0
    information: Count = 0

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.information


class TargetReference(_Document, frozen=True, kw_only=True):
    """The target that the feed is synced to. `id` is taken from the feed's settings."""

    kind: str
    id: str


class FileRecord(_Document, frozen=True, kw_only=True):
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


class Step(_Document, frozen=True, kw_only=True):
    """One step of the run. `polls` is how often its activity was called until it was done."""

    name: StepName
    started_at: Time
    ended_at: Time
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    polls: Count = 1


class RunError(_Document, frozen=True, kw_only=True):
    """Why a run did not start a sync. `code` is stable; `message` says what to do next."""

    code: str
    message: str


class StartLimitFact(_Document, frozen=True, kw_only=True):
    """The limit of the service: at most `starts` syncs can be started in `hours` hours.

    `leftToSchedule`: the limit was reached, so the service's own schedule starts the sync.
    """

    starts: Count
    hours: Count
    left_to_schedule: bool


class RunResult(_Document, frozen=True, kw_only=True):
    """`{feed}/{run}/result.json`. The newest one is copied to `{feed}/latest.json`.

    `summary` is one sentence; `action` says what to do next. `missing` lists what the app waited
    for when the outcome is `incomplete`. `sent` says whether a start request was sent to the
    service. `messages` is the name of the blob with all messages, one JSON object per line.
    `found` lists files that lie in the feed's folder and were not taken, and `foundLeftOut` is the
    number of those that it does not list. `startLimit` is present if the service limits starts.
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
    steps: tuple[Step, ...]
    landed_at: Time
    started_at: Time
    ended_at: Time


class SyncEnd(_Document, frozen=True, kw_only=True):
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


class FileHash(_Document, frozen=True, kw_only=True):
    """The SHA-256 of one file of the set."""

    name: str
    sha256: Sha256


class RunFinished(_Document, frozen=True, kw_only=True):
    """The data of the event about a finished run.

    `messages` contains the most important messages: errors before warnings, then by `count`.
    `missing` and `found` contain the first entries. Long texts and lists are shortened. In a
    message of the service, each part that may be a cell value is replaced by `…`. `messagesLeftOut`
    is the number of messages that did not fit. `result` is the address of `result.json`, without a
    signature. `files` has the files that were validated, `rules` the severities that the feed gives
    to validation rules. `held` has the first reasons of the guards that held the run, or would have
    held it if it were not a dry run, and `heldLeftOut` is the number of the others. `approves` is
    the held run whose approval this run used.
    """

    feed: str
    run: str
    outcome: Outcome
    severity: Severity
    summary: str
    action: str
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    found: tuple[FoundFile, ...] = ()
    found_left_out: Count = 0
    rules: dict[str, MessageLevel] = {}
    held: tuple[Trip, ...] = ()
    held_left_out: Count = 0
    approves: str | None = None
    files: tuple[FileHash, ...] = ()
    counts: MessageCounts
    messages: tuple[MessageLine, ...] = ()
    messages_left_out: Count = 0
    result: str


class SyncEnded(_Document, frozen=True, kw_only=True):
    """The data of the event about the end of a sync. `result` is the address of `sync.json`.

    `errorsCut`: there are more errors than are counted here.
    """

    feed: str
    run: str
    status: str
    ended: bool
    severity: Severity
    summary: str
    errors: dict[str, int]
    errors_cut: bool = False
    statistics: RunStatistics | None = None
    result: str


class HoldReminder(_Document, frozen=True, kw_only=True):
    """The data of the event about a hold that nobody has decided about.

    `number` counts the reminders about this hold, of which there are `last` at most. `held` and
    `heldLeftOut` are as in the event about the finished run. `result` is the address of the held
    run's `result.json`.
    """

    feed: str
    run: str
    number: Annotated[int, msgspec.Meta(ge=1)]
    last: Annotated[int, msgspec.Meta(ge=1)]
    severity: Severity
    summary: str
    action: str
    held: tuple[Trip, ...]
    held_left_out: Count = 0
    held_at: Time
    result: str


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope. Consumers remove duplicates by `id`."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    subject: str
    time: Time
    datacontenttype: Literal["application/json"] = "application/json"


class RunFinishedEvent(_Event, frozen=True, kw_only=True):
    """One per run, on the results queue. `subject` is the generation."""

    type: Literal["org.sis-sync.run.finished.v1"] = "org.sis-sync.run.finished.v1"
    dataschema: Literal["urn:sis-sync:schema:run-finished-event:1"] = (
        "urn:sis-sync:schema:run-finished-event:1"
    )
    data: RunFinished


class SyncEndedEvent(_Event, frozen=True, kw_only=True):
    """At most one per run, after the sync has ended."""

    type: Literal["org.sis-sync.sync.ended.v1"] = "org.sis-sync.sync.ended.v1"
    dataschema: Literal["urn:sis-sync:schema:sync-ended-event:1"] = (
        "urn:sis-sync:schema:sync-ended-event:1"
    )
    data: SyncEnded


class HoldReminderEvent(_Event, frozen=True, kw_only=True):
    """At most one a day for a held run, as long as nobody has decided about it."""

    type: Literal["org.sis-sync.run.reminder.v1"] = "org.sis-sync.run.reminder.v1"
    dataschema: Literal["urn:sis-sync:schema:run-reminder-event:1"] = (
        "urn:sis-sync:schema:run-reminder-event:1"
    )
    data: HoldReminder


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
    )
