"""From what a run knows to its documents. Pure functions; times come from the orchestration."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.messages import VerificationMessage, severity
from sync_core.outcomes import OUTCOMES, Outcome, Severity
from sync_core.results.documents import (
    FileRecord,
    MessageCounts,
    MessageLine,
    RunError,
    RunFinished,
    RunFinishedEvent,
    RunResult,
    StartLimitFact,
    SyncEnd,
    SyncEnded,
    SyncEndedEvent,
    TargetReference,
    rfc3339,
)
from sync_core.steps import Publication, Verdict
from sync_core.targets import Progress

ERROR_CODES = 50

EVENT_BYTES = 48 * 1024
"""A queue message holds 64 KiB; base64 makes four bytes of three."""

MISSING_NAMED, NAME_CHARACTERS, TEXT_CHARACTERS = 20, 200, 1_000
"""What an event tells at most of what the exporter (a manifest) or the service has written: an
event that does not fit into the queue would never be told at all."""


def counted(messages: Iterable[VerificationMessage]) -> MessageCounts:
    """How many messages of each weight."""
    weights = Counter(severity(message) for message in messages)
    return MessageCounts(
        errors=weights["error"], warnings=weights["warning"], information=weights["information"]
    )


def weighed(verdict: Verdict, counts: MessageCounts) -> Verdict:
    """The verdict once all messages are known: a start with warnings is one of its own kind."""
    if verdict.outcome is Outcome.STARTED and counts.warnings:
        return msgspec.structs.replace(verdict, outcome=Outcome.STARTED_WITH_WARNINGS)
    return verdict


def run_result(
    publication: Publication,
    messages: Sequence[VerificationMessage],
    rows: Mapping[str, int],
    *,
    target: TargetReference,
    format_name: str,
    start_limit: StartLimitFact | None = None,
) -> RunResult:
    """The result document of a run."""
    files = publication.file_set
    counts = counted(messages)
    verdict = weighed(publication.verdict, counts)
    return RunResult(
        feed=files.feed,
        run=files.run,
        generation=files.generation,
        outcome=verdict.outcome,
        severity=verdict.outcome.severity,
        summary=summary(verdict, counts, files),
        action=OUTCOMES[verdict.outcome].action,
        error=verdict.error,
        missing=verdict.missing,
        sent=verdict.sent,
        start_limit=start_limit,
        target=target,
        format=format_name,
        files=_file_records(files, rows),
        counts=counts,
        messages=f"{files.feed}/{files.run}/messages.jsonl",
        steps=publication.steps,
        landed_at=rfc3339(files.landed_at),
        started_at=rfc3339(publication.started_at),
        ended_at=rfc3339(publication.now),
    )


def summary(verdict: Verdict, counts: MessageCounts, files: FileSet) -> str:
    """One sentence for a person at seven in the morning."""
    if verdict.summary:
        return verdict.summary
    errors, warnings = _number(counts.errors, "error"), _number(counts.warnings, "warning")
    match verdict.outcome:
        case Outcome.STARTED:
            return f"The sync has started with {_number(len(files.files), 'file')}."
        case Outcome.STARTED_WITH_WARNINGS:
            return f"The sync has started, with {warnings}."
        case Outcome.REJECTED:
            return f"Validation found {errors}; nothing was uploaded."
        case Outcome.REFUSED:
            return f"The service found {errors}; the sync did not start."
        case Outcome.INCOMPLETE:
            return f"The export was not complete in time; waited for: {_named(verdict.missing)}."
        case outcome:
            return OUTCOMES[outcome].meaning


def finished_event(
    result: RunResult, messages: Sequence[MessageLine], address: str
) -> RunFinishedEvent:
    """The event about a result, with as many messages as fit into a queue message."""
    lines = tuple(messages)
    fitting = _most(len(lines), lambda n: _size(_event(result, lines[:n], len(lines), address)))
    return _event(result, lines[:fitting], len(lines), address)


def sync_end(files: FileSet, progress: Progress, *, now: float, overdue: bool) -> SyncEnd:
    """How the sync itself ended, or that the watch ended first."""
    weight, sentence = _sync_sentence(progress, overdue=overdue)
    return SyncEnd(
        feed=files.feed,
        run=files.run,
        status=progress.status,
        ended=not overdue,
        severity=weight,
        summary=sentence,
        errors=_commonest(progress.errors),
        statistics=progress.statistics,
        ended_at=rfc3339(now),
    )


def ended_event(files: FileSet, end: SyncEnd, address: str) -> SyncEndedEvent:
    """The second event of a run."""
    return SyncEndedEvent(
        id=f"{end.feed}/{end.run}/sync",
        source=f"/sis-sync/feeds/{end.feed}",
        subject=files.generation,
        time=end.ended_at,
        data=SyncEnded(
            feed=end.feed,
            run=end.run,
            status=end.status,
            ended=end.ended,
            severity=end.severity,
            summary=end.summary,
            errors=end.errors,
            statistics=end.statistics,
            result=address,
        ),
    )


def _event(
    result: RunResult, lines: tuple[MessageLine, ...], total: int, address: str
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
            action=result.action,
            error=_brief(result.error),
            missing=tuple(name[:NAME_CHARACTERS] for name in result.missing[:MISSING_NAMED]),
            counts=result.counts,
            messages=lines,
            messages_left_out=total - len(lines),
            result=address,
        ),
    )


def _most(upper: int, size: Callable[[int], int]) -> int:
    """The largest count whose event still fits; sizes grow with the count."""
    low, high = 0, upper
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(middle) <= EVENT_BYTES else (low, middle - 1)
    return low


def _size(event: RunFinishedEvent) -> int:
    return len(msgspec.json.encode(event))


def _file_records(files: FileSet, rows: Mapping[str, int]) -> tuple[FileRecord, ...]:
    return tuple(
        FileRecord(
            name=file.name,
            blob=file.blob,
            etag=file.etag,
            size=file.size,
            rows=rows.get(file.name),
        )
        for file in files.files
    )


def _commonest(errors: Mapping[str, int]) -> dict[str, int]:
    """The codes that matter most; how many kinds of code there are is not ours to bound."""
    return dict(Counter(errors).most_common(ERROR_CODES))


def _sync_sentence(progress: Progress, *, overdue: bool) -> tuple[Severity, str]:
    if overdue:
        return "warning", f"The sync had not ended when the watch did (status {progress.status})."
    if progress.state == "succeeded":
        return "info", f"The sync has ended well. {progress.note}".strip()
    if progress.note:
        weight: Severity = "warning" if progress.state == "warned" else "error"
        return weight, f"The sync ended as {progress.status}. {progress.note}"
    count = _number(sum(progress.errors.values()), "error")
    return "error", f"The sync ended as {progress.status} with {count} of the service's."


def _brief(error: RunError | None) -> RunError | None:
    if error is None:
        return None
    return RunError(code=error.code, message=error.message[:TEXT_CHARACTERS])


def _named(names: Sequence[str]) -> str:
    more = len(names) - MISSING_NAMED
    return ", ".join(names[:MISSING_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"
