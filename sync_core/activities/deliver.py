"""The steps that the target has a part in: ready, upload, start, and how the sync goes on."""

from collections.abc import Sequence

from sync_core.activities.gather import is_current, more_has_landed, overtaken
from sync_core.activities.publish import publish_end
from sync_core.activities.room import Case, answering, log
from sync_core.errors import (
    AccessPendingError,
    AnswerLostError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.landing.fileset import PinnedFile
from sync_core.messages import VerificationMessage, severity
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError
from sync_core.starting import StartPendingError
from sync_core.steps import (
    SHORTEST_WAIT,
    Answer,
    Ended,
    Through,
    Verdict,
    Wait,
    backoff,
    patience,
)
from sync_core.targets import OperationRunningError, Progress, StartPutOffError, UploadFile

FOLLOW_SECONDS = 86_400.0
"""How long a sync is watched at most: it may begin twelve hours late, and take hours then."""

OPERATION_SECONDS = 5.0
"""The service asks for no more than one look at an operation in so many seconds (spec 2.7)."""


@answering
def check_readiness(case: Case) -> Answer:
    """Whether the target takes uploads. Ends as `not_ready` where it will not, or not in time."""
    _check_current(case)
    try:
        readiness = case.target.readiness()
    except AccessPendingError:
        # The target may well be ready; it is the app's identity that somebody has to see to.
        raise
    except TransientError as fault:
        return _patient(case, fault)
    match readiness.state:
        case "ready":
            return Through()
        case "failed":
            return _not_ready(readiness.detail, "target-failed")
        case "waiting":
            return _patient(case, TransientError(readiness.detail))


@answering
def upload_file_set(case: Case) -> Answer:
    """Every file to the target, under its canonical name, read as it was pinned."""
    _check_current(case)
    _upload(case)
    return Through({"files": len(case.question.file_set.files)})


@answering
def verify_upload(case: Case) -> Answer:
    """What the service finds in the upload, where it verifies before a start. Errors end the run.

    Its messages stay in the record, where publishing finds them.
    """
    verifying = case.room.verifying(case.question.file_set, case.target)
    try:
        found = verifying.found(lambda: _upload_anew(case), now=case.question.now)
    except OperationRunningError as running:
        asked = max(_pause(case, running.retry_after), OPERATION_SECONDS)
        raise OperationRunningError(str(running), retry_after=asked) from None
    if found.state == "verified":
        return Through()
    return Ended(_refusal(found.messages, found.note, sent=False))


@answering
def start_sync(case: Case) -> Answer:
    """The start, at most once. Its answer is the run's verdict."""
    files, target = case.question.file_set, case.target
    once = case.room.start_once(files, target)
    try:
        answer = once.answer(now=case.question.now, current=lambda: _may_start(case))
    except StartPutOffError as put_off:
        return _wait(case, put_off) or _scheduled(put_off)
    except (AnswerLostError, StartPendingError) as lost:
        # Giving up here is the record's business alone: any other end would hide that it was sent.
        # The pace of looking for evidence is the record's as well, and no word of the service.
        own = lost.retry_after if isinstance(lost, AnswerLostError) else None
        after = own or _pause(case, lost.retry_after)
        return Wait(max(after, OPERATION_SECONDS), str(lost))
    if answer.outcome is Outcome.REFUSED:
        return Ended(_refusal(answer.messages, answer.note, sent=True))
    return Ended(Verdict(outcome=answer.outcome, summary=answer.note, sent=answer.sent))


@answering
def check_progress(case: Case) -> Answer:
    """How the sync goes on. At its end, or when the watch has to end, the second event is out."""
    overdue = case.question.now - case.question.since >= FOLLOW_SECONDS
    try:
        return _followed(case, overdue=overdue)
    except TransientError as fault:
        # A storage that does not answer for a moment is no reason to stop earlier.
        if not overdue:
            return Wait(_pause(case, fault.retry_after), str(fault))
        log.error("feed %s is no longer followed: %s", case.question.feed, fault)
        raise


def _followed(case: Case, *, overdue: bool) -> Answer:
    files = case.question.file_set
    record = case.room.start_record(files)
    try:
        progress = case.target.progress(record.baseline if record else {})
    except TransientError as fault:
        overdue = overdue or overtaken(case) or _refused_for_good(case, fault)
        if not overdue:
            raise
        progress = Progress(status="not told", state="running")
    except TerminalError as fault:
        log.error("feed %s can no longer be followed: %s", files.feed, fault)
        overdue, progress = True, Progress(status="not told", state="running")
    running = progress.state == "running"
    passed = running and not overdue and overtaken(case)
    if running and not (overdue or passed):
        return Wait(_pause(case, None), f"The sync's status is {progress.status}.")
    publish_end(case, progress, overdue=running, overtaken=passed)
    return Through({"status": progress.status, "more": more_has_landed(case)})


def _refused_for_good(case: Case, fault: TransientError) -> bool:
    """Whether a permission has not come in the time that a permission is waited for."""
    asked = case.question.now - case.question.since
    return isinstance(fault, AccessPendingError) and asked >= case.feed.ready_deadline_seconds


def _may_start(case: Case) -> bool:
    """Whether the files are what they were and the run has not ended meanwhile.

    An activity whose process was frozen may go on when others have ended the run.
    """
    return is_current(case) and not case.room.settled(case.question.file_set)


def _check_current(case: Case) -> None:
    if not is_current(case):
        raise SupersededError("Newer files have landed.")


def _source(case: Case, file: PinnedFile) -> UploadFile:
    return UploadFile(file.name, file.size, lambda: case.room.landing.chunks(file))


def _upload(case: Case) -> None:
    files = case.question.file_set
    pinned = [_source(case, file) for file in files.files]
    case.target.upload(pinned, case.room.upload_log(files))


def _upload_anew(case: Case) -> None:
    _check_current(case)
    case.room.upload_log(case.question.file_set).begin("")
    _upload(case)


def _refusal(messages: Sequence[VerificationMessage], note: str, *, sent: bool) -> Verdict:
    error = None
    if not any(severity(message) == "error" for message in messages):
        message = note or "The service refused the start and gave no reason."
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


def _patient(case: Case, fault: TransientError) -> Answer:
    late = f"The target was not ready in time. {fault}"
    return _wait(case, fault) or _not_ready(late, fault.code)


def _wait(case: Case, fault: TransientError) -> Wait | None:
    """How long to wait for the target; None where the feed's deadline would pass first."""
    feed = case.feed
    return patience(
        case.question,
        fault,
        first=feed.poll_seconds,
        cap=feed.poll_cap_seconds,
        deadline=feed.ready_deadline_seconds,
    )


def _not_ready(detail: str, code: str) -> Ended:
    error = RunError(code=code, message=detail)
    return Ended(Verdict(outcome=Outcome.NOT_READY, summary=detail, error=error))


def _pause(case: Case, asked: float | None) -> float:
    """The longer of our back-off and what the service has asked for."""
    feed = case.feed
    own = backoff(case.question, first=feed.poll_seconds, cap=feed.poll_cap_seconds)
    return min(max(asked or 0.0, own, SHORTEST_WAIT), FOLLOW_SECONDS)
