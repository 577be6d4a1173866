"""Publishes results: first the blobs, then the event that refers to them."""

import logging
from collections.abc import Sequence

import msgspec

from sync_core.activities.activity import activity
from sync_core.activities.announce import announce
from sync_core.activities.approvals import end_hold, keep_hold
from sync_core.activities.baselines import (
    confirm_baseline,
    forget_unknown,
    keep_started,
    note_unknown,
)
from sync_core.activities.compare import GuardRecord
from sync_core.activities.context import ActivityContext
from sync_core.activities.gather import more_has_landed
from sync_core.activities.report import rewrite_report, write_report
from sync_core.activities.unchanged import UNSETTLED, note_attempt
from sync_core.activities.validate import ValidationRecord
from sync_core.delivery.start_once import StartRecord
from sync_core.delivery.verification import VerifyRecord
from sync_core.landing.fileset import FileSet
from sync_core.model.documents import (
    MessageLine,
    RunError,
    RunResult,
    StartLimitFact,
    SyncEnd,
    message_line,
    rfc3339,
)
from sync_core.model.holds import Hold
from sync_core.model.messages import VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import StartLimit
from sync_core.orchestration.steps import Answer, Publication, Published, Verdict
from sync_core.results import paths
from sync_core.results.building import (
    NOT_GUARDED,
    GuardFacts,
    ended_well,
    run_result,
    sync_end,
)
from sync_core.results.events import ended_event, finished_event
from sync_core.targets import DRY_RUN_STATUS, Progress

log = logging.getLogger("sis_sync")

RUN_FINISHED = "run finished"
SYNC_ENDED = "sync ended"
"""Alert rules search for these texts. The fields follow as key=value."""

STARTED = frozenset({Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS})
DECIDED = STARTED | {Outcome.SCHEDULED, Outcome.REFUSED, Outcome.UNKNOWN}
"""The outcomes that say what happened to a start."""


@activity(gives_up=False, needs_settings=False)
def publish_result(context: ActivityContext) -> Answer:
    """Write the final result of a run once, and send its event. A repeated call sends it again."""
    publication = context.question
    if not isinstance(publication, Publication):
        raise TypeError("publish_result needs a Publication.")
    result, lines = _final(context, publication)
    files = publication.file_set
    address = context.services.results.address(paths.result(files))
    if result.outcome in UNSETTLED:
        note_attempt(context)
    may_hold = _update_feed(context, result)
    if not _was_announced(result, publication):
        announce(context, lambda cut: finished_event(result, lines, address, cut=cut))
        _log_result(result)
    return Published(
        run=result.run,
        outcome=result.outcome,
        severity=result.severity,
        follow=_is_followed(context, result),
        more=more_has_landed(context, done=files, may_hold=may_hold),
    )


def publish_end(
    context: ActivityContext, progress: Progress, *, overdue: bool, superseded: bool
) -> None:
    """Write `sync.json` and the report once more, and send the second event of a run.

    `overdue`: the app stops following the sync before it has ended. `superseded`: it does so
    because a newer export is complete.

    If a scheduled run ended well, its files become the last ones whose sync was started.
    """
    files, store = context.question.file_set, context.services.results
    name = paths.sync_end(files)
    result = store.decoded(paths.result(files), RunResult)
    scheduled = result is not None and result.outcome is Outcome.SCHEDULED
    missed = scheduled and not superseded
    end = sync_end(files, progress, now=context.question.now, overdue=overdue, scheduled=missed)
    if not store.create(name, msgspec.json.encode(end)):
        end = store.decoded(name, SyncEnd) or end
    if result is not None:
        rewrite_report(context, result, end)
    if result is not None and scheduled and ended_well(end):
        _note_start(context, result, end.ended_at)
    report = store.address(result.report) if result is not None and result.report else None
    address = store.address(name)
    announce(context, lambda cut: ended_event(files, end, address, report=report, cut=cut))
    log.info("%s feed=%s run=%s status=%s", SYNC_ENDED, end.feed, end.run, end.status)


def _was_announced(result: RunResult, publication: Publication) -> bool:
    """Whether an earlier run has announced the same fault, which kept both from finding files."""
    is_earlier = result.started_at != rfc3339(publication.started_at)
    return is_earlier and not publication.file_set.files


def _is_followed(context: ActivityContext, result: RunResult) -> bool:
    """Whether to follow the sync. A scheduled run always is: only its end shows a success."""
    if result.outcome is Outcome.SCHEDULED:
        return result.sent
    return context.feed.follow and result.sent and result.outcome in STARTED


def _final(
    context: ActivityContext, publication: Publication
) -> tuple[RunResult, Sequence[MessageLine]]:
    files, store = publication.file_set, context.services.results
    validated = store.decoded(paths.validation_record(files), ValidationRecord)
    guarded = store.decoded(paths.guard_record(files), GuardRecord)
    # The steps of a usual run show whether a verification was asked for.
    has_skipped = {"start"} == {"verify", "start"} & {step.name for step in publication.steps}
    verified = None if has_skipped else context.services.verify_record(files)
    started = context.services.start_record(files)
    messages = _messages(validated, verified, started)
    verdict = _reconcile_with_start(publication.verdict, started)
    result = run_result(
        msgspec.structs.replace(publication, verdict=verdict),
        messages,
        validated.rows if validated else {},
        target=context.services.uploaded_to(files) or context.target_reference,
        format_name=context.feed.format,
        start_limit=_start_limit(context.feed.kind.start_limit, verdict),
        rules=validated.rules if validated else context.feed.rules,
        sha256=validated.sha256 if validated else {},
        guards=_guard_facts(files, guarded),
    )
    lines = [message_line(message) for message in messages]
    return _write_once(context, result, lines, guarded or validated)


def _guard_facts(files: FileSet, record: GuardRecord | None) -> GuardFacts:
    if record is None:
        return NOT_GUARDED
    hold = Hold(
        feed=files.feed,
        run=files.run,
        generation=files.generation,
        trips=record.trips,
        held_at=record.held_at,
    )
    return GuardFacts(record.compared_with, hold if record.trips else None, record.approval)


def _write_once(
    context: ActivityContext,
    result: RunResult,
    lines: list[MessageLine],
    counted: GuardRecord | ValidationRecord | None,
) -> tuple[RunResult, Sequence[MessageLine]]:
    store = context.services.results
    if not store.has(paths.result(result)):
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        store.write(result.messages, body, content_type="application/x-ndjson")
        follow = _is_followed(context, result)
        result = write_report(context, result, lines, counted, follow=follow)
        if store.create(paths.result(result), msgspec.json.encode(result)):
            return result, lines
    return store.decoded(paths.result(result), RunResult) or result, lines


def _reconcile_with_start(verdict: Verdict, started: StartRecord | None) -> Verdict:
    """The verdict, corrected by the record of the start.

    A run must not end as if no start had been sent if one was sent, or may have been.
    """
    if started is None or started.state == "withdrawn" or verdict.outcome in DECIDED:
        return verdict
    answer = started.answer
    if answer is not None and not answer.operation:
        return Verdict(outcome=answer.outcome, summary=answer.note, sent=answer.sent)
    if started.before == DRY_RUN_STATUS:
        return verdict
    error = RunError(
        code="start-unknown",
        message="The run ended after the start request may have been sent, and its answer is not"
        " known. Check in School Data Sync whether a sync ran. If not, deliver the export again.",
    )
    return Verdict(outcome=Outcome.UNKNOWN, error=error, sent=True)


def _messages(
    validated: ValidationRecord | None, verified: VerifyRecord | None, started: StartRecord | None
) -> list[VerificationMessage]:
    findings: tuple[VerificationMessage, ...] = validated.findings if validated else ()
    verification = verified.verification if verified else None
    answer = started.answer if started else None
    return [
        *findings,
        *(verification.messages if verification else ()),
        *(answer.messages if answer else ()),
    ]


def _start_limit(limit: StartLimit | None, verdict: Verdict) -> StartLimitFact | None:
    if limit is None:
        return None
    left = verdict.outcome is Outcome.SCHEDULED
    return StartLimitFact(starts=limit.starts, hours=limit.hours, left_to_schedule=left)


def _update_feed(context: ActivityContext, result: RunResult) -> bool:
    """Update what the feed keeps of its runs: the newest result, the hold and the baseline.

    Returns False if the feed has no open hold.
    """
    services, may_hold = context.services, True
    is_latest = _update_latest(context, result)
    if result.outcome is Outcome.HELD and result.held is not None and is_latest:
        keep_hold(services, result.held)
    else:
        may_hold = end_hold(services, result)
    if result.outcome is Outcome.UNKNOWN and is_latest:
        note_unknown(services, result)
    elif result.outcome in STARTED and result.sent:
        _note_start(context, result, result.ended_at)
    elif result.outcome is Outcome.DRY_RUN:
        confirm_baseline(context, result, result.ended_at)
    return may_hold


def _note_start(context: ActivityContext, result: RunResult, at: str) -> None:
    confirm_baseline(context, result, at)
    keep_started(context.services, result)
    forget_unknown(context.services, result)


def _update_latest(context: ActivityContext, result: RunResult) -> bool:
    def is_newer(there: RunResult) -> bool:
        # Run ids sort by time: the result of an older export must not replace a newer one. The id
        # of a run that is not about files has another time, so it does not count.
        return _is_about_files(there) and _is_about_files(result) and there.run > result.run

    store = context.services.results
    return store.update(paths.latest(result.feed), RunResult, result, unless=is_newer)


def _is_about_files(result: RunResult) -> bool:
    return bool(result.files or result.found)


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
