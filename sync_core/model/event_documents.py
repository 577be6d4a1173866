"""The events on the results queue, as types: CloudEvents 1.0 with the data of a run.

As for all documents, the JSON Schemas are generated from these types, and fields are only added.
"""

from typing import Annotated, Literal

import msgspec

from sync_core.model.documents import (
    Document,
    MessageCounts,
    MessageLine,
    RunError,
    Sha256,
)
from sync_core.model.found import FoundFile
from sync_core.model.holds import Trip
from sync_core.model.messages import MessageLevel
from sync_core.model.outcomes import Outcome, Severity
from sync_core.model.statistics import Count, RunStatistics, Time


class FileHash(Document, frozen=True, kw_only=True):
    """The SHA-256 of one file of the set."""

    name: str
    sha256: Sha256


class RunFinished(Document, frozen=True, kw_only=True):
    """The data of the event about a finished run.

    `messages` contains the most important messages: errors before warnings, then by `count`.
    `missing` and `found` contain the first entries. Long texts and lists are shortened. In a
    message of the service, each part that may be a cell value is replaced by `…`.
    `messagesLeftOut` is the number of messages that did not fit. `result` is the address of
    `result.json`, without a signature, and `report` that of `report.html`, null if there is
    none. `files` has the files that were validated, `rules` the severities that the feed gives
    to validation rules. `held` has the first reasons of the guards that held the run, or would
    have held it if it were not a dry run, and `heldLeftOut` is the number of the others.
    `approves` is the held run whose approval this run used.
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
    rules: dict[str, MessageLevel] = msgspec.field(default_factory=dict)
    held: tuple[Trip, ...] = ()
    held_left_out: Count = 0
    approves: str | None = None
    files: tuple[FileHash, ...] = ()
    counts: MessageCounts
    messages: tuple[MessageLine, ...] = ()
    messages_left_out: Count = 0
    result: str
    report: str | None = None


class SyncEnded(Document, frozen=True, kw_only=True):
    """The data of the event about the end of a sync. `result` is the address of `sync.json`.

    `errorsCut`: there are more errors than are counted here. `report` is the address of
    `report.html`, which says how the sync ended too, null if there is none.
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
    report: str | None = None


class HoldReminder(Document, frozen=True, kw_only=True):
    """The data of the event about a hold that nobody has decided about.

    `number` counts the reminders about this hold, of which there are `last` at most. `held` and
    `heldLeftOut` are as in the event about the finished run. `result` is the address of the held
    run's `result.json`, and `report` that of its `report.html`, null if there is none.
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
    report: str | None = None


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
