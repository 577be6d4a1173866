"""Delivers each event separately, at least once, until the webhook accepts it.

Schedule, statuses and limits are those of
https://learn.microsoft.com/azure/event-grid/delivery-and-retry
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiohttp

from local.event_grid.events import Event, Log, validation

logger = logging.getLogger("local.event_grid")

PAUSES = (10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0)
"""Seconds before each retry. After the last one, about a day, the event is dropped."""

PAUSE_AFTER = {404: 300.0, 408: 120.0, 503: 30.0}
"""The minimum pause in seconds after these statuses."""

ACCEPTED = frozenset({200, 201, 202, 203, 204})
NOT_RETRIED = frozenset({400, 401, 403, 413})
"""An event with one of these statuses is dropped without a retry."""

REQUEST_TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.05
CONCURRENT_REQUESTS = 8


class EventGrid:
    """One subscription of a webhook to the blobs of a container.

    It delivers between `deliver` and `stop`, in its own thread. Events that were not accepted until
    then are sent again at once after the next `deliver`.
    """

    def __init__(self, log: Path, container: str, pauses: Sequence[float] = PAUSES) -> None:
        self._log = Log(log, container)
        self._pauses = pauses
        self._subscribed = False
        self._webhook: str | None = None
        self._waiting: dict[str, Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._delivering: asyncio.Task[None] | None = None

    def subscribe(self, *, earlier: bool = False) -> None:
        """Subscribe to blobs written from now on, with `earlier` also to those written before.

        A second call has no effect.
        """
        if not self._subscribed and not earlier:
            self._log.skip()
        self._subscribed = True

    @property
    def undelivered(self) -> int:
        """The number of events that the webhook has not accepted yet."""
        return len(self._waiting)

    def deliver(self, webhook: str) -> None:
        """Deliver to this address from now on, and no longer to an earlier one."""
        self.stop()
        self._webhook = webhook
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(webhook, started)), name="event grid", daemon=True
        )
        self._thread.start()
        started.wait()

    def stop(self, webhook: str | None = None) -> None:
        """Stop delivering, or only if the address is this one. Waits for the last request."""
        if self._thread is None or self._loop is None or self._delivering is None:
            return
        if webhook not in (None, self._webhook):
            return
        with contextlib.suppress(RuntimeError):  # the loop has already ended
            self._loop.call_soon_threadsafe(self._delivering.cancel)
        self._thread.join()
        self._thread = None

    async def _run(self, webhook: str, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._delivering = asyncio.create_task(self._serve(webhook))
        started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._delivering

    async def _serve(self, webhook: str) -> None:
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            subscription = _Subscription(session, webhook, self._pauses)
            await subscription.validate()
            for event in self._waiting.values():
                group.create_task(self._deliver(subscription, event))
            while True:
                for event in self._log.new():
                    self._waiting[event["id"]] = event
                    group.create_task(self._deliver(subscription, event))
                await asyncio.sleep(POLL_SECONDS)

    async def _deliver(self, subscription: "_Subscription", event: Event) -> None:
        await subscription.deliver(event)
        del self._waiting[event["id"]]


class _Subscription:
    """A webhook with its retry schedule."""

    def __init__(
        self, session: aiohttp.ClientSession, webhook: str, pauses: Sequence[float]
    ) -> None:
        self._session, self._webhook, self._pauses = session, webhook, pauses
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)

    async def validate(self) -> None:
        """Return once the webhook has returned the code. Nothing is delivered before that."""
        code = str(uuid4())
        while True:
            answer = None
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
                event = validation(code, datetime.now(UTC).isoformat())
                async with self._post("SubscriptionValidation", event) as response:
                    answer = (await response.json(content_type=None)).get("validationResponse")
            if answer == code:
                return
            logger.warning("%s did not answer the handshake", self._webhook)
            await asyncio.sleep(self._pauses[0])

    async def deliver(self, event: Event) -> None:
        """Return when the event was accepted or dropped."""
        for pause in (*self._pauses, None):
            status = await self._post_once(event)
            if status in ACCEPTED:
                return
            if status in NOT_RETRIED or pause is None:
                break
            await asyncio.sleep(max(pause, PAUSE_AFTER.get(status or 0, 0.0)))
        logger.error("the event of %s was dropped: %s", event["subject"], status)

    async def _post_once(self, event: Event) -> int | None:
        """The HTTP status of the answer, or None if there was none."""
        async with self._slots:
            try:
                async with self._post("Notification", event) as response:
                    return response.status
            except (aiohttp.ClientError, TimeoutError):
                return None

    def _post(self, kind: str, event: Event) -> "aiohttp.client._RequestContextManager":
        headers = {"aeg-event-type": kind}
        return self._session.post(self._webhook, json=[event], headers=headers)
