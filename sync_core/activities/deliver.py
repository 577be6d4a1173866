"""The steps that the target has a part in: ready, upload, start, and how the sync goes on."""

from collections.abc import Sequence

from sync_core.activities.gather import is_current, more_has_landed, overtaken
from sync_core.activities.publish import publish_end
from sync_core.activities.room import Case, answering, log
from sync_core.errors import AnswerLostError, SupersededError, TerminalError, TransientError
from sync_core.landing.fileset import PinnedFile
from sync_core.messages import VerificationMessage
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
from sync_core.targets import OperationRunningError, Progress, UploadFile

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
        found = verifying.found(lambda: _upload_anew(case))
    except OperationRunningError as running:
        asked = max(running.retry_after or _pause(case, None), OPERATION_SECONDS)
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
    except (AnswerLostError, StartPendingError) as lost:
        # Giving up here is the record's business alone: any other end would hide that it was sent.
        after = _pause(case, lost.retry_after)
        return Wait(max(after, OPERATION_SECONDS), str(lost))
    if answer.started:
        outcome = Outcome.STARTED if answer.sent else Outcome.DRY_RUN
        return Ended(Verdict(outcome=outcome, summary=answer.note, sent=answer.sent))
    return Ended(_refusal(answer.messages, answer.note, sent=True))


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
        progress = case.target.progress(record.before if record else {})
    except TransientError:
        if not overdue:
            raise
        progress = Progress(status="not told", state="running")
    except TerminalError as fault:
        log.error("feed %s can no longer be followed: %s", files.feed, fault)
        overdue, progress = True, Progress(status="not told", state="running")
    unwatched = progress.state == "running" and (overdue or overtaken(case))
    if progress.state == "running" and not unwatched:
        return Wait(_pause(case, None), f"The sync's status is {progress.status}.")
    publish_end(case, progress, overdue=unwatched)
    return Through({"status": progress.status, "more": more_has_landed(case)})


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
    if not messages:
        message = note or "The service refused the start and gave no reason."
        error = RunError(code="start-refused", message=message)
    return Verdict(outcome=Outcome.REFUSED, error=error, sent=sent)


def _patient(case: Case, fault: TransientError) -> Answer:
    feed = case.feed
    wait = patience(
        case.question,
        fault,
        first=feed.poll_seconds,
        cap=feed.poll_cap_seconds,
        deadline=feed.ready_deadline_seconds,
    )
    return wait or _not_ready(f"The target was not ready in time. {fault}", fault.code)


def _not_ready(detail: str, code: str) -> Ended:
    error = RunError(code=code, message=detail)
    return Ended(Verdict(outcome=Outcome.NOT_READY, summary=detail, error=error))


def _pause(case: Case, asked: float | None) -> float:
    if asked is not None:
        return min(max(asked, SHORTEST_WAIT), FOLLOW_SECONDS)
    feed = case.feed
    return backoff(case.question, first=feed.poll_seconds, cap=feed.poll_cap_seconds)
