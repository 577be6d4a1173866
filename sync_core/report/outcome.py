"""The outcome of a run in one sentence, and what was not done."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sync_core.model.documents import RunResult, StepName, SyncEnd
from sync_core.model.outcomes import OUTCOMES, Outcome, Severity
from sync_core.model.target_kinds import DRY_RUN
from sync_core.model.words import counted, listed
from sync_core.report.words import shown

IN_LAST_STEP = frozenset(
    {
        Outcome.INCOMPLETE,
        Outcome.NOT_READY,
        Outcome.SUPERSEDED,
        Outcome.UNKNOWN,
        Outcome.FAILED,
    }
)
"""A run that ended like this did not complete its last step."""

REASONS = 3
"""How many reasons of a hold the first lines name."""

WORSE: Mapping[Severity, int] = {"info": 0, "warning": 1, "error": 2, "critical": 3}


class Headline(NamedTuple):
    """The first lines of a report: one sentence, how severe it is, and details in words."""

    sentence: str
    severity: Severity
    details: tuple[str, ...]


def headline(result: RunResult, end: SyncEnd | None) -> Headline:
    """How a run ended, and its sync, if that is known."""
    if end is None:
        details = _details(result)
        sentence = OUTCOMES[result.outcome].headline
        return Headline(sentence, result.severity, (details,) if details else ())
    # How a scheduled sync ended replaces what was known before it had begun.
    before: Severity = "info" if result.outcome is Outcome.SCHEDULED else result.severity
    severity = max(before, end.severity, key=WORSE.__getitem__)
    sentence = _end_sentence(end, severity)
    details = shown(end.summary).removeprefix(sentence).strip()
    return Headline(sentence, severity, (details,) if details else ())


def headline_of_validation(errors: int, warnings: int, files: int) -> Headline:
    """What a validation without a run found."""
    if errors:
        sentence = "The export has errors, so it would not be uploaded."
    elif warnings:
        sentence = "The export has no errors, and there are warnings to review."
    else:
        sentence = "The export has no errors and no warnings."
    severity: Severity = "error" if errors else "warning" if warnings else "info"
    found = listed([counted(errors, "error"), counted(warnings, "warning")])
    return Headline(sentence, severity, (f"Validation found {found} in {counted(files, 'file')}.",))


def is_dry_run(result: RunResult) -> bool:
    """Whether the run's feed sends nothing to School Data Sync."""
    return result.outcome is Outcome.DRY_RUN or result.target.kind == DRY_RUN.name


def completed_steps(result: RunResult) -> Collection[StepName]:
    """The steps that the run completed.

    A run can also be rejected because its files cannot be read: then it has an error.
    """
    steps = [step.name for step in result.steps]
    unread = result.outcome is Outcome.REJECTED and result.error is not None
    return steps[:-1] if unread or result.outcome in IN_LAST_STEP else steps


def not_done(result: RunResult, end: SyncEnd | None, *, follow: bool) -> Iterator[str]:
    """What the run did not do, in sentences."""
    completed = completed_steps(result)
    if "validate" not in completed:
        yield "The rows of the files were not checked."
    if "guard" not in completed and not result.sent:
        yield "The guards have not compared the export with the last sync."
    begun = {step.name for step in result.steps}
    if is_dry_run(result) or result.outcome is Outcome.HELD or "upload" not in begun:
        yield "Nothing was uploaded to School Data Sync."
    elif "upload" not in completed and not result.sent:
        yield "The upload may not be complete."
    if result.outcome is Outcome.UNKNOWN:
        yield "It is not known whether a sync was started."
    elif result.outcome is Outcome.SCHEDULED:
        yield "The app did not start the sync: School Data Sync does that on its own schedule."
    elif not result.sent or result.outcome is Outcome.REFUSED:
        yield "No sync was started."
    elif end is None:
        yield (
            "The app does not know yet how the sync ends. This report is written again when the"
            " sync has ended."
            if follow
            else "The app did not wait for the end of the sync, because the feed's setting follow"
            " is off. See School Data Sync for how it ended."
        )
    elif not end.ended:
        yield "The end of the sync was not seen."


def _details(result: RunResult) -> str:
    """The summary of a result without what the sentence says. Of a held one, only the reasons."""
    if result.outcome is not Outcome.HELD or result.held is None:
        return shown(result.summary).removeprefix(OUTCOMES[result.outcome].headline).strip()
    trips = result.held.trips
    more = len(trips) - REASONS
    reasons = [shown(trip.sentence) for trip in trips[:REASONS]]
    return " ".join([*reasons, *([f"And {counted(more, 'more reason')}."] if more > 0 else [])])


def _end_sentence(end: SyncEnd, severity: Severity) -> str:
    if not end.ended:
        return "The app stopped watching the sync before it had ended."
    if end.severity == "info" and severity == "info":
        return "The sync finished successfully."
    if severity == "warning":
        return "The sync finished, and there are warnings to review."
    return "The sync ended with errors."
