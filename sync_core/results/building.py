"""Builds the documents of a run. Pure functions; times come from the orchestration."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from sync_core import __version__
from sync_core.landing.fileset import FileSet
from sync_core.model.commands import RunCommands
from sync_core.model.documents import (
    FileRecord,
    MessageCounts,
    RunResult,
    StartLimitFact,
    SyncEnd,
    TargetReference,
    rfc3339,
)
from sync_core.model.holds import Decision, Hold
from sync_core.model.messages import RuleChanges, VerificationMessage, in_words, severity
from sync_core.model.outcomes import OUTCOMES, Outcome, Severity
from sync_core.model.words import counted, first_of
from sync_core.orchestration.steps import Publication, Verdict
from sync_core.results import paths
from sync_core.results.found_text import found_sentences, incomplete_action
from sync_core.results.hold_text import held_action, held_sentences, unknown_action
from sync_core.targets import Progress

ERROR_CODES = 50
"""How many error codes of the service `sync.json` lists at most, the most frequent first."""

MISSING_NAMED = 20
"""How many of the missing files a summary names."""

SAME_FILES_AGAIN = frozenset({Outcome.NOT_READY, Outcome.FAILED})
"""After these outcomes the files may be right as they are."""

ERRORS_TO_FIX = frozenset({Outcome.REJECTED, Outcome.REFUSED})
"""After these outcomes, the errors in the messages are to be fixed, if there are any."""

NO_REASON = "School Data Sync refused the start and gave no reason."


class GuardFacts(NamedTuple):
    """What the guards found: the run of the baseline, the reasons to hold, and the approval."""

    compared_with: str | None = None
    hold: Hold | None = None
    approval: Decision | None = None


NOT_GUARDED = GuardFacts()


def count_messages(messages: Iterable[VerificationMessage]) -> MessageCounts:
    """The number of messages at each level."""
    levels = Counter(severity(message) for message in messages)
    return MessageCounts(
        errors=levels["error"], warnings=levels["warning"], information=levels["information"]
    )


def run_result(
    publication: Publication,
    messages: Sequence[VerificationMessage],
    rows: Mapping[str, int],
    *,
    target: TargetReference,
    format_name: str,
    start_limit: StartLimitFact | None = None,
    rules: RuleChanges | None = None,
    sha256: Mapping[str, str] | None = None,
    guards: GuardFacts = NOT_GUARDED,
) -> RunResult:
    """The result document of a run. `rows` and `sha256` are by the name of the file."""
    files = publication.file_set
    counts = count_messages(messages)
    verdict = publication.verdict
    if verdict.outcome is Outcome.STARTED and counts.warnings:
        verdict = msgspec.structs.replace(verdict, outcome=Outcome.STARTED_WITH_WARNINGS)
    hold = guards.hold if verdict.outcome in {Outcome.HELD, Outcome.DRY_RUN} else None
    return RunResult(
        feed=files.feed,
        run=files.run,
        generation=files.generation,
        outcome=verdict.outcome,
        severity=verdict.outcome.severity,
        summary=summary(verdict, counts, files, hold) + _changed(rules or {}),
        action=_action(verdict, counts, files, hold),
        error=verdict.error,
        missing=verdict.missing,
        found=verdict.found,
        found_left_out=verdict.found_left_out,
        sent=verdict.sent,
        start_limit=start_limit,
        app_version=__version__,
        target=target,
        format=format_name,
        rules=dict(rules or {}),
        compared_with=guards.compared_with,
        held=hold,
        approves=files.approves or None,
        approval=guards.approval,
        files=_file_records(files, rows, sha256 or {}),
        counts=counts,
        messages=paths.messages(files),
        steps=publication.steps,
        landed_at=rfc3339(files.landed_at),
        started_at=rfc3339(publication.started_at),
        ended_at=rfc3339(publication.now),
    )


def summary(
    verdict: Verdict, counts: MessageCounts, files: FileSet, hold: Hold | None = None
) -> str:
    """What tells an administrator how the run ended, in one sentence where that is possible."""
    if hold is not None and verdict.outcome is Outcome.HELD:
        return f"The run is held, and nothing was uploaded. {held_sentences(hold)}"
    if hold is not None:
        return f"{verdict.sentence} The run would be held. {held_sentences(hold)}"
    if verdict.summary:
        return verdict.summary
    errors, warnings = counted(counts.errors, "error"), counted(counts.warnings, "warning")
    match verdict.outcome:
        case Outcome.STARTED:
            return f"The sync has started with {counted(len(files.files), 'file')}."
        case Outcome.STARTED_WITH_WARNINGS:
            return f"The sync has started, with {warnings}."
        case Outcome.REJECTED:
            return f"Validation found {errors}; nothing was uploaded."
        case Outcome.REFUSED if not counts.errors:
            reason = verdict.error.message if verdict.error else NO_REASON
            return f"{reason} The sync did not start."
        case Outcome.REFUSED:
            return f"School Data Sync returned {errors}; the sync did not start."
        case Outcome.INCOMPLETE:
            missing = first_of(verdict.missing, MISSING_NAMED)
            found = found_sentences(verdict.found, verdict.found_left_out)
            return f"The export was not complete by its deadline. Missing: {missing}.{found}"
        case outcome:
            return OUTCOMES[outcome].meaning


def _action(verdict: Verdict, counts: MessageCounts, files: FileSet, hold: Hold | None) -> str:
    if verdict.outcome is Outcome.UNKNOWN:
        return unknown_action(files.feed, files.run)
    if hold is not None and verdict.outcome is Outcome.HELD:
        return held_action(hold)
    if verdict.outcome is Outcome.INCOMPLETE:
        return incomplete_action(verdict.missing, verdict.found)
    if verdict.outcome in ERRORS_TO_FIX and not counts.errors:
        return "Correct what the summary says, then deliver the export again."
    action = OUTCOMES[verdict.outcome].action
    if verdict.outcome in SAME_FILES_AGAIN and files.files:
        again = RunCommands(files.feed, files.run).redeliver
        return f"{action} To deliver the same files again: {again}."
    return action


def sync_end(
    files: FileSet, progress: Progress, *, now: float, overdue: bool, scheduled: bool = False
) -> SyncEnd:
    """The document about the end of the sync itself.

    `overdue`: the app stops following the sync before it has ended. `scheduled`: no start was
    accepted, so only a run of the service's own schedule can sync the files.
    """
    level, sentence = _sync_sentence(progress, overdue=overdue, scheduled=scheduled)
    return SyncEnd(
        feed=files.feed,
        run=files.run,
        status=progress.status,
        ended=not overdue,
        severity=level,
        summary=sentence,
        errors=dict(Counter(progress.errors).most_common(ERROR_CODES)),
        errors_cut=progress.errors_cut or len(progress.errors) > ERROR_CODES,
        statistics=progress.statistics,
        ended_at=rfc3339(now),
    )


def ended_well(end: SyncEnd) -> bool:
    """Whether the sync ended and no record was dropped."""
    return end.ended and end.severity in {"info", "warning"}


def _changed(rules: RuleChanges) -> str:
    return f" The feed changes the severity of rules: {in_words(rules)}." if rules else ""


def _file_records(
    files: FileSet, rows: Mapping[str, int], sha256: Mapping[str, str]
) -> tuple[FileRecord, ...]:
    return tuple(
        FileRecord(
            name=file.name,
            blob=file.blob,
            etag=file.etag,
            size=file.size,
            rows=rows.get(file.name),
            sha256=sha256.get(file.name),
        )
        for file in files.files
    )


def _sync_sentence(progress: Progress, *, overdue: bool, scheduled: bool) -> tuple[Severity, str]:
    if overdue and scheduled:
        return "error", (
            "The scheduled run had not finished when the app stopped watching it (last status:"
            f" {progress.status}). Check in School Data Sync whether it ran; if not, deliver the"
            " export again."
        )
    if overdue:
        return "warning", (
            "The sync had not finished when the app stopped watching it (last status:"
            f" {progress.status}). Check in School Data Sync how it ended."
        )
    if progress.state == "succeeded":
        return "info", f"The sync finished successfully. {progress.note}".strip()
    if progress.note:
        level: Severity = "warning" if progress.state == "warned" else "error"
        return level, f"The sync ended with the status {progress.status}. {progress.note}"
    errors = counted(sum(progress.errors.values()), "error")
    errors = f"at least {errors}" if progress.errors_cut else errors
    return "error", (
        f"The sync ended with the status {progress.status}. School Data Sync reports {errors}."
    )
