"""From what a run knows to its documents. Pure functions; times come from the orchestration."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sync_core import __version__
from sync_core.landing.fileset import FileSet
from sync_core.model.documents import (
    FileRecord,
    MessageCounts,
    RunResult,
    StartLimitFact,
    SyncEnd,
    TargetReference,
    rfc3339,
)
from sync_core.model.messages import VerificationMessage, severity
from sync_core.model.outcomes import OUTCOMES, Outcome, Severity
from sync_core.orchestration.steps import Publication, Verdict
from sync_core.results import paths
from sync_core.targets import Progress

ERROR_CODES = 50

MISSING_NAMED = 20
"""How many of the missing files a summary names."""


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
        app_version=__version__,
        target=target,
        format=format_name,
        files=_file_records(files, rows),
        counts=counts,
        messages=paths.messages(files),
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
        case Outcome.REFUSED if not counts.errors:
            return f"{_reason(verdict)} The sync did not start."
        case Outcome.REFUSED:
            return f"The service found {errors}; the sync did not start."
        case Outcome.INCOMPLETE:
            return f"The export was not complete in time; waited for: {_named(verdict.missing)}."
        case outcome:
            return OUTCOMES[outcome].meaning


def sync_end(
    files: FileSet, progress: Progress, *, now: float, overdue: bool, scheduled: bool = False
) -> SyncEnd:
    """How the sync itself ended, or that the watch ended first.

    `scheduled`: the sync was left to the service's schedule, and nothing else takes the files.
    """
    weight, sentence = _sync_sentence(progress, overdue=overdue, scheduled=scheduled)
    return SyncEnd(
        feed=files.feed,
        run=files.run,
        status=progress.status,
        ended=not overdue,
        severity=weight,
        summary=sentence,
        errors=_commonest(progress.errors),
        errors_cut=progress.errors_cut or len(progress.errors) > ERROR_CODES,
        statistics=progress.statistics,
        ended_at=rfc3339(now),
    )


def ended_well(end: SyncEnd) -> bool:
    """Whether the sync has taken the files: no record of theirs was dropped."""
    return end.ended and end.severity in {"info", "warning"}


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


def _sync_sentence(progress: Progress, *, overdue: bool, scheduled: bool) -> tuple[Severity, str]:
    if overdue and scheduled:
        return "error", (
            "The run of the service's schedule has not ended while the app watched (status"
            f" {progress.status}). Look in School Data Sync whether it has run; if not, deliver the"
            " export again."
        )
    if overdue:
        return "warning", f"The sync had not ended when the watch did (status {progress.status})."
    if progress.state == "succeeded":
        return "info", f"The sync has ended well. {progress.note}".strip()
    if progress.note:
        weight: Severity = "warning" if progress.state == "warned" else "error"
        return weight, f"The sync ended as {progress.status}. {progress.note}"
    count = _number(sum(progress.errors.values()), "error")
    count = f"at least {count}" if progress.errors_cut else count
    return "error", f"The sync ended as {progress.status} with {count} of the service's."


def _reason(verdict: Verdict) -> str:
    return verdict.error.message if verdict.error else "The service refused the start."


def _named(names: Sequence[str]) -> str:
    more = len(names) - MISSING_NAMED
    return ", ".join(names[:MISSING_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"
