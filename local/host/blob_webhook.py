"""The blob extension's webhook: receives events of Event Grid and calls the functions.

As the storage extension does it (`BlobsExtensionConfigProvider`, `HttpRequestProcessor` and
`SharedBlobQueueListenerFactory` of https://github.com/Azure/azure-sdk-for-net, and observed on
Functions host 4.1037): every event becomes a message on the queue
`azure-webjobs-blobtrigger-{host id}` of the host's own storage, without a check of its content, and
the function is called from this queue. A message that always fails is moved unchanged to the poison
queue of the blobs' storage.
"""

import base64
import ipaddress
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from aiohttp import web
from azure.storage.queue import QueueClient, QueueMessage

from local.host.blob_trigger import BlobTrigger
from local.host.queue_listener import CallResult, QueueListener, Rules
from local.host.settings import Blobs
from local.host.storage_bindings import send
from local.host.trigger import Runner

logger = logging.getLogger("local.host")

PATH = "/runtime/webhooks/blobs"
QUEUE_PREFIX = "azure-webjobs-blobtrigger-"
FUNCTION_PREFIX = "Host.Functions."
MOST_IN_A_BATCH = 32
LONGEST_PAUSE = 10.0
"""Seconds. The webhook notifies of new messages; polling is only for those of an earlier host."""
BLOB_TYPES = frozenset({"Block", "Page", "Append"})


class BlobWebhook:
    """The webhook's route and its queue. `key` is the key that a caller has to send.

    `poison` is the queue for messages whose function does not exist.
    """

    def __init__(
        self,
        triggers: Mapping[str, BlobTrigger],
        queue: QueueClient,
        *,
        runner: Runner,
        blobs: Blobs,
        poison: QueueClient,
        key: str | None,
    ) -> None:
        self._triggers = {FUNCTION_PREFIX + name: trigger for name, trigger in triggers.items()}
        self._queue, self._runner, self._key = queue, runner, key
        self._default_poison = poison
        self._listener = QueueListener(
            "the queue of blob events",
            queue,
            self._poison,
            self._call,
            runner=runner,
            rules=_rules(blobs),
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._receive)]

    async def start(self) -> None:
        await self._listener.start()

    async def stop(self) -> None:
        await self._listener.stop()

    async def _receive(self, request: web.Request) -> web.Response:
        # Without a key nothing is checked, as in the Core Tools.
        if self._key and request.query.get("code") != self._key:
            return web.Response(status=401)
        kind = request.headers.get("aeg-event-type", "").lower()
        try:
            if kind == "subscriptionvalidation":
                code = _validation_code(json.loads(await request.text()))
                return web.json_response({"validationResponse": code})
            if kind == "notification":
                await self._put(request.query.get("functionName"), await request.text())
        except (ValueError, LookupError, TypeError, AttributeError):
            return web.Response(status=500)
        taken = kind in ("notification", "unsubscribe")
        return web.Response(status=202 if taken else 400)

    async def _put(self, function: str | None, body: str) -> None:
        parsed = json.loads(body)
        for event in [parsed] if isinstance(parsed, dict) else parsed:
            message = _message(function, event)
            await self._runner.blocking(partial(send, self._queue, _encoded(message)))
            self._listener.notify()

    async def _call(self, message: QueueMessage) -> CallResult:
        event = _decoded(message)
        trigger = self._triggers.get(event.get("FunctionId", ""))
        if trigger is None:
            logger.warning(
                "An event names the function %s, which does not exist.", event.get("FunctionId")
            )
            return CallResult.HANDLED
        done = await trigger.call(event["ContainerName"], event["BlobName"])
        return CallResult.HANDLED if done else CallResult.FAILED

    def _poison(self, message: QueueMessage) -> QueueClient:
        trigger = self._triggers.get(_decoded(message).get("FunctionId", ""))
        return trigger.poison if trigger else self._default_poison


def _rules(blobs: Blobs) -> Rules:
    """Queue rules for blobs: half the parallelism per batch, and no pause after a failure."""
    batch = min(MOST_IN_A_BATCH, blobs.max_degree_of_parallelism // 2 + 1)
    threshold = blobs.max_degree_of_parallelism - batch
    return Rules(batch, threshold, blobs.poison_blob_threshold, longest_pause=LONGEST_PAUSE)


def _validation_code(sent: Any) -> str:
    """The code of a handshake. In a CloudEvent `data` is JSON text inside the JSON."""
    event = sent[0] if isinstance(sent, list) else sent
    data = event["data"]
    return str((json.loads(data) if isinstance(data, str) else data)["validationCode"])


def _message(function: str | None, event: Mapping[str, Any]) -> dict[str, str]:
    """The queue message for an event, with its members in the extension's order."""
    data = event["data"]
    kind = str(data["blobType"]).replace("Blob", "")
    if kind not in BLOB_TYPES:
        raise ValueError(kind)
    container, blob = _container_and_blob(data["url"])
    message = {
        "Type": "BlobTrigger",
        "FunctionId": function,
        "BlobType": f"{kind}Blob",
        "ContainerName": container,
        "BlobName": blob,
        "ETag": f'"{data.get("eTag") or ""}"',
    }
    return {name: value for name, value in message.items() if value is not None}


def _container_and_blob(url: str) -> tuple[str, str]:
    """Container and blob of a URL. A URL with an IP address has the account in its path."""
    parts = urlsplit(url)
    path = parts.path.lstrip("/")
    if parts.hostname == "localhost" or _is_ip(parts.hostname or ""):
        path = path.partition("/")[2]
    container, _, blob = path.partition("/")
    return container, unquote(blob)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _encoded(message: Mapping[str, str]) -> str:
    return base64.b64encode(json.dumps(message, indent=2).encode()).decode()


def _decoded(message: QueueMessage) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(message.content))
    return decoded
