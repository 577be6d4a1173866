"""Queue triggers: each message calls the function, at least once.

After a failure a message becomes visible again after `visibilityTimeout`. Its `maxDequeueCount`-th
failure moves it to `{queue}-poison`. A message that cannot be decoded is moved there at once.
"""

import logging
from datetime import datetime

from azure.functions.meta import Datum
from azure.storage.queue import QueueClient, QueueMessage

from local.host.functions import Function
from local.host.invoke import TriggerData
from local.host.paths import members
from local.host.queue_listener import CallResult, QueueListener, Rules
from local.host.settings import Queues, time_span
from local.host.storage_bindings import decode_message
from local.host.trigger import Runner
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")


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
        self._runner = runner
        self._queues = queues
        threshold = queues.new_batch_threshold
        self._listener = QueueListener(
            function.name,
            queue,
            lambda _: poison,
            self._call,
            runner=runner,
            rules=Rules(
                queues.batch_size,
                queues.batch_size // 2 if threshold is None else threshold,
                queues.max_dequeue_count,
                time_span(queues.visibility_timeout),
            ),
        )

    async def start(self) -> None:
        await self._listener.start()

    async def stop(self) -> None:
        await self._listener.stop()

    async def _call(self, message: QueueMessage) -> CallResult:
        try:
            body = decode_message(message.content, self._queues)
        except ValueError:
            logger.error(  # noqa: TRY400 - there is no traceback to log
                "%s: message %s is not base64. Send it encoded, or set "
                "extensions.queues.messageEncoding to none in host.json.",
                self._function.name,
                message.id,
            )
            return CallResult.UNREADABLE
        try:
            await self._runner.run(self._function, self._trigger_data(message, body))
        except FunctionFailed:
            return CallResult.FAILED
        return CallResult.HANDLED

    def _trigger_data(self, message: QueueMessage, body: bytes) -> TriggerData:
        text = body.decode(errors="replace")
        named = members(text)
        # The binding data of the body replaces the message's own, whatever the case of its name.
        own = next((value for name, value in named.items() if name.lower() == "id"), message.id)
        return TriggerData(
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


def _time(when: datetime | None) -> Datum:
    return Datum(when.isoformat() if when else None, "string" if when else None)
