"""Delivery: each event on its own, at least once, until the webhook has taken it.

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
"""Seconds before each next try; with the last one a day is over, and the event is dropped."""

PAUSE_AFTER = {404: 300.0, 408: 120.0, 503: 30.0}
"""The shortest pause after these statuses."""

TAKEN = frozenset({200, 201, 202, 203, 204})
HOPELESS = frozenset({400, 401, 403, 413})
"""Not tried again: the event is dropped."""

ANSWER_SECONDS = 30.0
LOOK_EVERY = 0.05
AT_ONCE = 8


class EventGrid:
    """One subscription to the blobs of a container: a webhook that is told of them.

    It delivers between `deliver` and `stop`, in a thread of its own. What was not taken then waits
    for the next `deliver`, which tries it at once.
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
        """From now on, blobs are events; with `earlier` those that were written before, too.

        A second call changes nothing.
        """
        if not self._subscribed and not earlier:
            self._log.skip()
        self._subscribed = True

    @property
    def undelivered(self) -> int:
        """How many of the events that were read the webhook has not taken yet."""
        return len(self._waiting)

    def deliver(self, webhook: str) -> None:
        """Deliver to this address from now on, instead of to an earlier one."""
        self.stop()
        self._webhook = webhook
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(webhook, started)), name="event grid", daemon=True
        )
        self._thread.start()
        started.wait()

    def stop(self, webhook: str | None = None) -> None:
        """Deliver nothing more, or not to this address. Returns when the last request has ended."""
        if self._thread is None or self._loop is None or self._delivering is None:
            return
        if webhook not in (None, self._webhook):
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
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
        patience = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=patience) as session, asyncio.TaskGroup() as group:
            subscription = _Subscription(session, webhook, self._pauses)
            await subscription.shake_hands()
            for event in self._waiting.values():
                group.create_task(self._deliver(subscription, event))
            while True:
                for event in self._log.new():
                    self._waiting[event["id"]] = event
                    group.create_task(self._deliver(subscription, event))
                await asyncio.sleep(LOOK_EVERY)

    async def _deliver(self, subscription: "_Subscription", event: Event) -> None:
        await subscription.deliver(event)
        del self._waiting[event["id"]]


class _Subscription:
    """The webhook, and how often it is tried."""

    def __init__(
        self, session: aiohttp.ClientSession, webhook: str, pauses: Sequence[float]
    ) -> None:
        self._session, self._webhook, self._pauses = session, webhook, pauses
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def shake_hands(self) -> None:
        """Return once the webhook has given the code back: nothing is delivered before."""
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
        """Return when the event was taken, or is given up."""
        for pause in (*self._pauses, None):
            status = await self._try(event)
            if status in TAKEN:
                return
            if status in HOPELESS or pause is None:
                break
            await asyncio.sleep(max(pause, PAUSE_AFTER.get(status or 0, 0.0)))
        logger.error("the event of %s was dropped: %s", event["subject"], status)

    async def _try(self, event: Event) -> int | None:
        """The status of the answer, None where there was none."""
        async with self._at_once:
            try:
                async with self._post("Notification", event) as response:
                    return response.status
            except (aiohttp.ClientError, TimeoutError):
                return None

    def _post(self, kind: str, event: Event) -> "aiohttp.client._RequestContextManager":
        headers = {"aeg-event-type": kind}
        return self._session.post(self._webhook, json=[event], headers=headers)
