"""The steps that call the target: ready, upload, verify, start, and following the sync."""

from collections.abc import Sequence

from sync_core.activities.activity import activity, log
from sync_core.activities.before_upload import held_before_upload, target_name
from sync_core.activities.compare import TargetChangedError
from sync_core.activities.context import ActivityContext
from sync_core.activities.gather import is_current, more_has_landed, newer_export_is_complete
from sync_core.activities.publish import publish_end
from sync_core.activities.unchanged import note_attempt
from sync_core.activities.waiting import SHORTEST_WAIT, backoff, pace_of, retry_or_give_up
from sync_core.delivery.start_once import StartPendingError, StartRecord, StartUnknownError
from sync_core.landing.fileset import PinnedFile
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    AccessPendingError,
    AnswerLostError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.model.messages import VerificationMessage, severity
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import (
    Answer,
    Ended,
    Followed,
    Ready,
    Uploaded,
    Verdict,
    Verified,
    Wait,
)
from sync_core.results.building import NO_REASON
from sync_core.targets import (
    OperationRunningError,
    Progress,
    ReportsProgress,
    StartPutOffError,
    UploadFile,
    VerifiesUploads,
)

FOLLOW_SECONDS = 86_400.0
"""The app follows a sync for at most this long: it may start twelve hours late and take hours."""

OPERATION_SECONDS = 5.0
"""The shortest pause between two polls of an operation.

docs/service-facts.md#validation-operation
"""


@activity()
def check_readiness(context: ActivityContext) -> Answer:
    """Wait until the target accepts uploads. Ends the run as `not_ready` if it does not in time."""
    try:
        readiness = context.target.readiness()
    except AccessPendingError:
        _check_current(context)
        # Not `not_ready`: the problem is the app's permission, and the target may be ready.
        raise
    except TransientError as fault:
        _check_current(context)
        return _wait_until_ready(context, fault)
    if readiness.state == "ready":
        # The upload comes next, and looks for newer files itself.
        return Ready()
    _check_current(context)
    match readiness.state:
        case "failed":
            return _not_ready(readiness.detail, "target-failed")
        case "waiting":
            return _wait_until_ready(context, TransientError(readiness.detail))


@activity()
def upload_file_set(context: ActivityContext) -> Answer:
    """Upload every file to the target under its canonical name, pinned by ETag."""
    _check_current(context)
    if held := held_before_upload(context):
        return held
    note_attempt(context)
    _upload(context)
    files = len(context.question.file_set.files)
    return Uploaded(files, verify=isinstance(context.target, VerifiesUploads))


@activity()
def verify_upload(context: ActivityContext) -> Answer:
    """Wait for what the service finds in the upload. Errors end the run.

    The messages are kept in the record, which publishing reads.
    """
    target = context.target
    if not isinstance(target, VerifiesUploads) or _has_other_target(context):
        raise _uploaded_elsewhere(context)
    once = context.services.verify_once(context.question.file_set, target)
    try:
        verification = once.verification(lambda: _upload_again(context), now=context.question.now)
    except OperationRunningError as running:
        asked = max(_poll_delay(context, running.retry_after), OPERATION_SECONDS)
        raise OperationRunningError(str(running), retry_after=asked) from None
    if verification.state == "verified":
        return Verified()
    return Ended(_refusal(verification.messages, verification.note, sent=False))


@activity()
def start_sync(context: ActivityContext) -> Answer:
    """Start the sync, at most once. The service's answer decides the run's verdict."""
    files, target = context.question.file_set, context.target
    once = context.services.start_once(files, target)
    try:
        answer = once.answer(
            now=context.question.now,
            current=lambda: _may_start(context),
            check=lambda record: _check_target(context, record),
        )
    except StartPutOffError as put_off:
        return _wait(context, put_off) or _scheduled(put_off)
    except (AnswerLostError, StartPendingError) as lost:
        # Only the record decides when to give up: any other end would hide that a start was sent.
        # It also decides how often to look for evidence; the service's Retry-After does not apply.
        own = lost.retry_after if isinstance(lost, AnswerLostError) else None
        after = own or _poll_delay(context, lost.retry_after)
        return Wait(max(after, OPERATION_SECONDS), str(lost))
    if answer.outcome is Outcome.REFUSED:
        return Ended(_refusal(answer.messages, answer.note, sent=True))
    return Ended(Verdict(outcome=answer.outcome, summary=answer.note, sent=answer.sent))


@activity()
def check_progress(context: ActivityContext) -> Answer:
    """Follow the sync until it has ended or has to be given up, then publish the second event."""
    overdue = context.question.now - context.question.since >= FOLLOW_SECONDS
    try:
        return _followed(context, overdue=overdue)
    except TransientError as fault:
        # Following continues after a transient error, until its own deadline.
        if not overdue:
            return Wait(_poll_delay(context, fault.retry_after), str(fault))
        log.error("feed %s: stopped following the sync: %s", context.question.feed, fault)
        raise


def _followed(context: ActivityContext, *, overdue: bool) -> Answer:
    files = context.question.file_set
    try:
        progress = _progress(context)
    except TransientError as fault:
        # A permission that is still missing after the deadline will not be granted by waiting.
        waited = context.question.now - context.question.since
        denied = (
            isinstance(fault, AccessPendingError) and waited >= context.feed.ready_deadline_seconds
        )
        overdue = overdue or denied or newer_export_is_complete(context)
        if not overdue:
            raise
        progress = Progress(status="unknown", state="running")
    except TerminalError as fault:
        log.error("feed %s: cannot follow the sync any longer: %s", files.feed, fault)
        overdue, progress = True, Progress(status="unknown", state="running")
    running = progress.state == "running"
    superseded = running and not overdue and newer_export_is_complete(context)
    if running and not (overdue or superseded):
        return Wait(_poll_delay(context, None), f"The sync's status is {progress.status}.")
    publish_end(context, progress, overdue=running, superseded=superseded)
    return Followed(progress.status, more_has_landed(context))


def _progress(context: ActivityContext) -> Progress:
    record, target = context.services.start_record(context.question.file_set), context.target
    if isinstance(target, ReportsProgress) and not _has_other_target(context):
        return target.progress(record.baseline if record else {})
    raise TargetChangedError(
        f"The feed's target is {target_name(context)} now, so its last sync can no longer be"
        " followed."
    )


def _may_start(context: ActivityContext) -> bool:
    """Whether the files are unchanged and the run has no result yet.

    An activity whose process was frozen may go on when others have ended the run. Raises
    TargetChangedError where the target verifies before the start and has not verified these files.
    """
    if isinstance(context.target, VerifiesUploads):
        record = context.services.verify_record(context.question.file_set)
        if record is None or record.verification is None:
            raise _uploaded_elsewhere(context)
    return is_current(context) and not context.services.has_result(context.question.file_set)


def _has_other_target(context: ActivityContext) -> bool:
    """Whether the feed was given another target after the files were uploaded."""
    uploaded_to = context.services.uploaded_to(context.question.file_set)
    return uploaded_to not in {None, context.target_reference}


def _check_target(context: ActivityContext, record: StartRecord | None) -> None:
    """Raise if the files were uploaded to another target, unless the start has its answer."""
    if not _has_other_target(context):
        return
    if record is None or record.state == "withdrawn":
        raise _uploaded_elsewhere(context)
    if record.answer is None or record.answer.operation:
        raise StartUnknownError(
            f"The feed's target is {target_name(context)} now, and the start may have been sent to"
            " the former one. Check there in School Data Sync whether a sync ran, then deliver the"
            " export again."
        )


def _uploaded_elsewhere(context: ActivityContext) -> TargetChangedError:
    return TargetChangedError(
        f"The feed's target is {target_name(context)} now, and the files were uploaded to the"
        " former one. Deliver the export again."
    )


def _check_current(context: ActivityContext) -> None:
    if not is_current(context):
        raise SupersededError("Newer files have landed.")


def _upload(context: ActivityContext) -> None:
    def source(file: PinnedFile) -> UploadFile:
        return UploadFile(file.name, file.size, lambda: context.services.landing.chunks(file))

    files = context.question.file_set
    upload_log = context.services.upload_log(files, context.target_reference)
    try:
        context.target.upload([source(file) for file in files.files], upload_log)
    finally:
        upload_log.save()


def _upload_again(context: ActivityContext) -> None:
    _check_current(context)
    files = context.question.file_set
    context.services.upload_log(files, context.target_reference).begin("")
    _upload(context)


def _refusal(messages: Sequence[VerificationMessage], note: str, *, sent: bool) -> Verdict:
    error = None
    if not any(severity(message) == "error" for message in messages):
        message = note or NO_REASON
        error = RunError(code="start-refused", message=message)
    return Verdict(outcome=Outcome.REFUSED, error=error, sent=sent)


def _scheduled(put_off: StartPutOffError) -> Ended:
    """The end of a run whose start was not accepted before the deadline.

    The files are verified, so the next run of the service's own schedule syncs them.
    """
    summary = (
        f"{put_off} No start was accepted before the deadline, so the app started no sync. The"
        " files are verified, and the schedule of School Data Sync will sync them."
    )
    return Ended(Verdict(outcome=Outcome.SCHEDULED, summary=summary, sent=True))


def _wait_until_ready(context: ActivityContext, fault: TransientError) -> Answer:
    late = f"The target was not ready in time. {fault}"
    return _wait(context, fault) or _not_ready(late, fault.code)


def _wait(context: ActivityContext, fault: TransientError) -> Wait | None:
    """How long to wait for the target; None if the feed's deadline would pass first."""
    return retry_or_give_up(context.question, fault, pace_of(context.feed))


def _not_ready(detail: str, code: str) -> Ended:
    error = RunError(code=code, message=detail)
    return Ended(Verdict(outcome=Outcome.NOT_READY, summary=detail, error=error))


def _poll_delay(context: ActivityContext, asked: float | None) -> float:
    """Seconds: the longer of our back-off and the service's Retry-After (`asked`)."""
    feed = context.feed
    own = backoff(context.question, first=feed.poll_seconds, cap=feed.poll_cap_seconds)
    return min(max(asked or 0.0, own, SHORTEST_WAIT), FOLLOW_SECONDS)
