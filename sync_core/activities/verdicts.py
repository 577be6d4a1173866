"""How an error becomes the end of a run: its outcome, its code and its sentence."""

from sync_core.delivery.start_once import StartUnknownError
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    AccessPendingError,
    ArchiveError,
    SisSyncError,
    SupersededError,
    TerminalError,
    TransientError,
)
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Ended, Verdict


class OverdueError(TerminalError):
    """A transient fault that was still there at the deadline. It keeps the code of that fault."""

    def __init__(self, fault: TransientError) -> None:
        end = "It did not pass in time."
        if isinstance(fault, AccessPendingError):
            end = "The app asked again until readyDeadlineSeconds had passed."
        super().__init__(f"{fault} {end}")
        self.code = fault.code


def failed(fault: SisSyncError) -> Verdict:
    """The verdict of an error that no other outcome describes."""
    error = RunError(code=fault.code, message=str(fault))
    return Verdict(outcome=Outcome.FAILED, summary=str(fault), error=error)


def ended_by(fault: TerminalError) -> Ended:
    """The end of a run that a terminal error leads to."""
    error = RunError(code=fault.code, message=str(fault))
    match fault:
        case SupersededError():
            return Ended(Verdict(outcome=Outcome.SUPERSEDED))
        case ArchiveError():
            return Ended(Verdict(outcome=Outcome.REJECTED, summary=str(fault), error=error))
        case StartUnknownError():
            return Ended(Verdict(outcome=Outcome.UNKNOWN, error=error, sent=True))
    return Ended(failed(fault))


def fault_location(fault: BaseException) -> str:
    """The type of an unexpected exception and where it was raised, without its text.

    The text may quote the value that caused it.
    """
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(fault).__name__} in {where}"
