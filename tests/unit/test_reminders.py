"""Reminders of holds that nobody has decided about, over real storage."""

import functools
from typing import Any

import msgspec
import pytest

from sync_core.activities import Services
from sync_core.activities.approvals import open_hold
from sync_core.guards.decisions import DAY_SECONDS, MAX_REMINDERS
from sync_core.intake.reminders import reminders
from sync_core.intake.sweep import EventQueues, feeds_to_start
from sync_core.model.documents import rfc3339
from sync_core.model.event_documents import HoldReminderEvent
from sync_core.model.holds import Decision, Hold, Trip
from sync_core.results import paths
from tests.unit.product_kit import ActivityHarness, file_set

NIGHT = 1_795_900_000.0
RUN = file_set().run
HOLD = Hold(
    feed="northwind",
    run=RUN,
    generation=file_set().generation,
    trips=tuple(
        Trip(guard="removed", count=n, of=400, sentence=f"Missing: {n}.", advice="Look at it.")
        for n in range(12)
    ),
    held_at=rfc3339(NIGHT),
)


@pytest.fixture(autouse=True)
def held(harness: ActivityHarness) -> None:
    harness.services.results.write(paths.hold("northwind"), msgspec.json.encode(HOLD))


def due(harness: ActivityHarness, days: float) -> list[HoldReminderEvent]:
    """The reminders that are sent so many days after the hold."""
    texts = reminders(harness.services, NIGHT + days * DAY_SECONDS)
    return [msgspec.json.decode(text, type=HoldReminderEvent) for text in texts]


def decide(harness: ActivityHarness, decision: Any) -> None:
    harness.services.decisions.decide(
        Decision(
            feed="northwind",
            run=RUN,
            generation=HOLD.generation,
            decision=decision,
            by="ann@example.org",
            decided_at=rfc3339(NIGHT),
        )
    )


def test_a_reminder_is_sent_a_day_after_the_hold_and_says_what_to_do(
    harness: ActivityHarness,
) -> None:
    assert due(harness, 0.9) == []
    (event,) = due(harness, 1)
    assert (event.id, event.subject) == (f"northwind/{RUN}/reminder/1", HOLD.generation)
    assert event.type == "org.sis-sync.run.reminder.v1"
    assert (event.data.number, event.data.last, event.data.severity) == (1, MAX_REMINDERS, "error")
    assert f"sis-sync approve northwind {RUN} --by NAME" in event.data.action
    assert (event.data.held, event.data.held_left_out) == (HOLD.trips[:10], 2)
    assert event.data.result.endswith(f"/northwind/{RUN}/result.json")


def test_it_names_the_report_on_the_held_run_if_there_is_one(harness: ActivityHarness) -> None:
    (without,) = due(harness, 1)
    assert without.data.report is None
    harness.services.results.write(paths.report(HOLD), b"<html>")
    (event,) = due(harness, 2)
    assert event.data.report == event.data.result.replace("result.json", "report.html")


def test_it_is_sent_once_a_day_and_for_a_week(harness: ActivityHarness) -> None:
    sent = [event.data.number for hours in range(24 * 12) for event in due(harness, hours / 24)]
    assert sent == list(range(1, MAX_REMINDERS + 1))


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_nobody_is_reminded_of_what_is_decided(harness: ActivityHarness, decision: str) -> None:
    decide(harness, decision)
    assert due(harness, 1) == []


def test_without_an_open_hold_there_is_nothing_to_remind_of(harness: ActivityHarness) -> None:
    harness.services.results.delete(paths.hold("northwind"))
    assert due(harness, 1) == []


def test_a_decision_that_cannot_be_read_is_logged_and_stops_nothing(
    harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.decisions.upload_blob(f"northwind/{RUN}/decision.json", b"yes")
    assert due(harness, 1) == []
    assert "feed northwind: no reminder could be sent: DecisionUnreadableError" in caplog.text


def test_the_sweep_starts_a_feed_whose_hold_is_approved(harness: ActivityHarness) -> None:
    harness.land()
    files = harness.landed_set()
    hold = msgspec.structs.replace(HOLD, run=files.run, generation=files.generation)
    harness.services.results.write(paths.hold("northwind"), msgspec.json.encode(hold))
    harness.services.results.write(paths.result(files), b"{}")
    queues, now = EventQueues({}, None), harness.newest() + 1.0
    assert feeds_to_start(harness.services, now, queues) == []
    harness.services.decisions.decide(
        Decision(
            feed="northwind",
            run=files.run,
            generation=files.generation,
            decision="approved",
            by="ann@example.org",
            decided_at=rfc3339(NIGHT),
        )
    )
    assert feeds_to_start(harness.services, now, queues) == ["northwind"]


def test_a_sweep_reads_each_hold_once(harness: ActivityHarness) -> None:
    read: list[str] = []

    @functools.cache
    def counted(services: Services, feed: str) -> Hold | None:
        read.append(feed)
        return open_hold(services, feed)

    now = NIGHT + DAY_SECONDS
    assert feeds_to_start(harness.services, now, EventQueues({}, None), counted) == []
    assert len(reminders(harness.services, now, counted)) == 1
    assert read == ["northwind"]
