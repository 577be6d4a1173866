"""Blob triggers: every new or changed blob under the path calls the function, at least once.

On Azure the app's blob triggers are fed by Event Grid, through the webhook in `event_grid.py`. On
one machine nothing sends events, so the container is listed a few times a second, unless the host
was started without polling: a blob that is new, or has a new ETag, is one event; blobs that were
there before the first start are none, unless asked for. Events are on record before the function is
called, so none is lost when the host is killed. A failing one is tried `poisonBlobThreshold` times
and then told on the queue `webjobs-blobtrigger-poison`, as the storage extension does it.
"""

import json
import logging
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob import BlobClient, BlobProperties, BlobType, ContainerClient
from azure.storage.queue import QueueClient

from local.host.functions import Function
from local.host.invoke import Occasion
from local.host.paths import BlobPattern
from local.host.settings import Blobs, Queues
from local.host.state import BlobEvent, State
from local.host.storage_bindings import blob_reference, encode_message, send
from local.host.trigger import Crew, Runner, Watch
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")

_BLOB_TYPES = (BlobType.BLOCKBLOB, BlobType.PAGEBLOB, BlobType.APPENDBLOB)
"""In the order of the .NET SDK's enum."""

POISON_QUEUE = "webjobs-blobtrigger-poison"


class BlobTrigger:
    """The trigger of one function. `existing` makes events of what is there at the first start."""

    def __init__(
        self,
        function: Function,
        pattern: BlobPattern,
        container: ContainerClient,
        poison: QueueClient,
        *,
        runner: Runner,
        state: State,
        blobs: Blobs,
        queues: Queues,
        existing: bool,
        polling: bool = True,
    ) -> None:
        self._function = function
        self._pattern = pattern
        self._container = container
        self._poison = poison
        self._runner = runner
        self._state = state
        self._blobs = blobs
        self._queues = queues
        self._existing = existing
        self._polling = polling
        self._under_way: set[str] = set()
        self._crew = Crew()
        self._watch = Watch(function.name, self._look)

    async def start(self) -> None:
        """Returns after the first look, so that any later blob is an event."""
        if not self._polling:
            return
        await self._record(fire=self._existing or self._state.is_watched(self._function.name))
        self._watch.start()

    async def stop(self) -> None:
        await self._watch.stop()
        await self._crew.stop()

    def wants(self, container: str, blob: str) -> bool:
        """Whether a blob lies under the path of the trigger."""
        return container == self._pattern.container and self._pattern.capture(blob) is not None

    async def deliver(self, blob: str, etag: str) -> None:
        """Call the function for one event, without a pause between its tries."""
        for tries in range(1, self._blobs.poison_blob_threshold + 1):
            if await self._call(BlobEvent(blob, etag), tries):
                return

    async def _look(self) -> None:
        await self._record(fire=True)
        for event in self._state.pending(self._function.name):
            if len(self._crew) >= self._blobs.max_degree_of_parallelism:
                return
            if event.name not in self._under_way:
                self._under_way.add(event.name)
                self._crew.start(self._handle(event))

    async def _record(self, *, fire: bool) -> None:
        found = await self._runner.blocking(self._list)
        self._state.seen(self._function.name, found, fire=fire)

    def _list(self) -> list[BlobEvent]:
        try:
            blobs = list(self._container.list_blobs())
        except ResourceNotFoundError:
            return []
        return [
            BlobEvent(one.name, one.etag)
            for one in blobs
            if self._pattern.capture(one.name) is not None
        ]

    async def _handle(self, event: BlobEvent) -> None:
        tries = self._state.try_again(self._function.name, event)
        try:
            if await self._call(event, tries):
                self._state.handled(self._function.name, event)
        except AzureError as error:
            logger.warning("%s: %s will be tried again: %s", self._function.name, event.name, error)
        finally:
            self._under_way.discard(event.name)

    async def _call(self, event: BlobEvent, tries: int) -> bool:
        """Whether the event is done with: handled, gone, or tried often enough."""
        blob = self._container.get_blob_client(event.name)
        try:
            properties = await self._runner.blocking(blob.get_blob_properties)
            occasion = await self._runner.blocking(lambda: self._occasion(blob, properties))
        except ResourceNotFoundError:
            return True
        try:
            await self._runner.run(self._function, occasion)
        except FunctionFailed:
            if tries < self._blobs.poison_blob_threshold:
                return False
            await self._runner.blocking(lambda: self._to_poison(event, properties))
        return True

    def _occasion(self, blob: BlobClient, properties: BlobProperties) -> Occasion:
        trigger = self._function.trigger
        path = f"{self._pattern.container}/{blob.blob_name}"
        if trigger.is_sdk_type:
            value = blob_reference(trigger, self._pattern.container, blob.blob_name)
        else:
            value = Datum(blob.download_blob().readall(), "bytes")
        captured = self._pattern.capture(blob.blob_name) or {}
        return Occasion(
            value,
            metadata={
                "BlobTrigger": Datum(path, "string"),
                "Uri": Datum(blob.url, "string"),
                "Properties": Datum(json.dumps(_told(properties)), "json"),
                "Metadata": Datum(json.dumps(properties.metadata), "json"),
            },
            data={"blobTrigger": path, "uri": blob.url, **captured},
        )

    def _to_poison(self, event: BlobEvent, properties: BlobProperties) -> None:
        message = {
            "Type": "BlobTrigger",
            "FunctionId": f"Host.Functions.{self._function.name}",
            "BlobType": BlobType(properties.blob_type).value,
            "ContainerName": self._pattern.container,
            "BlobName": event.name,
            "ETag": event.etag,
        }
        send(self._poison, encode_message(json.dumps(message, indent=2).encode(), self._queues))
        logger.error(
            "%s failed %d times for %s; a message is on the queue %s",
            self._function.name,
            self._blobs.poison_blob_threshold,
            event.name,
            POISON_QUEUE,
        )


def _told(properties: BlobProperties) -> dict[str, Any]:
    """The properties as the host tells them to a function: enums by number, the ETag as an object.

    Observed on Functions host 4.1037, whose JSON has no converter for either.
    """
    return {
        "ETag": {},
        "Length": properties.size,
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat(),
        "BlobType": _BLOB_TYPES.index(BlobType(properties.blob_type)),
    }
