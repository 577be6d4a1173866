"""Receives messages from a queue and handles each at least once.

As the listener of the storage extension (`QueueListener` and `QueueProcessor` of
https://github.com/Azure/azure-sdk-for-net): it fetches a batch, and the next one when few
messages of the last are left. A fetched message is hidden for ten minutes, which is renewed. A
failed message becomes visible again after the pause, and its last failure moves it to the poison
queue. The queue's own dequeue count is used, so a message whose host was killed each time ends
there too.
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
from local.host.trigger import Runner, RunningCalls

logger = logging.getLogger("local.host")

HIDDEN_SECONDS = 600
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two polls of an empty queue, doubled after each poll. On Azure the longest is
`maxPollingInterval`; here it is shorter, for somebody who waits at a terminal."""


class CallResult(Enum):
    """The result of one call. An unreadable message is not retried."""

    HANDLED = "handled"
    FAILED = "failed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Rules:
    """Batch size, retries, and how long a failed message is hidden.

    A batch is fetched while at most `threshold` fetched messages are unfinished. `longest_pause` is
    in seconds.
    """

    batch_size: int
    threshold: int
    max_dequeue_count: int
    pause: timedelta = timedelta()
    longest_pause: float = LONGEST_PAUSE


class QueueListener:
    """Calls `handle` for each message of a queue.

    `poison` returns the queue for a message that has failed too often.
    """

    def __init__(
        self,
        name: str,
        queue: QueueClient,
        poison: Callable[[QueueMessage], QueueClient],
        handle: Callable[[QueueMessage], Awaitable[CallResult]],
        *,
        runner: Runner,
        rules: Rules,
    ) -> None:
        self._name, self._queue, self._poison, self._handle = name, queue, poison, handle
        self._runner, self._rules = runner, rules
        self._changed = asyncio.Event()
        self._calls = RunningCalls(self._changed.set)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._calls.stop()

    def notify(self) -> None:
        """Poll the queue now. To be called on the event loop's thread."""
        self._changed.set()

    async def _listen(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            self._changed.clear()
            if len(self._calls) > self._rules.threshold:
                await self._changed.wait()
                continue
            if await self._poll():
                pause = SHORTEST_PAUSE
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)
                pause = SHORTEST_PAUSE
                continue
            pause = min(2 * pause, self._rules.longest_pause)

    async def _poll(self) -> bool:
        try:
            batch = await self._runner.blocking(self._receive)
        except AzureError as error:
            logger.warning("%s: the storage did not answer: %s", self._name, error)
            return False
        for message in batch:
            self._calls.start(self._process(message))
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
            result = CallResult.FAILED
            if _dequeue_count(message) <= self._rules.max_dequeue_count:
                result = await self._handled(message)
            await self._runner.blocking(lambda: self._settle(message, result))
        except AzureError as error:
            logger.warning("%s: a message will be retried: %s", self._name, error)

    async def _handled(self, message: QueueMessage) -> CallResult:
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

    def _settle(self, message: QueueMessage, result: CallResult) -> None:
        if result is CallResult.FAILED and _dequeue_count(message) < self._rules.max_dequeue_count:
            self._hide(message, int(self._rules.pause.total_seconds()))
            return
        if result is not CallResult.HANDLED:
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


def _dequeue_count(message: QueueMessage) -> int:
    """How often the message was fetched, including this time."""
    return message.dequeue_count or 0
