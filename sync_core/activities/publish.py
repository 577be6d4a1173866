"""Publishing: the blobs first, then the message that tells of them."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from sync_core.activities.gather import more_has_landed
from sync_core.activities.room import (
    NOT_ANNOUNCED,
    Case,
    folder,
    result_name,
    started_name,
    tireless,
)
from sync_core.activities.validate import Validated, validated_name
from sync_core.landing.fileset import FileSet
from sync_core.messages import VerificationMessage
from sync_core.outcomes import Outcome
from sync_core.results.building import run_result, sync_end
from sync_core.results.documents import (
    MessageLine,
    RunError,
    RunResult,
    StartLimitFact,
    SyncEnd,
    TargetReference,
    message_line,
)
from sync_core.results.events import ended_event, finished_event
from sync_core.starting import StartRecord
from sync_core.steps import Answer, Publication, Through, Verdict
from sync_core.targets import DRY_RUN_STATUS, KINDS, Progress, StartLimit
from sync_core.verifying import VerifyRecord

log = logging.getLogger("sis_sync")

RUN_FINISHED = "run finished"
SYNC_ENDED = "sync ended"
"""What alert rules search for; the fields follow as key=value."""

CUT_AFTER, SILENT_AFTER = 2, 4
"""After how many breakdowns an event goes without messages, and after how many not at all. Both are
below `BREAKDOWNS`, after which following a sync is given up."""

STARTED = frozenset({Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS})
DECIDED = frozenset(
    {Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS, Outcome.REFUSED, Outcome.UNKNOWN}
)
"""The outcomes that say what became of a start."""


@tireless
def publish_result(case: Case) -> Answer:
    """The final result of a run, written once; a repetition finds it and tells of it again."""
    publication = case.question
    if not isinstance(publication, Publication):
        raise TypeError("publish_result is asked with a Publication.")
    result, lines = _final(case, publication)
    files = publication.file_set
    address = case.room.results.address(result_name(files))
    _update_latest(case, result)
    _announce(case, lambda cut: finished_event(result, lines, address, cut=cut))
    _log_result(result)
    return Through(
        {
            "run": result.run,
            "outcome": result.outcome,
            "severity": result.severity,
            "follow": case.feed.follow and result.sent and result.outcome in STARTED,
            "more": more_has_landed(case),
        }
    )


def publish_end(case: Case, progress: Progress, *, overdue: bool) -> None:
    """`sync.json` and the second event of a run."""
    files, store = case.question.file_set, case.room.results
    name = f"{folder(files)}/sync.json"
    end = sync_end(files, progress, now=case.question.now, overdue=overdue)
    if not store.create(name, msgspec.json.encode(end)):
        end = store.decoded(name, SyncEnd) or end
    _announce(case, lambda cut: ended_event(files, end, store.address(name), cut=cut))
    log.info("%s feed=%s run=%s status=%s", SYNC_ENDED, end.feed, end.run, end.status)


def _announce(case: Case, event: Callable[[bool], msgspec.Struct]) -> None:
    """Put the event on the queue, or what is left of it where the queue has refused it before.

    The host writes the message after the activity has answered; where it cannot, the activity has
    broken down. The last tries go without messages, and then without an event: a queue that refuses
    everything must not keep the feed from its next run.
    """
    refused = case.question.breakdowns
    if refused < SILENT_AFTER:
        case.emit(_text(event(refused >= CUT_AFTER)))
        return
    files = case.question.file_set
    log.critical(
        "%s feed=%s run=%s reason=the activity broke down %d times; look at the queue, and read"
        " the result in the results container",
        NOT_ANNOUNCED,
        files.feed,
        files.run,
        refused,
    )


def _final(case: Case, publication: Publication) -> tuple[RunResult, Sequence[MessageLine]]:
    files, store = publication.file_set, case.room.results
    validated = store.decoded(validated_name(folder(files)), Validated)
    verified, started = case.room.verify_record(files), case.room.start_record(files)
    messages = _messages(validated, verified, started)
    result = run_result(
        msgspec.structs.replace(publication, verdict=_honest(publication.verdict, started)),
        messages,
        validated.rows if validated else {},
        target=_target_of(case),
        format_name=case.feed.format,
        start_limit=_start_limit(KINDS[case.feed.target].start_limit, started),
    )
    lines = [message_line(message) for message in messages]
    return _kept(case, files, result, lines)


def _target_of(case: Case) -> TargetReference:
    feed = case.feed
    if case.fault is not None:
        return TargetReference(kind="unknown", id=feed.name)
    return TargetReference(kind=feed.target, id=feed.target_id or feed.name)


def _kept(
    case: Case, files: FileSet, result: RunResult, lines: list[MessageLine]
) -> tuple[RunResult, Sequence[MessageLine]]:
    store = case.room.results
    if not store.has(result_name(files)):
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        store.write(result.messages, body, content_type="application/x-ndjson")
        if store.create(result_name(files), msgspec.json.encode(result)):
            return result, lines
    return store.decoded(result_name(files), RunResult) or result, lines


def _honest(verdict: Verdict, started: StartRecord | None) -> Verdict:
    """No run may end as if nothing had been sent while a sync runs, or a start's fate is open."""
    if started is None or started.state == "withdrawn" or verdict.outcome in DECIDED:
        return verdict
    answer = started.answer
    if answer is not None and not answer.operation:
        outcome = Outcome.STARTED if answer.started else Outcome.REFUSED
        outcome = outcome if answer.sent else Outcome.DRY_RUN
        return Verdict(outcome=outcome, summary=answer.note, sent=answer.sent)
    if started.before == DRY_RUN_STATUS:
        return verdict
    error = RunError(
        code="start-unknown",
        message="The run broke off after the start may have been sent. Look at the profile in"
        " School Data Sync; if no sync has run, drop the export again.",
    )
    return Verdict(outcome=Outcome.UNKNOWN, error=error, sent=True)


def _messages(
    validated: Validated | None, verified: VerifyRecord | None, started: StartRecord | None
) -> list[VerificationMessage]:
    findings: tuple[VerificationMessage, ...] = validated.findings if validated else ()
    verification = verified.verification if verified else None
    answer = started.answer if started else None
    return [
        *findings,
        *(verification.messages if verification else ()),
        *(answer.messages if answer else ()),
    ]


def _start_limit(limit: StartLimit | None, started: StartRecord | None) -> StartLimitFact | None:
    if limit is None:
        return None
    answer = started.answer if started else None
    return StartLimitFact(
        starts=limit.starts,
        hours=limit.hours,
        left_to_schedule=answer is not None and answer.left_to_schedule,
    )


def _update_latest(case: Case, result: RunResult) -> None:
    store, name = case.room.results, f"{result.feed}/latest.json"
    latest = store.decoded(name, RunResult)
    # Run ids sort by time: an older export that was overtaken must not hide the newer one. The id
    # of a run that found no files is the time of that run, which says nothing about exports.
    if latest is not None and latest.files and latest.run > result.run:
        return
    store.write(name, msgspec.json.encode(result))
    if result.sent and result.outcome in STARTED:
        store.write(started_name(result.feed), msgspec.json.encode(result))


def _log_result(result: RunResult) -> None:
    log.info(
        "%s feed=%s run=%s outcome=%s severity=%s errors=%d warnings=%d%s",
        RUN_FINISHED,
        result.feed,
        result.run,
        result.outcome,
        result.severity,
        result.counts.errors,
        result.counts.warnings,
        " (nothing was sent)" if result.outcome is Outcome.DRY_RUN else "",
    )


def _text(document: msgspec.Struct) -> str:
    return msgspec.json.encode(document).decode()
