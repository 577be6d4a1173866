"""The steps that the target has a part in: ready, upload, start, and how the sync goes on."""

from sync_core.activities.gather import is_current, overtaken
from sync_core.activities.publish import publish_end
from sync_core.activities.room import Case, answering
from sync_core.errors import AnswerLostError, SupersededError, TransientError
from sync_core.landing.fileset import PinnedFile
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError
from sync_core.starting import CONFIRM_EVERY_SECONDS
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
from sync_core.targets import Progress, StartAnswer, UploadFile

FOLLOW_SECONDS = 43_200.0
"""How long a sync is watched at most."""


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
    files = case.question.file_set.files
    case.target.upload([_upload_file(case, file) for file in files])
    return Through({"files": len(files)})


@answering
def start_sync(case: Case) -> Answer:
    """The start, at most once. Its answer is the run's verdict."""
    files, target = case.question.file_set, case.target
    once = case.room.start_once(files, target)
    try:
        answer = once.answer(now=case.question.now, current=lambda: is_current(case))
    except AnswerLostError as lost:
        # Giving up here is the record's business alone: any other end would hide that it was sent.
        return Wait(lost.retry_after or CONFIRM_EVERY_SECONDS, str(lost))
    return Ended(_verdict(answer))


@answering
def check_progress(case: Case) -> Answer:
    """How the sync goes on. At its end, or when the watch has to end, the second event is out."""
    files, question = case.question.file_set, case.question
    record = case.room.start_once(files, case.target).record()
    overdue = question.now - question.since >= FOLLOW_SECONDS
    try:
        progress = case.target.progress(record.before if record else {})
    except TransientError as fault:
        if not overdue:
            return Wait(_pause(case, fault.retry_after), str(fault))
        progress = Progress(status="not told", state="running")
    unwatched = progress.state == "running" and (overdue or overtaken(case))
    if progress.state == "running" and not unwatched:
        return Wait(_pause(case, None), f"The sync's status is {progress.status}.")
    publish_end(case, progress, overdue=unwatched)
    return Through({"status": progress.status})


def _check_current(case: Case) -> None:
    if not is_current(case):
        raise SupersededError("Newer files have landed.")


def _upload_file(case: Case, file: PinnedFile) -> UploadFile:
    return UploadFile(file.name, file.size, lambda: case.room.landing.chunks(file))


def _verdict(answer: StartAnswer) -> Verdict:
    if answer.started:
        return Verdict(outcome=Outcome.STARTED, summary=answer.note, sent=True)
    error = None
    if not answer.messages:
        message = answer.note or "The service refused the start and gave no reason."
        error = RunError(code="start-refused", message=message)
    return Verdict(outcome=Outcome.REFUSED, error=error, sent=True)


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
