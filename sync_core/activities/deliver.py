"""The steps that the target has a part in: ready, upload, start, and how the sync goes on."""

from collections.abc import Sequence

from sync_core.activities.activity import activity, log
from sync_core.activities.context import ActivityContext
from sync_core.activities.gather import is_current, more_has_landed, overtaken
from sync_core.activities.publish import publish_end
from sync_core.activities.waiting import SHORTEST_WAIT, backoff, pace_of, retry_or_give_up
from sync_core.delivery.start_once import StartPendingError
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
from sync_core.orchestration.steps import Answer, Done, Ended, Verdict, Wait
from sync_core.results.building import NO_REASON
from sync_core.targets import OperationRunningError, Progress, StartPutOffError, UploadFile

FOLLOW_SECONDS = 86_400.0
"""How long a sync is watched at most: it may begin twelve hours late, and take hours then."""

OPERATION_SECONDS = 5.0
"""The service asks for no more than one look at an operation in so many seconds (spec 2.7)."""


@activity()
def check_readiness(context: ActivityContext) -> Answer:
    """Whether the target takes uploads. Ends as `not_ready` where it will not, or not in time."""
    _check_current(context)
    try:
        readiness = context.target.readiness()
    except AccessPendingError:
        # The target may well be ready; it is the app's identity that somebody has to see to.
        raise
    except TransientError as fault:
        return _patient(context, fault)
    match readiness.state:
        case "ready":
            return Done()
        case "failed":
            return _not_ready(readiness.detail, "target-failed")
        case "waiting":
            return _patient(context, TransientError(readiness.detail))


@activity()
def upload_file_set(context: ActivityContext) -> Answer:
    """Every file to the target, under its canonical name, read as it was pinned."""
    _check_current(context)
    _upload(context)
    return Done({"files": len(context.question.file_set.files)})


@activity()
def verify_upload(context: ActivityContext) -> Answer:
    """What the service finds in the upload, where it verifies before a start. Errors end the run.

    Its messages stay in the record, where publishing finds them.
    """
    verifying = context.services.verifying(context.question.file_set, context.target)
    try:
        found = verifying.found(lambda: _upload_anew(context), now=context.question.now)
    except OperationRunningError as running:
        asked = max(_pause(context, running.retry_after), OPERATION_SECONDS)
        raise OperationRunningError(str(running), retry_after=asked) from None
    if found.state == "verified":
        return Done()
    return Ended(_refusal(found.messages, found.note, sent=False))


@activity()
def start_sync(context: ActivityContext) -> Answer:
    """The start, at most once. Its answer is the run's verdict."""
    files, target = context.question.file_set, context.target
    once = context.services.start_once(files, target)
    try:
        answer = once.answer(now=context.question.now, current=lambda: _may_start(context))
    except StartPutOffError as put_off:
        return _wait(context, put_off) or _scheduled(put_off)
    except (AnswerLostError, StartPendingError) as lost:
        # Giving up here is the record's business alone: any other end would hide that it was sent.
        # The pace of looking for evidence is the record's as well, and no word of the service.
        own = lost.retry_after if isinstance(lost, AnswerLostError) else None
        after = own or _pause(context, lost.retry_after)
        return Wait(max(after, OPERATION_SECONDS), str(lost))
    if answer.outcome is Outcome.REFUSED:
        return Ended(_refusal(answer.messages, answer.note, sent=True))
    return Ended(Verdict(outcome=answer.outcome, summary=answer.note, sent=answer.sent))


@activity()
def check_progress(context: ActivityContext) -> Answer:
    """How the sync goes on. At its end, or when the watch has to end, the second event is out."""
    overdue = context.question.now - context.question.since >= FOLLOW_SECONDS
    try:
        return _followed(context, overdue=overdue)
    except TransientError as fault:
        # A storage that does not answer for a moment is no reason to stop earlier.
        if not overdue:
            return Wait(_pause(context, fault.retry_after), str(fault))
        log.error("feed %s is no longer followed: %s", context.question.feed, fault)
        raise


def _followed(context: ActivityContext, *, overdue: bool) -> Answer:
    files = context.question.file_set
    record = context.services.start_record(files)
    try:
        progress = context.target.progress(record.baseline if record else {})
    except TransientError as fault:
        overdue = overdue or overtaken(context) or _refused_for_good(context, fault)
        if not overdue:
            raise
        progress = Progress(status="not told", state="running")
    except TerminalError as fault:
        log.error("feed %s can no longer be followed: %s", files.feed, fault)
        overdue, progress = True, Progress(status="not told", state="running")
    running = progress.state == "running"
    passed = running and not overdue and overtaken(context)
    if running and not (overdue or passed):
        return Wait(_pause(context, None), f"The sync's status is {progress.status}.")
    publish_end(context, progress, overdue=running, overtaken=passed)
    return Done({"status": progress.status, "more": more_has_landed(context)})


def _refused_for_good(context: ActivityContext, fault: TransientError) -> bool:
    """Whether a permission has not come in the time that a permission is waited for."""
    asked = context.question.now - context.question.since
    return isinstance(fault, AccessPendingError) and asked >= context.feed.ready_deadline_seconds


def _may_start(context: ActivityContext) -> bool:
    """Whether the files are what they were and the run has not ended meanwhile.

    An activity whose process was frozen may go on when others have ended the run.
    """
    return is_current(context) and not context.services.settled(context.question.file_set)


def _check_current(context: ActivityContext) -> None:
    if not is_current(context):
        raise SupersededError("Newer files have landed.")


def _source(context: ActivityContext, file: PinnedFile) -> UploadFile:
    return UploadFile(file.name, file.size, lambda: context.services.landing.chunks(file))


def _upload(context: ActivityContext) -> None:
    files = context.question.file_set
    pinned = [_source(context, file) for file in files.files]
    context.target.upload(pinned, context.services.upload_log(files))


def _upload_anew(context: ActivityContext) -> None:
    _check_current(context)
    context.services.upload_log(context.question.file_set).begin("")
    _upload(context)


def _refusal(messages: Sequence[VerificationMessage], note: str, *, sent: bool) -> Verdict:
    error = None
    if not any(severity(message) == "error" for message in messages):
        message = note or NO_REASON
        error = RunError(code="start-refused", message=message)
    return Verdict(outcome=Outcome.REFUSED, error=error, sent=sent)


def _scheduled(put_off: StartPutOffError) -> Ended:
    """The end of a run whose start was put off until nobody waits any longer.

    It has begun nothing, and the service has verified the files: its schedule takes them.
    """
    summary = (
        f"{put_off} It took no start in time, so no sync was started. The files are verified, and"
        " the service's own schedule takes them."
    )
    return Ended(Verdict(outcome=Outcome.SCHEDULED, summary=summary, sent=True))


def _patient(context: ActivityContext, fault: TransientError) -> Answer:
    late = f"The target was not ready in time. {fault}"
    return _wait(context, fault) or _not_ready(late, fault.code)


def _wait(context: ActivityContext, fault: TransientError) -> Wait | None:
    """How long to wait for the target; None where the feed's deadline would pass first."""
    return retry_or_give_up(context.question, fault, pace_of(context.feed))


def _not_ready(detail: str, code: str) -> Ended:
    error = RunError(code=code, message=detail)
    return Ended(Verdict(outcome=Outcome.NOT_READY, summary=detail, error=error))


def _pause(context: ActivityContext, asked: float | None) -> float:
    """The longer of our back-off and what the service has asked for."""
    feed = context.feed
    own = backoff(context.question, first=feed.poll_seconds, cap=feed.poll_cap_seconds)
    return min(max(asked or 0.0, own, SHORTEST_WAIT), FOLLOW_SECONDS)
