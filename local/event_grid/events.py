"""Events of a storage account, made from the storage emulator's log of written blobs.

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
    """The storage emulator's log, read incrementally. Gives the events of one container only."""

    def __init__(self, path: Path, container: str) -> None:
        self._path, self._container = path, container
        self._position = 0

    def skip(self) -> None:
        """Ignore everything written so far."""
        self._position = self._size()

    def new(self) -> Iterator[Event]:
        """The events since the last call. An incomplete last line is left for the next call."""
        # Called many times a second, and there is rarely anything new.
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
    """The event of one line. Its ETag lacks the quotation marks of the HTTP header."""
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
    """The first event of a new subscription. The receiver has to return its code.

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
