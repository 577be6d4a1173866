"""How a run can end. Exit codes, alerts, reports and docs all derive from this table."""

from enum import StrEnum
from typing import Literal, NamedTuple

Severity = Literal["info", "warning", "error", "critical"]


class Outcome(StrEnum):
    """How a run ended."""

    STARTED = "started"
    STARTED_WITH_WARNINGS = "started_with_warnings"
    SCHEDULED = "scheduled"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry_run"
    REJECTED = "rejected"
    REFUSED = "refused"
    HELD = "held"
    INCOMPLETE = "incomplete"
    NOT_READY = "not_ready"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    FAILED = "failed"

    @property
    def severity(self) -> Severity:
        return OUTCOMES[self].severity

    @property
    def exit_code(self) -> int:
        return OUTCOMES[self].exit_code


class OutcomeFacts(NamedTuple):
    """Everything that depends on the outcome alone.

    `headline` is the first sentence of a report, `meaning` what documents and messages say,
    `exit_code` that of the command line, and `action` what to do next.
    `success`: the alert `absence` counts the run as a success of its feed. After `scheduled`, it
    counts the end of the scheduled run instead.
    """

    headline: str
    meaning: str
    severity: Severity
    exit_code: int
    action: str
    success: bool = False


OUTCOMES: dict[Outcome, OutcomeFacts] = {
    Outcome.STARTED: OutcomeFacts(
        headline="The sync has started.",
        meaning="The files were verified and the sync has started.",
        severity="info",
        exit_code=0,
        action="Nothing to do.",
        success=True,
    ),
    Outcome.STARTED_WITH_WARNINGS: OutcomeFacts(
        headline="The sync has started, and there are warnings to review.",
        meaning="The sync has started. The messages include warnings.",
        severity="warning",
        exit_code=0,
        action="The sync is running. Review the warnings when you have time.",
        success=True,
    ),
    Outcome.SCHEDULED: OutcomeFacts(
        headline="The files are accepted, and School Data Sync will start the sync itself.",
        meaning=(
            "The files were verified. School Data Sync accepts no further start for now, so its"
            " own schedule starts the sync."
        ),
        severity="warning",
        exit_code=0,
        action="Wait for the second event, which reports how the scheduled run ended.",
    ),
    Outcome.UNCHANGED: OutcomeFacts(
        headline="Nothing has changed since the last sync, so nothing was sent.",
        meaning=(
            "The files are byte for byte those of the last started run, whose sync has ended"
            " well. Nothing was sent."
        ),
        severity="info",
        exit_code=0,
        action=(
            "Nothing to do. To sync the same files again, deliver them again, and then write"
            " _READY beside them."
        ),
        success=True,
    ),
    Outcome.DRY_RUN: OutcomeFacts(
        headline="The export was checked, and nothing was sent because this is a dry run.",
        meaning="The feed is a dry run: the files were validated, and nothing was sent.",
        severity="info",
        exit_code=0,
        action=(
            "Nothing to do, and nothing was sent. To sync, set the feed's target, then deliver"
            " the export again."
        ),
    ),
    Outcome.REJECTED: OutcomeFacts(
        headline="The export has errors, so nothing was uploaded.",
        meaning="Validation found errors in the export; nothing was uploaded.",
        severity="error",
        exit_code=1,
        action="Fix the errors listed in the messages, then deliver the export again.",
    ),
    Outcome.REFUSED: OutcomeFacts(
        headline="School Data Sync refused the export, so the sync did not start.",
        meaning="School Data Sync returned errors; the sync did not start.",
        severity="error",
        exit_code=1,
        action="Fix the errors listed in the messages, then deliver the export again.",
    ),
    Outcome.HELD: OutcomeFacts(
        headline="The export is on hold until a person decides, and nothing was uploaded.",
        meaning="A guard stopped the run before anything was uploaded.",
        severity="error",
        exit_code=1,
        action="Check the export with the school. Approve this generation only if it is correct.",
    ),
    Outcome.INCOMPLETE: OutcomeFacts(
        headline="The export is not complete, so nothing was uploaded.",
        meaning="The export was not complete by its deadline.",
        severity="error",
        exit_code=1,
        action="Have the student information system deliver the missing files.",
    ),
    Outcome.NOT_READY: OutcomeFacts(
        headline="School Data Sync was not ready in time, so the sync did not start.",
        meaning="The sync target failed, or did not become ready in time.",
        severity="error",
        exit_code=1,
        action="Check the target in School Data Sync, then deliver the export again.",
    ),
    Outcome.SUPERSEDED: OutcomeFacts(
        headline="A newer export arrived before this one was synced.",
        meaning="Newer files arrived first; they have a run of their own.",
        severity="info",
        exit_code=0,
        action="Nothing to do.",
    ),
    Outcome.UNKNOWN: OutcomeFacts(
        headline="The app could not confirm whether the sync started.",
        meaning=(
            "The app could not confirm whether the sync started. It does not send the start again."
        ),
        severity="critical",
        exit_code=1,
        action="Check in School Data Sync whether a sync ran. If not, deliver the export again.",
    ),
    Outcome.FAILED: OutcomeFacts(
        headline="The run failed.",
        meaning="The run failed; the error says why.",
        severity="critical",
        exit_code=1,
        action="Follow the advice in the error, then deliver the export again.",
    ),
}
