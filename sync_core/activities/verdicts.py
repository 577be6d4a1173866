"""Maps errors to the end of a run: outcome, error code and summary."""

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
    """A transient error that lasted until the deadline. Its code is that of the error."""

    def __init__(self, fault: TransientError) -> None:
        end = "The app retried until the deadline and gave up."
        if isinstance(fault, AccessPendingError):
            end = "The app retried until readyDeadlineSeconds had passed and gave up."
        super().__init__(f"{fault} {end}")
        self.code = fault.code


def failed(fault: SisSyncError) -> Verdict:
    """The verdict of an error that no other outcome describes."""
    error = RunError(code=fault.code, message=str(fault))
    return Verdict(outcome=Outcome.FAILED, summary=str(fault), error=error)


def ended_by(fault: TerminalError) -> Ended:
    """The end of a run that had a terminal error."""
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
    """The type of an unexpected exception, and the module and line that raised it.

    Its text is left out, because it may quote a cell value.
    """
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(fault).__name__} in {where}"
