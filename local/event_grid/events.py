"""The events of a storage account, from the lines that the storage emulator writes.

https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

Event = dict[str, Any]

BLOB_CREATED = "Microsoft.Storage.BlobCreated"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

_TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.Storage/storageAccounts/"
)
_DATA = (
    "api",
    "blobType",
    "clientRequestId",
    "contentLength",
    "contentType",
    "requestId",
    "sequencer",
    "url",
)


class Log:
    """The file of the storage emulator, read on from where the last look ended.

    Only the blobs of one container count.
    """

    def __init__(self, path: Path, container: str) -> None:
        self._path, self._container = path, container
        self._position = 0

    def skip(self) -> None:
        """Leave out what has been written so far."""
        self._position = self._size()

    def new(self) -> Iterator[Event]:
        """The events since the last look. A line that is still being written waits for the next."""
        # Asked many times a second, and almost always there is nothing.
        if self._size() <= self._position:
            return
        with self._path.open("rb") as file:
            file.seek(self._position)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._position += len(line)
                event = blob_created(json.loads(line))
                if event["subject"].startswith(f"{_containers(self._container)}/"):
                    yield event

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def blob_created(line: dict[str, Any]) -> Event:
    """The event of one line. The ETag goes without the quotation marks of the HTTP header."""
    account, container, blob = urlsplit(line["url"]).path.lstrip("/").split("/", 2)
    data = {name: line[name] for name in _DATA if line.get(name) is not None}
    return {
        "id": str(uuid4()),
        "topic": _TOPIC + account,
        "subject": f"{_containers(container)}/blobs/{unquote(blob)}",
        "eventType": BLOB_CREATED,
        "eventTime": line["at"],
        "data": {**data, "eTag": line["eTag"].strip('"')},
        "dataVersion": "",
        "metadataVersion": "1",
    }


def validation(code: str, at: str) -> Event:
    """The event that a new subscription sends first; its receiver gives the code back.

    https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
    """
    return {
        "id": str(uuid4()),
        "topic": _TOPIC + "local",
        "subject": "",
        "eventType": VALIDATION,
        "eventTime": at,
        "data": {"validationCode": code},
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def _containers(container: str) -> str:
    return f"/blobServices/default/containers/{container}"
