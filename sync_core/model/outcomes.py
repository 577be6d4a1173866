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
    """What an outcome means, how severe it is, the CLI's exit code, and what to do next.

    `success`: the alert `absence` counts the run as a success of its feed. After `scheduled`, it
    counts the end of the scheduled run instead.
    """

    meaning: str
    severity: Severity
    exit_code: int
    action: str
    success: bool = False


OUTCOMES: dict[Outcome, OutcomeFacts] = {
    Outcome.STARTED: OutcomeFacts(
        "The files were verified and the sync has started.",
        "info",
        0,
        "Nothing to do.",
        success=True,
    ),
    Outcome.STARTED_WITH_WARNINGS: OutcomeFacts(
        "The sync has started. The messages include warnings.",
        "warning",
        0,
        "The sync is running. Review the warnings when you have time.",
        success=True,
    ),
    Outcome.SCHEDULED: OutcomeFacts(
        "The files were verified. School Data Sync accepts no further start for now, so its own"
        " schedule starts the sync.",
        "warning",
        0,
        "Wait for the second event, which reports how the scheduled run ended.",
    ),
    Outcome.UNCHANGED: OutcomeFacts(
        "The files are byte for byte those of the last started run, whose sync has ended well."
        " Nothing was sent.",
        "info",
        0,
        "Nothing to do. To sync the same files again, deliver them again, and then write _READY"
        " beside them.",
        success=True,
    ),
    Outcome.DRY_RUN: OutcomeFacts(
        "The feed is a dry run: the files were validated, and nothing was sent.",
        "info",
        0,
        "Nothing to do, and nothing was sent. To sync, set the feed's target, then deliver the"
        " export again.",
    ),
    Outcome.REJECTED: OutcomeFacts(
        "Validation found errors in the export; nothing was uploaded.",
        "error",
        1,
        "Fix the errors listed in the messages, then deliver the export again.",
    ),
    Outcome.REFUSED: OutcomeFacts(
        "School Data Sync returned errors; the sync did not start.",
        "error",
        1,
        "Fix the errors listed in the messages, then deliver the export again.",
    ),
    Outcome.HELD: OutcomeFacts(
        "A guard stopped the run before anything was uploaded.",
        "error",
        1,
        "Check the export with the school. Approve this generation only if it is correct.",
    ),
    Outcome.INCOMPLETE: OutcomeFacts(
        "The export was not complete by its deadline.",
        "error",
        1,
        "Have the student information system deliver the missing files.",
    ),
    Outcome.NOT_READY: OutcomeFacts(
        "The sync target failed, or did not become ready in time.",
        "error",
        1,
        "Check the target in School Data Sync, then deliver the export again.",
    ),
    Outcome.SUPERSEDED: OutcomeFacts(
        "Newer files arrived first; they have a run of their own.", "info", 0, "Nothing to do."
    ),
    Outcome.UNKNOWN: OutcomeFacts(
        "The app could not confirm whether the sync started. It does not send the start again.",
        "critical",
        1,
        "Check in School Data Sync whether a sync ran. If not, deliver the export again.",
    ),
    Outcome.FAILED: OutcomeFacts(
        "The run failed; the error says why.",
        "critical",
        1,
        "Follow the advice in the error, then deliver the export again.",
    ),
}
