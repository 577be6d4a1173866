"""How a run can end: the one table that exit codes, alerts, reports and docs derive from."""

from enum import StrEnum
from typing import Literal, NamedTuple

Severity = Literal["info", "warning", "error", "critical"]


class Outcome(StrEnum):
    """The end of a run, as one word."""

    STARTED = "started"
    STARTED_WITH_WARNINGS = "started_with_warnings"
    SCHEDULED = "scheduled"
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
    """What an outcome means to a reader, an alert rule and a shell."""

    meaning: str
    severity: Severity
    exit_code: int
    action: str


OUTCOMES: dict[Outcome, OutcomeFacts] = {
    Outcome.STARTED: OutcomeFacts(
        "The files were verified and the sync has started.", "info", 0, "Nothing to do."
    ),
    Outcome.STARTED_WITH_WARNINGS: OutcomeFacts(
        "The sync has started; the messages hold warnings.",
        "warning",
        0,
        "Read the warnings when there is time; the sync runs.",
    ),
    Outcome.SCHEDULED: OutcomeFacts(
        "The files were verified; the service takes no start now, and its own schedule starts it.",
        "warning",
        0,
        "Nothing tonight: a second event says how the scheduled run has ended.",
    ),
    Outcome.DRY_RUN: OutcomeFacts(
        "The feed is a dry run: the files were checked, and nothing was sent.",
        "info",
        0,
        "Nothing to do, and nothing was sent. To sync, set the feed's target, then deliver the"
        " export again.",
    ),
    Outcome.REJECTED: OutcomeFacts(
        "Our validation found errors; nothing was uploaded.",
        "error",
        1,
        "Correct the export as the messages say and drop it again.",
    ),
    Outcome.REFUSED: OutcomeFacts(
        "The service returned errors; the sync did not start.",
        "error",
        1,
        "Correct the export as the messages say and drop it again.",
    ),
    Outcome.HELD: OutcomeFacts(
        "A guard stopped the run before anything was uploaded.",
        "error",
        1,
        "Check the export with the school; approve this generation only if it is right.",
    ),
    Outcome.INCOMPLETE: OutcomeFacts(
        "Not all files of the export had landed by the deadline.",
        "error",
        1,
        "Have the student information system deliver the missing files.",
    ),
    Outcome.NOT_READY: OutcomeFacts(
        "The sync target was not provisioned, or not in time.",
        "error",
        1,
        "Look at the target in School Data Sync, then drop the export again.",
    ),
    Outcome.SUPERSEDED: OutcomeFacts(
        "Newer files landed first; they have a run of their own.", "info", 0, "Nothing to do."
    ),
    Outcome.UNKNOWN: OutcomeFacts(
        "The start was sent and its fate cannot be learned; it is never sent again.",
        "critical",
        1,
        "Look at the target's status in School Data Sync; drop the export again if no sync ran.",
    ),
    Outcome.FAILED: OutcomeFacts(
        "Something else went wrong; the error says what and what to do.",
        "critical",
        1,
        "Do what the error says, then drop the export again.",
    ),
}
