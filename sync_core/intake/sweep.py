"""The sweep: starts the feeds whose exports no event has started.

An event that is late is not lost. So an export is left to its events for as long as they usually
take, and for longer while the app's own queues of events hold messages.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from azure.core.exceptions import AzureError

from sync_core.activities.context import Services
from sync_core.activities.verdicts import fault_location
from sync_core.formats import format_named
from sync_core.intake.start_feed import start_or_leave_running
from sync_core.landing.candidates import exports_without_result
from sync_core.model.errors import SettingsError, SupersededError, TransientError
from sync_core.model.feeds import Feed
from sync_core.storage import queue_service

log = logging.getLogger("sis_sync")

EVENTS_TAKE_SECONDS = 900.0
"""Events that an instance had in hand when it died come back after ten minutes."""

QUEUED_EVENTS_TAKE_SECONDS = 7_200.0
"""After this a full queue is no reason to wait: a queue that is stuck must not stop the nights."""

HOST_STORAGE, DATA_STORAGE = "AzureWebJobsStorage", "SIS_STORAGE"
HOST_EVENTS, POISON = "azure-webjobs-blobtrigger-", "-poison"
"""Where the Functions host keeps the events of Event Grid until it has called the function."""


class EventQueues:
    """The queues from which the app takes its events. `environment` names the two connections."""

    def __init__(self, environment: Mapping[str, str], landed_queue: str | None) -> None:
        self._environment, self._landed_queue = environment, landed_queue

    def may_hold_events(self) -> bool:
        """Whether a message lies there, those in hand included; True where nobody can tell."""
        try:
            return self._host_holds_events() or self._landed_queue_holds_events()
        except (AzureError, SettingsError) as fault:
            # The SDK's own text may quote addresses and headers.
            log.warning(
                "the sweep could not count the events that are queued (%s): exports of the last"
                " two hours are left to their events",
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
        # Messages that are hidden, because somebody has them in hand, are counted too.
        return int(client.get_queue_properties().approximate_message_count)


def feeds_to_start(services: Services, now: float, queues: EventQueues) -> list[str]:
    """The feeds whose newest export has no result, and no event that may still come.

    `now` is the time of the storage's clock. A feed that cannot be looked at is logged and left
    out, as is one whose settings are wrong. Raises what is wrong with all settings, or every feed.
    """
    ages: dict[str, float | None] = {}
    faults: list[Exception] = []
    for name, feed in services.settings(anew=True).feeds.items():
        try:
            ages[name] = _age(services, feed, now)
        except Exception as fault:  # noqa: BLE001 - one feed must not stop the others
            # A traceback would quote the fault's text.
            log.error("the sweep could not look at feed %s: %s", name, fault_location(fault))  # noqa: TRY400
            faults.append(fault)
    if faults and not ages:
        raise faults[0]
    waiting = {name: age for name, age in ages.items() if age is not None}
    patience = EVENTS_TAKE_SECONDS
    # The queues are asked only where the answer changes something: on most nights it does not.
    if any(patience <= age < QUEUED_EVENTS_TAKE_SECONDS for age in waiting.values()):
        patience = QUEUED_EVENTS_TAKE_SECONDS if queues.may_hold_events() else patience
    return [name for name, age in waiting.items() if age >= patience]


def _age(services: Services, feed: Feed, now: float) -> float | None:
    """How long ago the newest file of an export without a result landed, in seconds."""
    fmt = format_named(feed.format)
    try:
        newest = next(
            exports_without_result(services.landing, feed.name, fmt, services.has_result), None
        )
    except SupersededError:
        # It changed while it was looked at, so its event is on the way.
        return 0.0
    return None if newest is None else now - newest.export.touched_at


async def start_feeds(client: Any, feeds: Iterable[str]) -> None:
    """Start each of these feeds that does not run. One that cannot be started is logged."""
    for feed in feeds:
        try:
            started = await start_or_leave_running(client, feed)
        except TransientError as fault:
            log.error("the sweep could not start feed %s: %s", feed, fault)  # noqa: TRY400
            continue
        if started:
            log.warning(
                "feed %s was started by the sweep: an export that landed more than %d minutes ago"
                " has no result",
                feed,
                EVENTS_TAKE_SECONDS // 60,
            )
