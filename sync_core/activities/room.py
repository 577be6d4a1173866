"""What every activity finds when it is called, and how its faults become answers."""

import functools
import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

from sync_core.activities.feeds_blob import FeedsBlob
from sync_core.errors import (
    ArchiveError,
    SettingsError,
    SisSyncError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.feeds import Feed, Settings
from sync_core.formats import Format, format_named
from sync_core.landing.fileset import FileSet
from sync_core.landing.reading import Landing
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError
from sync_core.results.store import ResultsStore
from sync_core.starting import StartOnce, StartRecord, StartUnknownError
from sync_core.steps import Answer, Ended, Question, Verdict, Wait, backoff, patience
from sync_core.storage import Storage
from sync_core.targets import Target, target_for
from sync_core.uploading import UploadLog
from sync_core.verifying import Verifying, VerifyRecord

log = logging.getLogger("sis_sync")

UNKNOWN_FEED_WAITS = (30.0, 900.0, 172_800.0)
"""First wait, longest wait and deadline where no feed's settings are at hand, in seconds. They lie
in the storage that takes the results: while it does not answer, no end of a run can be told."""

UNPUBLISHED_SECONDS = 21_600.0
"""After how long without a result publishing is reported as critical."""
NOT_ANNOUNCED = "result not announced"
"""What alert rules search for; the fields follow as key=value."""


class Room:
    """The settings and the things made from them. `targets` makes a feed's adapter."""

    def __init__(
        self, settings: Settings, targets: Callable[[Feed, Settings], Target] = target_for
    ) -> None:
        self._settings = settings
        # An adapter keeps its token and its connections; making one anew asks for a token again.
        self._target = functools.lru_cache(maxsize=256)(lambda feed: targets(feed, settings))
        self._storage = Storage(settings)
        self.landing = Landing(self._storage.landing)
        self.results = ResultsStore(self._storage.results)
        self.feeds_blob: FeedsBlob | None = None
        if settings.feeds_blob is not None:
            place, _, name = settings.feeds_blob.partition("/")
            container = self._storage.container(place)
            self.feeds_blob = FeedsBlob(settings, container, name, self.results)

    def settings(self, *, anew: bool = False) -> Settings:
        """The settings, with the feeds read where they live in a blob.

        `anew`: what is wrong with that blob is told again, though it has not changed.
        """
        return self._settings if self.feeds_blob is None else self.feeds_blob.settings(anew=anew)

    def feed(self, name: str) -> Feed:
        return self.settings().feed(name)

    def target(self, feed: Feed) -> Target:
        return self._target(feed)

    def settled(self, files: FileSet) -> bool:
        """Whether a file set has its final result."""
        return self.results.has(result_name(files))

    def start_once(self, files: FileSet, target: Target) -> StartOnce:
        return StartOnce(self.results, start_name(files), target)

    def start_record(self, files: FileSet) -> StartRecord | None:
        """What is known about the start, None where none was ever about to be sent."""
        return self.results.decoded(start_name(files), StartRecord)

    def verifying(self, files: FileSet, target: Target) -> Verifying:
        return Verifying(self.results, verify_name(files), target)

    def verify_record(self, files: FileSet) -> VerifyRecord | None:
        """What is known about the service's verification, None where none was asked for."""
        return self.results.decoded(verify_name(files), VerifyRecord)

    def upload_log(self, files: FileSet) -> UploadLog:
        return UploadLog(self.results, f"{folder(files)}/steps/upload.json")


Emit = Callable[[str], None]
"""Puts one message on the results queue, once the activity has answered."""


class Case(NamedTuple):
    """One question with what it takes to answer it.

    `fault`: what is wrong with the feed's settings; `feed` then stands in for it, with what of its
    settings is right.
    """

    room: Room
    question: Question
    feed: Feed
    emit: Emit
    fault: SettingsError | None = None

    @property
    def format(self) -> Format:
        return format_named(self.feed.format)

    @property
    def target(self) -> Target:
        return self.room.target(self.feed)


def folder(files: FileSet) -> str:
    """The run's folder in the results container."""
    return f"{files.feed}/{files.run}"


def result_name(files: FileSet) -> str:
    """The final result's blob: that it exists is what makes a run final."""
    return f"{folder(files)}/result.json"


def start_name(files: FileSet) -> str:
    return f"{folder(files)}/steps/start.json"


def verify_name(files: FileSet) -> str:
    return f"{folder(files)}/steps/verify.json"


def started_name(feed: str) -> str:
    """A copy of the newest result whose sync was started: what the next set is held against."""
    return f"{feed}/started.json"


class Activity(Protocol):
    """A step that is asked and answers, whatever happens on the way."""

    def __call__(self, room: Room, question: Question, emit: Emit = ...) -> Answer: ...


def answering(step: Callable[[Case], Answer]) -> Activity:
    """An activity whose faults are answers: wait, or the end of the run."""
    return _answering(step, _ended)


def answering_for_any_feed(step: Callable[[Case], Answer]) -> Activity:
    """The same for a step that is called where the settings of its feed are wrong, too."""
    return _answering(step, _ended, anyway=True)


def tireless(step: Callable[[Case], Answer]) -> Activity:
    """An activity that is asked until it succeeds, because without it a run has no result.

    So it is called where the settings of its feed are wrong or gone, too.
    """
    return _answering(step, lambda _: None, anyway=True)


def _answering(
    step: Callable[[Case], Answer],
    end: Callable[[TerminalError], Ended | None],
    *,
    anyway: bool = False,
) -> Activity:
    @functools.wraps(step)
    def answer(room: Room, question: Question, emit: Emit = _silent) -> Answer:
        feed: Feed | None = None
        try:
            case = _case(room, question, emit, anyway=anyway)
            feed = case.feed
            return step(case)
        except TransientError as fault:
            return _waiting(question, fault, feed, end)
        except TerminalError as fault:
            level = logging.INFO if isinstance(fault, SupersededError) else logging.ERROR
            log.log(level, "step %s of feed %s: %s", step.__name__, question.feed, fault)
            return end(fault) or _later(question, fault)
        except Exception as fault:  # noqa: BLE001 - a run never ends without a result
            # The text of an unforeseen error may quote what it choked on: only its type is told.
            log.error(  # noqa: TRY400 - a traceback quotes the text
                "step %s of feed %s broke: %s", step.__name__, question.feed, kind_of(fault)
            )
            broken = TerminalError(f"The step {step.__name__} broke ({kind_of(fault)}).")
            return end(broken) or _later(question, broken)

    return answer


def _case(room: Room, question: Question, emit: Emit, *, anyway: bool) -> Case:
    try:
        settings = room.settings()
    except SettingsError as fault:
        if not anyway:
            raise
        return Case(room, question, Feed(name=question.feed), emit, fault)
    try:
        return Case(room, question, settings.feed(question.feed), emit)
    except SettingsError as fault:
        if not anyway:
            raise
        stand_in = settings.stand_ins.get(question.feed) or Feed(name=question.feed)
        return Case(room, question, stand_in, emit, fault)


def _silent(_message: str) -> None:
    """Where nothing is to be emitted."""


def kind_of(fault: BaseException) -> str:
    """Where an unforeseen error came from, without its text."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(fault).__name__} in {where}"


def failed(fault: SisSyncError) -> Verdict:
    """The verdict of an error that no other outcome describes."""
    error = RunError(code=fault.code, message=str(fault))
    return Verdict(outcome=Outcome.FAILED, summary=str(fault), error=error)


def _waiting(
    question: Question,
    fault: TransientError,
    feed: Feed | None,
    end: Callable[[TerminalError], Ended | None],
) -> Answer:
    waits = UNKNOWN_FEED_WAITS
    if feed is not None:
        waits = (feed.poll_seconds, feed.poll_cap_seconds, feed.ready_deadline_seconds)
    first, cap, deadline = waits
    wait = patience(question, fault, first=first, cap=cap, deadline=deadline)
    return wait or end(OverdueError(fault)) or _later(question, fault)


def _later(question: Question, fault: SisSyncError) -> Wait:
    first, cap, _ = UNKNOWN_FEED_WAITS
    if question.now - question.since >= UNPUBLISHED_SECONDS:
        run = question.files.run if question.files else "unknown"
        log.critical("%s feed=%s run=%s reason=%s", NOT_ANNOUNCED, question.feed, run, fault)
    return Wait(backoff(question, first=first, cap=cap), str(fault))


class OverdueError(TerminalError):
    """A passing fault that did not pass in time."""

    def __init__(self, fault: TransientError) -> None:
        super().__init__(f"{fault} It did not pass in time.")
        self.code = fault.code


def _ended(fault: TerminalError) -> Ended:
    error = RunError(code=fault.code, message=str(fault))
    match fault:
        case SupersededError():
            return Ended(Verdict(outcome=Outcome.SUPERSEDED))
        case ArchiveError():
            return Ended(Verdict(outcome=Outcome.REJECTED, summary=str(fault), error=error))
        case StartUnknownError():
            verdict = Verdict(outcome=Outcome.UNKNOWN, error=error, sent=True)
            return Ended(verdict)
    return Ended(failed(fault))
