"""What to do next after each outcome, and who does it."""

from collections.abc import Sequence
from typing import NamedTuple

from sync_core.model.commands import RunCommands
from sync_core.model.documents import RunResult, SyncEnd
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.model.words import counted
from sync_core.report.words import shown

EXPORTER = "SIS administrator or SIS vendor"
APPROVER = "A person who may approve this feed"
SDS_ADMINISTRATOR = "School Data Sync administrator"
OPERATOR = "Operator of SIS Sync"
NOBODY = "Nobody"

FORWARD = (
    "This report and problems.csv contain no pupil data, so you can forward both to the vendor of"
    " the student information system."
)
FORWARD_ALONE = (
    "This report contains no pupil data, so you can forward it to the vendor of the student"
    " information system."
)
DELIVER = "Deliver the complete export again. The app notices it and checks it by itself."


class NextStep(NamedTuple):
    """One thing to do: who does it, what, and with which commands."""

    who: str
    text: str
    commands: tuple[str, ...] = ()


def next_steps(
    result: RunResult | None, end: SyncEnd | None, errors: int, warnings: int
) -> Sequence[NextStep]:
    """What to do, in this order. `result` is None for a validation without a run."""
    if result is None:
        return _after_validation(errors, warnings)
    if end is not None and end.severity in {"error", "critical"}:
        return _after_bad_end(RunCommands(result.feed, result.run), end)
    if end is not None and result.outcome in {Outcome.STARTED, Outcome.SCHEDULED}:
        return _after_good_end(end, warnings)
    return _after(result)


def _after(result: RunResult) -> Sequence[NextStep]:
    commands = RunCommands(result.feed, result.run)
    action = shown(result.action)
    match result.outcome:
        case Outcome.STARTED_WITH_WARNINGS:
            return (NextStep(EXPORTER, "Review the warnings below when you have time."),)
        case Outcome.REJECTED | Outcome.REFUSED:
            errors = result.counts.errors
            fix = _fix(errors) if errors else "Correct what is said above, then export again. "
            return NextStep(EXPORTER, fix + FORWARD), NextStep(EXPORTER, DELIVER)
        case Outcome.HELD:
            return _held(result, commands)
        case Outcome.INCOMPLETE:
            return (NextStep(EXPORTER, action),)
        case Outcome.NOT_READY | Outcome.FAILED:
            return _same_files(result, commands)
        case Outcome.UNKNOWN:
            return _unknown(commands)
        case Outcome.SCHEDULED:
            text = "Wait. This report is written again when the scheduled sync has ended."
            return (NextStep(NOBODY, text),)
        case _:
            return (NextStep(NOBODY, action),)


def _fix(errors: int) -> str:
    what = "error" if errors == 1 else counted(errors, "error")
    return f"Fix the {what} below in the student information system, then export again. "


def _held(result: RunResult, commands: RunCommands) -> Sequence[NextStep]:
    advice = result.held.trips[0].advice if result.held else OUTCOMES[Outcome.HELD].action
    return (
        NextStep(APPROVER, f"{shown(advice)} See what would change:", (commands.show,)),
        NextStep(APPROVER, "If the export is right, approve it:", (commands.approve,)),
        NextStep(
            APPROVER,
            "If it is wrong, reject it, and have a corrected export delivered:",
            (commands.reject,),
        ),
    )


def _unknown(commands: RunCommands) -> Sequence[NextStep]:
    return (
        NextStep(SDS_ADMINISTRATOR, "Check in School Data Sync whether a sync ran."),
        NextStep(APPROVER, "If it ran:", (commands.settle_started,)),
        NextStep(APPROVER, "If not:", (commands.settle_not_started, commands.redeliver)),
    )


def _same_files(result: RunResult, commands: RunCommands) -> Sequence[NextStep]:
    who = SDS_ADMINISTRATOR if result.outcome is Outcome.NOT_READY else OPERATOR
    failed = result.outcome is Outcome.FAILED
    action = "Do what is said above." if failed else OUTCOMES[result.outcome].action
    first = NextStep(who, action)
    if not result.files:
        return (first,)
    again = NextStep(OPERATOR, "To deliver the same files again:", (commands.redeliver,))
    return first, again


def _after_bad_end(commands: RunCommands, end: SyncEnd) -> Sequence[NextStep]:
    if not end.ended:
        text = "Check in School Data Sync whether a sync ran."
    else:
        text = (
            "Open the run in School Data Sync and read its errors there: they name records, so this"
            " report does not repeat them. Have the most frequent one fixed first."
        )
    again = NextStep(OPERATOR, "To deliver the same files again:", (commands.redeliver,))
    return NextStep(SDS_ADMINISTRATOR, text), again


def _after_good_end(end: SyncEnd, warnings: int) -> Sequence[NextStep]:
    if not end.ended:
        return (NextStep(SDS_ADMINISTRATOR, "Check in School Data Sync how the sync ended."),)
    if end.severity == "warning" or warnings:
        text = "Review the warnings in School Data Sync and below when you have time."
        return (NextStep(SDS_ADMINISTRATOR, text),)
    return (NextStep(NOBODY, "Nothing to do."),)


def _after_validation(errors: int, warnings: int) -> Sequence[NextStep]:
    if errors:
        return (NextStep(EXPORTER, _fix(errors) + FORWARD_ALONE),)
    if warnings:
        return (NextStep(EXPORTER, "Review the warnings below. The export can be delivered."),)
    return (NextStep(EXPORTER, "Nothing to fix. The export can be delivered."),)
