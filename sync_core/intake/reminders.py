"""Reminds of holds that nobody has decided about: once a day, and for a week at most."""

import logging
from datetime import datetime

import msgspec

from sync_core.activities.approvals import ReadHold, open_hold
from sync_core.activities.context import Services
from sync_core.activities.verdicts import fault_location
from sync_core.guards.decisions import MAX_REMINDERS, reminders_due, state_of
from sync_core.model.holds import Hold
from sync_core.results import paths
from sync_core.results.events import reminder_event

log = logging.getLogger("sis_sync")


def reminders(services: Services, now: float, read_hold: ReadHold = open_hold) -> list[str]:
    """The events that are due now, for the results queue. `now` is in epoch seconds.

    Each is recorded before it is sent, so it is sent at most once. A feed that cannot be checked is
    logged and skipped.
    """
    found: list[str] = []
    for feed in services.settings().feeds:
        try:
            hold = read_hold(services, feed)
            if hold is not None and (event := _reminder(services, hold, now)):
                found.append(event)
        except Exception as fault:  # noqa: BLE001 - one feed must not stop the others
            # No traceback is logged: it would quote the error's text.
            log.error("feed %s: no reminder could be sent: %s", feed, fault_location(fault))  # noqa: TRY400
    return found


def _reminder(services: Services, hold: Hold, now: float) -> str | None:
    number = reminders_due(datetime.fromisoformat(hold.held_at).timestamp(), now)
    if number == 0:
        return None
    decision = services.decisions.decision(hold.feed, hold.run)
    if state_of(hold, decision, hold.run) != "undecided":
        return None
    if not services.decisions.claim_reminder(hold.feed, hold.run, number):
        return None
    results, report = services.results, paths.report(hold)
    event = reminder_event(
        hold,
        results.address(paths.result(hold)),
        report=results.address(report) if results.has(report) else None,
        number=number,
        last=MAX_REMINDERS,
        now=now,
    )
    return msgspec.json.encode(event).decode()
