"""The webhook of the blob extension: takes events of Event Grid and has the functions called.

As on the real host (observed on Functions host 4.1037): an event becomes a message on the queue
`azure-webjobs-blobtrigger-{host id}` of the host's own storage, and the function is called from
there. A message in hand is hidden for ten minutes, so after a kill it comes back then.
"""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from local.host.blob_trigger import BlobTrigger
from local.host.storage_bindings import send
from local.host.trigger import Crew, Runner, Watch

logger = logging.getLogger("local.host")

PATH = "/runtime/webhooks/blobs"
QUEUE_PREFIX = "azure-webjobs-blobtrigger-"
FUNCTION_PREFIX = "Host.Functions."
HIDDEN_SECONDS = 600
AT_A_TIME = 16


class EventGridWebhook:
    """The route, the queue behind it, and the calls. `key` is the one that a caller must give."""

    def __init__(
        self,
        triggers: Mapping[str, BlobTrigger],
        queue: QueueClient,
        *,
        runner: Runner,
        key: str | None,
    ) -> None:
        self._triggers = {FUNCTION_PREFIX + name: trigger for name, trigger in triggers.items()}
        self._queue, self._runner, self._key = queue, runner, key
        self._crew = Crew()
        self._watch = Watch("the queue of blob events", self._look)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._take)]

    async def start(self) -> None:
        self._watch.start()

    async def stop(self) -> None:
        await self._watch.stop()
        await self._crew.stop()

    async def _take(self, request: web.Request) -> web.Response:
        # Without a key nothing is checked, as under the Core Tools.
        if self._key and request.query.get("code") != self._key:
            return web.Response(status=401)
        function = request.query.get("functionName", "")
        kind = request.headers.get("aeg-event-type", "").lower()
        if kind not in ("subscriptionvalidation", "notification", "unsubscribe"):
            return web.Response(status=400)
        try:
            events = json.loads(await request.text())
        except ValueError:
            return web.Response(status=500)
        if kind == "subscriptionvalidation":
            code = events[0]["data"]["validationCode"]
            return web.json_response({"validationResponse": code})
        if kind == "notification":
            for event in events:
                await self._put(function, event)
        return web.Response(status=202)

    async def _put(self, function: str, event: Mapping[str, Any]) -> None:
        if event.get("eventType") != "Microsoft.Storage.BlobCreated":
            return
        container, blob = _place(event["subject"])
        trigger = self._triggers.get(function)
        if trigger is None:
            # WebJobs takes such an event too, and drops it when it reads its queue.
            logger.warning("An event is for %s, which is no function of the app.", function)
            return
        if not trigger.wants(container, blob):
            return
        message = {
            "Type": "BlobTrigger",
            "FunctionId": function,
            "BlobType": event["data"].get("blobType", "BlockBlob"),
            "ContainerName": container,
            "BlobName": blob,
            "ETag": event["data"].get("eTag"),
        }
        content = base64.b64encode(json.dumps(message, separators=(",", ":")).encode()).decode()
        await self._runner.blocking(lambda: send(self._queue, content))

    async def _look(self) -> None:
        while len(self._crew) < AT_A_TIME:
            taken = await self._runner.blocking(self._receive)
            for message in taken:
                self._crew.start(self._handle(message))
            if not taken:
                return

    def _receive(self) -> list[QueueMessage]:
        try:
            return list(
                self._queue.receive_messages(
                    messages_per_page=AT_A_TIME,
                    max_messages=AT_A_TIME,
                    visibility_timeout=HIDDEN_SECONDS,
                )
            )
        except ResourceNotFoundError:
            return []

    async def _handle(self, message: QueueMessage) -> None:
        event = json.loads(base64.b64decode(message.content))
        try:
            await self._triggers[event["FunctionId"]].deliver(event["BlobName"], event["ETag"])
            await self._runner.blocking(lambda: self._queue.delete_message(message))
        except AzureError as error:
            logger.warning("An event about %s will come again: %s", event["BlobName"], error)


def _place(subject: str) -> tuple[str, str]:
    """Container and blob of an event's subject."""
    container, _, blob = subject.partition("/containers/")[2].partition("/blobs/")
    return container, blob
