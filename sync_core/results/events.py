"""Builds the events for the results queue from result documents, small enough for the queue.

The queue rejects an event that is too large, so all texts from an exporter or the service are
shortened. In messages of the service, possible cell values are masked. The blobs have everything.
"""

import json
from collections.abc import Mapping, Sequence

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.model.documents import (
    MessageLine,
    RunError,
    RunResult,
    SyncEnd,
    message_line,
    rfc3339,
)
from sync_core.model.event_documents import (
    FileHash,
    HoldReminder,
    HoldReminderEvent,
    RunFinished,
    RunFinishedEvent,
    SyncEnded,
    SyncEndedEvent,
)
from sync_core.model.file_names import shown_name
from sync_core.model.found import FoundFile
from sync_core.model.holds import Hold, Trip
from sync_core.model.masking import Names, masked, names_of
from sync_core.model.messages import MessageLevel, VerificationMessage, level_of
from sync_core.model.outcomes import Outcome
from sync_core.model.statistics import LARGEST_COUNT, EntityCounts, RunStatistics
from sync_core.results.hold_text import held_action, reminder_summary

EVENT_BYTES = 48_000
"""The largest event in bytes, in the form that the host writes (`host_form`). A queue message holds
64 KiB of base64, which is 49,152 bytes. The difference is a reserve: the host rewrites texts that
look like a date, and may make them a few characters longer."""

MISSING_NAMED, FOUND_NAMED, MESSAGE_ROWS, KEYS_NAMED, MESSAGES_AT_MOST = 20, 10, 20, 30, 1_000
"""The most missing files, found files, rows per message, codes and messages in an event."""

TRIPS_NAMED = 10
"""The most reasons of a hold in an event. Their texts are the app's own, and short."""

TEXT_CHARACTERS, NAME_CHARACTERS, FOUND_CHARACTERS, KEY_CHARACTERS = 1_000, 200, 100, 60
"""The maximum length of a text, a file name, the path of a found file and a code of the service."""

ORDER: dict[MessageLevel, int] = {"error": 0, "warning": 1, "information": 2}


def finished_event(
    result: RunResult, messages: Sequence[MessageLine], address: str, *, cut: bool = False
) -> RunFinishedEvent:
    """The event about a result, with as many of the most important messages as fit.

    `cut` leaves out all messages, for a queue that has rejected the complete event.
    """
    names = names_of(result.format)
    lines = [] if cut else [_brief_line(line, names) for line in _most_important(messages)]
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high + 1) // 2
        event = _finished(result, lines[:middle], len(messages), address)
        low, high = (middle, high) if len(host_form(event)) <= EVENT_BYTES else (low, middle - 1)
    return _finished(result, lines[:low], len(messages), address)


def ended_event(
    files: FileSet, end: SyncEnd, address: str, *, report: str | None = None, cut: bool = False
) -> SyncEndedEvent:
    """The event about the end of a sync. `cut` leaves out the statistics and counts by code.

    `address` is that of `sync.json`, and `report` that of the run's report, if there is one.
    """
    return SyncEndedEvent(
        id=f"{end.feed}/{end.run}/sync",
        source=f"/sis-sync/feeds/{end.feed}",
        subject=files.generation,
        time=end.ended_at,
        data=SyncEnded(
            feed=end.feed,
            run=end.run,
            status=end.status[:NAME_CHARACTERS],
            ended=end.ended,
            severity=end.severity,
            summary=end.summary[:TEXT_CHARACTERS],
            errors={} if cut else _brief_keys(end.errors),
            errors_cut=end.errors_cut or len(end.errors) > (0 if cut else KEYS_NAMED),
            statistics=None if cut else _brief_statistics(end.statistics),
            result=address,
            report=report,
        ),
    )


def reminder_event(
    hold: Hold, address: str, *, report: str | None = None, number: int, last: int, now: float
) -> HoldReminderEvent:
    """The event that reminds of a hold, of which there are `last` at most.

    `address` is that of the held run's result, and `report` that of its report, if there is one.
    `now` is in epoch seconds.
    """
    return HoldReminderEvent(
        id=f"{hold.feed}/{hold.run}/reminder/{number}",
        source=f"/sis-sync/feeds/{hold.feed}",
        subject=hold.generation,
        time=rfc3339(now),
        data=HoldReminder(
            feed=hold.feed,
            run=hold.run,
            number=number,
            last=last,
            severity=Outcome.HELD.severity,
            summary=reminder_summary(hold)[:TEXT_CHARACTERS],
            action=held_action(hold)[:TEXT_CHARACTERS],
            held=_brief_trips(hold),
            held_left_out=_trips_left_out(hold),
            held_at=hold.held_at,
            result=address,
            report=report,
        ),
    )


def host_form(event: msgspec.Struct) -> bytes:
    """The bytes that the Functions host writes for an event, before base64.

    The host parses a text that looks like JSON and writes it again with an indentation of two
    spaces. It does not escape characters outside ASCII, except three line separators (observed on
    Functions host 4.1037; Newtonsoft.Json, `JavaScriptUtils.WriteEscapedJavaScriptString`).
    """
    text = json.dumps(msgspec.to_builtins(event), indent=2, ensure_ascii=False)
    for separator in "\u0085\u2028\u2029":
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return text.encode(errors="replace")


def _finished(
    result: RunResult, lines: Sequence[MessageLine], total: int, address: str
) -> RunFinishedEvent:
    return RunFinishedEvent(
        id=f"{result.feed}/{result.run}",
        source=f"/sis-sync/feeds/{result.feed}",
        subject=result.generation,
        time=result.ended_at,
        data=RunFinished(
            feed=result.feed,
            run=result.run,
            outcome=result.outcome,
            severity=result.severity,
            summary=result.summary[:TEXT_CHARACTERS],
            action=result.action[:TEXT_CHARACTERS],
            error=_brief_error(result.error),
            missing=tuple(name[:NAME_CHARACTERS] for name in result.missing[:MISSING_NAMED]),
            found=tuple(_brief_found(file) for file in result.found[:FOUND_NAMED]),
            found_left_out=result.found_left_out + len(result.found[FOUND_NAMED:]),
            rules=result.rules,
            held=_brief_trips(result.held),
            held_left_out=_trips_left_out(result.held),
            approves=result.approves,
            files=_hashes(result),
            counts=result.counts,
            messages=tuple(lines),
            messages_left_out=total - len(lines),
            result=address,
            # Both are in the folder of the run.
            report=address.rpartition("/")[0] + "/report.html" if result.report else None,
        ),
    )


def _brief_trips(hold: Hold | None) -> tuple[Trip, ...]:
    return hold.trips[:TRIPS_NAMED] if hold else ()


def _trips_left_out(hold: Hold | None) -> int:
    return len(hold.trips[TRIPS_NAMED:]) if hold else 0


def _hashes(result: RunResult) -> tuple[FileHash, ...]:
    """The hashes of all files. A format has few files, so they need no limit."""
    return tuple(
        FileHash(name=file.name[:NAME_CHARACTERS], sha256=file.sha256)
        for file in result.files
        if file.sha256
    )


def _most_important(messages: Sequence[MessageLine]) -> list[MessageLine]:
    """Errors before warnings, then by the number of rows; at most MESSAGES_AT_MOST."""
    ranked = sorted(messages, key=lambda line: (ORDER[level_of(line.type)], -(line.count or 1)))
    return ranked[:MESSAGES_AT_MOST]


def _brief_line(line: MessageLine, names: Names) -> MessageLine:
    line = line if line.source == "validation" else _masked_line(line, names)
    return msgspec.structs.replace(
        line,
        type=line.type[:KEY_CHARACTERS],
        file_name=line.file_name[:NAME_CHARACTERS],
        description=line.description[:TEXT_CHARACTERS],
        code=line.code and line.code[:KEY_CHARACTERS],
        field=line.field and line.field[:NAME_CHARACTERS],
        rows=line.rows[:MESSAGE_ROWS],
        advice=line.advice and line.advice[:TEXT_CHARACTERS],
    )


def _masked_line(line: MessageLine, names: Names) -> MessageLine:
    shown = masked(
        VerificationMessage(
            type=line.type,
            file_name=line.file_name,
            description=line.description,
            code=line.code,
        ),
        names,
    )
    return message_line(shown)


def _brief_found(file: FoundFile) -> FoundFile:
    return msgspec.structs.replace(
        file,
        name=shown_name(file.name, FOUND_CHARACTERS),
        description=file.description[:NAME_CHARACTERS],
    )


def _brief_error(error: RunError | None) -> RunError | None:
    if error is None:
        return None
    return RunError(code=error.code[:KEY_CHARACTERS], message=error.message[:TEXT_CHARACTERS])


def _brief_keys(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by a code of the service. Codes that are equal after shortening are added up."""
    brief: dict[str, int] = {}
    for key, count in list(counts.items())[:KEYS_NAMED]:
        brief[key[:KEY_CHARACTERS]] = _brief_count(brief.get(key[:KEY_CHARACTERS], 0) + count)
    return brief


def _brief_count(count: int) -> int:
    return min(count, LARGEST_COUNT)


def _brief_entities(counts: EntityCounts | None) -> EntityCounts | None:
    if counts is None:
        return None
    return EntityCounts(
        total=_brief_count(counts.total),
        active=None if counts.active is None else _brief_count(counts.active),
        inactive=None if counts.inactive is None else _brief_count(counts.inactive),
    )


def _brief_statistics(statistics: RunStatistics | None) -> RunStatistics | None:
    if statistics is None:
        return None
    return RunStatistics(
        errors=_brief_count(statistics.errors),
        warnings=_brief_count(statistics.warnings),
        organizations=_brief_entities(statistics.organizations),
        people=_brief_entities(statistics.people),
        groups=_brief_entities(statistics.groups),
        memberships=_brief_entities(statistics.memberships),
        matched=_brief_keys(statistics.matched),
        unmatched=_brief_keys(statistics.unmatched),
    )
