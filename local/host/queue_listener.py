"""Takes messages off a queue and has each handled, at least once.

As the listener of the storage extension (`QueueListener` and `QueueProcessor` of
https://github.com/Azure/azure-sdk-for-net): a batch at a time, and a new one once few of the last
are left; a message in hand is hidden for ten minutes, and renewed; one that failed shows again
after the pause, and its last failure moves it to the poison queue. What the queue says of earlier
tries counts, so a message whose host was killed each time ends there too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from local.host.storage_bindings import send
from local.host.trigger import Crew, Runner

logger = logging.getLogger("local.host")

HIDDEN_SECONDS = 600
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks at an empty queue, doubled at each look. On Azure the longest is
`maxPollingInterval`; somebody who tries something at a terminal does not wait as long."""


class Ending(Enum):
    """How one call ended. A message that cannot be decoded is not tried again."""

    HANDLED = "handled"
    FAILED = "failed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Rules:
    """How many at a time, how many tries, and how long a failed message is hidden.

    A batch is fetched while no more than `threshold` messages are in hand. `longest_pause` is in
    seconds.
    """

    batch_size: int
    threshold: int
    max_dequeue_count: int
    pause: timedelta = timedelta()
    longest_pause: float = LONGEST_PAUSE


class QueueListener:
    """Calls `handle` for each message of a queue.

    `poison` gives the queue for a message that always fails.
    """

    def __init__(
        self,
        name: str,
        queue: QueueClient,
        poison: Callable[[QueueMessage], QueueClient],
        handle: Callable[[QueueMessage], Awaitable[Ending]],
        *,
        runner: Runner,
        rules: Rules,
    ) -> None:
        self._name, self._queue, self._poison, self._handle = name, queue, poison, handle
        self._runner, self._rules = runner, rules
        self._changed = asyncio.Event()
        self._crew = Crew(self._changed.set)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._crew.stop()

    def notify(self) -> None:
        """There is a message: look now. To be called on the event loop's thread."""
        self._changed.set()

    async def _listen(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            self._changed.clear()
            if len(self._crew) > self._rules.threshold:
                await self._changed.wait()
                continue
            if await self._look():
                pause = SHORTEST_PAUSE
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
                pause = SHORTEST_PAUSE
                continue
            pause = min(2 * pause, self._rules.longest_pause)

    async def _look(self) -> bool:
        try:
            batch = await self._runner.blocking(self._receive)
        except AzureError as error:
            logger.warning("%s: the storage did not answer: %s", self._name, error)
            return False
        for message in batch:
            self._crew.start(self._process(message))
        return bool(batch)

    def _receive(self) -> list[QueueMessage]:
        size = self._rules.batch_size
        try:
            return list(
                self._queue.receive_messages(
                    messages_per_page=size, max_messages=size, visibility_timeout=HIDDEN_SECONDS
                )
            )
        except ResourceNotFoundError:
            return []

    async def _process(self, message: QueueMessage) -> None:
        try:
            ending = Ending.FAILED
            if _tries(message) <= self._rules.max_dequeue_count:
                ending = await self._handled(message)
            await self._runner.blocking(lambda: self._settle(message, ending))
        except AzureError as error:
            logger.warning("%s: a message will come again: %s", self._name, error)

    async def _handled(self, message: QueueMessage) -> Ending:
        hidden = asyncio.create_task(self._keep_hidden(message))
        try:
            return await self._handle(message)
        finally:
            hidden.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hidden

    async def _keep_hidden(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(HIDDEN_SECONDS / 2)
            with contextlib.suppress(AzureError):
                await self._runner.blocking(lambda: self._hide(message, HIDDEN_SECONDS))

    def _hide(self, message: QueueMessage, seconds: int) -> None:
        renewed = self._queue.update_message(message, visibility_timeout=seconds)
        message.pop_receipt = renewed.pop_receipt

    def _settle(self, message: QueueMessage, ending: Ending) -> None:
        if ending is Ending.FAILED and _tries(message) < self._rules.max_dequeue_count:
            self._hide(message, int(self._rules.pause.total_seconds()))
            return
        if ending is not Ending.HANDLED:
            poison = self._poison(message)
            send(poison, message.content)
            logger.error(
                "%s failed %s times for message %s; it is on the queue %s",
                self._name,
                message.dequeue_count,
                message.id,
                poison.queue_name,
            )
        self._queue.delete_message(message)


def _tries(message: QueueMessage) -> int:
    """How often the message was fetched, this time included."""
    return message.dequeue_count or 0
