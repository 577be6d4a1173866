"""The documents of the results container and of the results queue, as types.

The JSON Schemas in `schemas/` are generated from these types. Fields are only ever added. Times are
RFC 3339 in UTC, sizes bytes, durations seconds.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from sync_core.model.messages import Finding, VerificationMessage
from sync_core.model.outcomes import Outcome, Severity
from sync_core.model.statistics import Count, RunStatistics

Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class _Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What all documents share: camel case, no field that is not named."""


class MessageLine(_Document, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `messages.jsonl`: a verification message verbatim, or a finding.

    The fields from `rule` on are a finding's only; `rows` are physical line numbers.
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
    """How many messages of each weight there are, findings included."""

    errors: Count = 0
    warnings: Count = 0
    information: Count = 0

    @property
    def total(self) -> int:
        return self.errors + self.warnings + self.information


class TargetReference(_Document, frozen=True, kw_only=True):
    """What the feed is synced to. `id` is the one that the feed's settings name."""

    kind: str
    id: str


class FileRecord(_Document, frozen=True, kw_only=True):
    """One file of the set. `rows` counts data records, null where nothing counted them."""

    name: str
    blob: str
    etag: str
    size: Count
    rows: Count | None = None


StepName = Literal["gather", "validate", "ready", "upload", "verify", "start"]


class Step(_Document, frozen=True, kw_only=True):
    """One step of the run: `polls` says how often it asked before it was through."""

    name: StepName
    started_at: Time
    ended_at: Time
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    polls: Count = 1


class RunError(_Document, frozen=True, kw_only=True):
    """Why a run did not start a sync. `code` is stable, `message` says what to do next."""

    code: str
    message: str


class StartLimitFact(_Document, frozen=True, kw_only=True):
    """How often the service lets a sync be started: `starts` in `hours`.

    `left_to_schedule`: it took no start, so the service's own schedule starts the sync.
    """

    starts: Count
    hours: Count
    left_to_schedule: bool


class RunResult(_Document, frozen=True, kw_only=True):
    """`{feed}/{run}/result.json`, and a copy of the newest as `{feed}/latest.json`.

    `summary` is one sentence, `action` what to do next. `missing` is filled by `incomplete`.
    `sent` says whether a start request was sent to the service. `messages` is the name of the blob
    with all messages, one JSON object a line. `start_limit` is there where the service has one.
    `app_version` is the version of the app that made the result.
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
    sent: bool
    start_limit: StartLimitFact | None = None
    app_version: str | None = None
    target: TargetReference
    format: str
    files: tuple[FileRecord, ...]
    counts: MessageCounts
    messages: str
    steps: tuple[Step, ...]
    landed_at: Time
    started_at: Time
    ended_at: Time


class SyncEnd(_Document, frozen=True, kw_only=True):
    """`{feed}/{run}/sync.json`: how the sync itself ended, where the feed is followed.

    `status` is the service's word; `ended` is false where the watch ended before the sync did.
    `errors` counts the service's sync errors by its code; their texts name people and stay there.
    A status, code or role that is not documented is `…`.
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


class RunFinished(_Document, frozen=True, kw_only=True):
    """The data of the event about a finished run.

    `messages` are the most important ones (errors before warnings, then by `count`) and `missing`
    the first ones; long texts and lists are cut, and in a message of the service each part that may
    be a cell value is `…`. `messages_left_out` counts the messages that did
    not fit. `result` is the address of `result.json`, which holds all, without any signature.
    """

    feed: str
    run: str
    outcome: Outcome
    severity: Severity
    summary: str
    action: str
    error: RunError | None = None
    missing: tuple[str, ...] = ()
    counts: MessageCounts
    messages: tuple[MessageLine, ...] = ()
    messages_left_out: Count = 0
    result: str


class SyncEnded(_Document, frozen=True, kw_only=True):
    """The data of the second event, where the feed is followed. `result` is that of `sync.json`.

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


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope. Consumers de-duplicate on `id`."""

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


def rfc3339(moment: float) -> str:
    """Epoch seconds as a time of the documents."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def message_line(message: VerificationMessage) -> MessageLine:
    """A message of either kind as it is kept."""
    plain = MessageLine(
        type=message.type,
        file_name=message.file_name,
        description=message.description,
        code=message.code,
    )
    if not isinstance(message, Finding):
        return plain
    return msgspec.structs.replace(
        plain,
        rule=message.rule,
        field=message.field,
        count=message.count,
        rows=message.rows,
        source=message.source,
    )
