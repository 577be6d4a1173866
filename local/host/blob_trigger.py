"""Blob triggers with the source Event Grid: calls a function for one blob."""

import json
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, BlobType
from azure.storage.queue import QueueClient

from local.host.functions import Function
from local.host.invoke import TriggerData
from local.host.paths import BlobPattern
from local.host.storage_bindings import blob_reference
from local.host.trigger import Runner
from local.worker import FunctionFailed

_BLOB_TYPES = (BlobType.BLOCKBLOB, BlobType.PAGEBLOB, BlobType.APPENDBLOB)
"""In the order of the .NET SDK's enum."""

POISON_QUEUE = "webjobs-blobtrigger-poison"


class BlobTrigger:
    """The trigger of one function. `poison` is a queue in the blobs' storage account."""

    def __init__(
        self,
        function: Function,
        pattern: BlobPattern,
        storage: BlobServiceClient,
        poison: QueueClient,
        runner: Runner,
    ) -> None:
        self.poison = poison
        self._function, self._pattern = function, pattern
        self._storage, self._runner = storage, runner

    async def call(self, container: str, name: str) -> bool:
        """Call the function for a blob. Returns False if it failed, True if the blob is gone.

        The container and the path are not compared with the trigger's, because on Azure the filter
        of the event subscription does that.
        """
        blob = self._storage.get_blob_client(container, name)
        try:
            trigger_data = await self._runner.blocking(lambda: self._trigger_data(container, blob))
        except ResourceNotFoundError:
            return True
        try:
            await self._runner.run(self._function, trigger_data)
        except FunctionFailed:
            return False
        return True

    def _trigger_data(self, container: str, blob: BlobClient) -> TriggerData:
        trigger, name = self._function.trigger, blob.blob_name
        properties = blob.get_blob_properties()
        if trigger.is_sdk_type:
            value = blob_reference(trigger, container, name)
        else:
            value = Datum(blob.download_blob().readall(), "bytes")
        return TriggerData(
            value,
            metadata={
                "BlobTrigger": Datum(f"{container}/{name}", "string"),
                "Uri": Datum(blob.url, "string"),
                "Properties": Datum(json.dumps(_properties(properties)), "json"),
                "Metadata": Datum(json.dumps(properties.metadata), "json"),
            },
            data={
                "blobTrigger": f"{container}/{name}",
                "uri": blob.url,
                **(self._pattern.capture(name) or {}),
            },
        )


def _properties(properties: BlobProperties) -> dict[str, Any]:
    """The properties in the form that the host passes on: enums as numbers, the ETag as an object.

    Observed on Functions host 4.1037, whose JSON serialiser has no converter for either.
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
