"""The sweep: starts feeds that have an export for which no event has arrived.

An event may only be late. The sweep therefore waits as long as events usually take, and longer
while the app's event queues contain messages.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from azure.core.exceptions import AzureError

from sync_core.activities.approvals import ReadHold, approved_set, open_hold
from sync_core.activities.context import Services
from sync_core.activities.unread_files import export_search, unread_files
from sync_core.activities.verdicts import fault_location
from sync_core.intake.start_feed import start_or_leave_running
from sync_core.model.errors import SettingsError, SupersededError, TransientError
from sync_core.model.feeds import Feed
from sync_core.storage import queue_service

log = logging.getLogger("sis_sync")

EVENTS_TAKE_SECONDS = 900.0
"""How long events usually take. If an instance stops while it handles one, the queue delivers it
again after ten minutes."""

QUEUED_EVENTS_TAKE_SECONDS = 7_200.0
"""The longest wait while events are queued. A blocked queue must not block the feeds."""

HOST_STORAGE, DATA_STORAGE = "AzureWebJobsStorage", "SIS_STORAGE"
HOST_EVENTS, POISON = "azure-webjobs-blobtrigger-", "-poison"
"""The queues in which the Functions host keeps Event Grid events until it calls the function."""


class EventQueues:
    """The queues from which the app receives events. `environment` has their connections."""

    def __init__(self, environment: Mapping[str, str], landed_queue: str | None) -> None:
        self._environment, self._landed_queue = environment, landed_queue

    def may_hold_events(self) -> bool:
        """Whether a message is queued or being processed; True if that cannot be determined."""
        try:
            return self._host_holds_events() or self._landed_queue_holds_events()
        except (AzureError, SettingsError) as fault:
            # The SDK's text may quote addresses and headers.
            log.warning(
                "the sweep could not count queued events (%s); it skips exports that are less than"
                " two hours old, because their events may still arrive",
                type(fault).__name__,
            )
            return True

    def _host_holds_events(self) -> bool:
        with queue_service(self._environment, HOST_STORAGE) as service:
            names = [queue.name for queue in service.list_queues(HOST_EVENTS)]
            return any(_length(service, name) for name in names if not name.endswith(POISON))

    def _landed_queue_holds_events(self) -> bool:
        if self._landed_queue is None:
            return False
        with queue_service(self._environment, DATA_STORAGE) as service:
            return _length(service, self._landed_queue) > 0


def _length(service: Any, queue: str) -> int:
    with service.get_queue_client(queue) as client:
        # The count includes messages that are invisible because they are being processed.
        return int(client.get_queue_properties().approximate_message_count)


def feeds_to_start(
    services: Services, now: float, queues: EventQueues, read_hold: ReadHold = open_hold
) -> list[str]:
    """The feeds whose newest landing has no result, and whose event can no longer be expected.

    `now` is in epoch seconds. A feed that cannot be checked is logged and skipped, and so is a feed
    whose settings are wrong. Raises SettingsError if the settings cannot be read, and the first
    error if no feed could be checked.
    """
    ages: dict[str, float | None] = {}
    faults: list[Exception] = []
    for name, feed in services.settings(reload=True).feeds.items():
        try:
            ages[name] = _age(services, feed, now, read_hold)
        except Exception as fault:  # noqa: BLE001 - one feed must not stop the others
            # No traceback is logged: it would quote the error's text.
            log.error("feed %s: the sweep could not check it: %s", name, fault_location(fault))  # noqa: TRY400
            faults.append(fault)
    if faults and not ages:
        raise faults[0]
    waiting = {name: age for name, age in ages.items() if age is not None}
    minimum_age = EVENTS_TAKE_SECONDS
    # The queues are read only if their state matters; usually no feed is waiting.
    if any(minimum_age <= age < QUEUED_EVENTS_TAKE_SECONDS for age in waiting.values()):
        minimum_age = QUEUED_EVENTS_TAKE_SECONDS if queues.may_hold_events() else minimum_age
    return [name for name, age in waiting.items() if age >= minimum_age]


def _age(services: Services, feed: Feed, now: float, read_hold: ReadHold) -> float | None:
    """Seconds since the newest landing without a result was last written; None if there is none.

    An approval has no event, so its export is as old as can be.
    """
    try:
        search = export_search(services, feed)
        newest = next(iter(search), None)
        if newest is not None:
            return now - newest.export.touched_at
        if approved_set(services, feed, now, search.listing, read_hold):
            return float("inf")
        unread = unread_files(services, feed, search)
    except SupersededError:
        # The export changed during the check, so an event for it is on the way.
        return 0.0
    return now - max(file.blob.modified for file in unread) if unread else None


async def start_feeds(client: Any, feeds: Iterable[str]) -> None:
    """Start each of these feeds unless it is running. A feed that cannot be started is logged."""
    for feed in feeds:
        try:
            started = await start_or_leave_running(client, feed)
        except TransientError as fault:
            log.error("feed %s: the sweep could not start it: %s", feed, fault)  # noqa: TRY400
            continue
        if started:
            log.warning(
                "feed %s: started by the sweep, because an export that landed more than %d minutes"
                " ago has no result, or was approved",
                feed,
                EVENTS_TAKE_SECONDS // 60,
            )
