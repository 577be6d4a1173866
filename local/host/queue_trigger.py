"""Queue triggers: each message calls the function, at least once.

A message is hidden while its function runs and deleted when it succeeded. After a failure it shows
again after `visibilityTimeout`; the `maxDequeueCount`-th failure moves it to `{queue}-poison`. A
message that cannot be decoded goes there at once.
"""

import asyncio
import contextlib
import logging
from datetime import datetime
from enum import Enum

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.queue import QueueClient, QueueMessage

from local.host.functions import Function
from local.host.invoke import Occasion
from local.host.paths import members
from local.host.settings import Queues, time_span
from local.host.storage_bindings import decode_message, send
from local.host.trigger import Crew, Runner, Watch
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")

# The real host hides a message for ten minutes at a time. Here it is short and renewed, so that a
# message whose host was killed is soon back.
HIDDEN_SECONDS = 10


class Ending(Enum):
    """How one call ended. A message that cannot be decoded is not tried again."""

    HANDLED = "handled"
    FAILED = "failed"
    UNREADABLE = "unreadable"


class QueueTrigger:
    """The trigger of one function."""

    def __init__(
        self,
        function: Function,
        queue: QueueClient,
        poison: QueueClient,
        *,
        runner: Runner,
        queues: Queues,
    ) -> None:
        self._function = function
        self._queue = queue
        self._poison = poison
        self._runner = runner
        self._queues = queues
        self._crew = Crew()
        self._watch = Watch(function.name, self._look)

    async def start(self) -> None:
        self._watch.start()

    async def stop(self) -> None:
        await self._watch.stop()
        await self._crew.stop()

    async def _look(self) -> None:
        threshold = self._queues.new_batch_threshold
        if threshold is None:
            threshold = self._queues.batch_size // 2
        while len(self._crew) <= threshold:
            batch = await self._runner.blocking(self._receive)
            for message in batch:
                self._crew.start(self._handle(message))
            if not batch:
                return

    def _receive(self) -> list[QueueMessage]:
        size = self._queues.batch_size
        try:
            return list(
                self._queue.receive_messages(
                    messages_per_page=size, max_messages=size, visibility_timeout=HIDDEN_SECONDS
                )
            )
        except ResourceNotFoundError:
            return []

    async def _handle(self, message: QueueMessage) -> None:
        hidden = asyncio.create_task(self._keep_hidden(message))
        try:
            ending = await self._call(message)
        finally:
            hidden.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hidden
        try:
            await self._runner.blocking(lambda: self._settle(message, ending))
        except AzureError as error:
            logger.warning("%s: a message will come again: %s", self._function.name, error)

    async def _keep_hidden(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(HIDDEN_SECONDS / 2)
            with contextlib.suppress(AzureError):
                await self._runner.blocking(lambda: self._hide(message, HIDDEN_SECONDS))

    def _hide(self, message: QueueMessage, seconds: int) -> None:
        renewed = self._queue.update_message(message, visibility_timeout=seconds)
        message.pop_receipt = renewed.pop_receipt

    async def _call(self, message: QueueMessage) -> Ending:
        try:
            body = decode_message(message.content, self._queues)
        except ValueError:
            logger.error(  # noqa: TRY400 - the message says it all
                "%s: message %s is not base64. Send it encoded, or set "
                "extensions.queues.messageEncoding to none in host.json.",
                self._function.name,
                message.id,
            )
            return Ending.UNREADABLE
        try:
            await self._runner.run(self._function, self._occasion(message, body))
        except FunctionFailed:
            return Ending.FAILED
        return Ending.HANDLED

    def _occasion(self, message: QueueMessage, body: bytes) -> Occasion:
        text = body.decode(errors="replace")
        named = members(text)
        # The binding data of the body replaces the message's own, whatever the case of its name.
        own = next((value for name, value in named.items() if name.lower() == "id"), message.id)
        return Occasion(
            Datum(text, "string"),
            metadata={
                "Id": Datum(str(own), "string"),
                "DequeueCount": Datum(message.dequeue_count, "int"),
                "PopReceipt": Datum(message.pop_receipt, "string"),
                "InsertionTime": _time(message.inserted_on),
                "ExpirationTime": _time(message.expires_on),
                "NextVisibleTime": _time(message.next_visible_on),
            },
            data={"queueTrigger": text, "id": message.id, **named},
        )

    def _settle(self, message: QueueMessage, ending: Ending) -> None:
        tries = message.dequeue_count or 0
        if ending is Ending.FAILED and tries < self._queues.max_dequeue_count:
            wait = time_span(self._queues.visibility_timeout)
            self._hide(message, int(wait.total_seconds()))
            return
        if ending is not Ending.HANDLED:
            send(self._poison, message.content)
            logger.error(
                "%s failed %s times for message %s; it is on the queue %s",
                self._function.name,
                message.dequeue_count,
                message.id,
                self._poison.queue_name,
            )
        self._queue.delete_message(message)


def _time(when: datetime | None) -> Datum:
    return Datum(when.isoformat() if when else None, "string" if when else None)
