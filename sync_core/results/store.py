"""Where results are kept: one folder a run in the results container.

    {feed}/{run}/result.json        the final result, written once
    {feed}/{run}/messages.jsonl     every message
    {feed}/{run}/sync.json          how the sync itself ended, where the feed is followed
    {feed}/{run}/steps/*.json       what the steps leave for one another
    {feed}/latest.json              a copy of the newest result
    {feed}/started.json             a copy of the newest whose sync was started

Whatever must happen once hangs on a conditional write: the first writer wins, a repeated one finds
what was written.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContainerClient, ContentSettings

from sync_core.model.errors import TransientError
from sync_core.storage import storage_faults

T = TypeVar("T")

JSON = "application/json"

UPDATE_TRIES = 5


class StoredBlob(NamedTuple):
    """A blob that was read, and the ETag to replace it by."""

    data: bytes
    etag: str


class ResultsStore:
    """The results container."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def address(self, name: str) -> str:
        """The address of a blob, without any signature."""
        return str(self._container.get_blob_client(name).url).split("?", 1)[0]

    def has(self, name: str) -> bool:
        with storage_faults(f"result {name}"):
            return bool(self._container.get_blob_client(name).exists())

    def read(self, name: str) -> StoredBlob | None:
        """The blob, or None where there is none."""
        with storage_faults(f"result {name}"):
            try:
                download = self._container.download_blob(name)
            except ResourceNotFoundError:
                return None
            return StoredBlob(download.readall(), download.properties.etag)

    def decoded(self, name: str, kind: type[T]) -> T | None:
        """The blob as a document of that kind, or None where there is none."""
        kept = self.read(name)
        return None if kept is None else msgspec.json.decode(kept.data, type=kind)

    def create(self, name: str, data: bytes, *, content_type: str = JSON) -> bool:
        """Write a blob that must not be there yet; False where it is (`If-None-Match: *`)."""
        with storage_faults(f"result {name}"):
            try:
                self._write(name, data, content_type, overwrite=False)
            except ResourceExistsError:
                return False
            return True

    def replace(self, kept: StoredBlob, name: str, data: bytes) -> bool:
        """Write over exactly the blob that was read; False where another came first."""
        with storage_faults(f"result {name}"):
            try:
                self._write(
                    name,
                    data,
                    JSON,
                    overwrite=True,
                    etag=kept.etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            except ResourceModifiedError:
                return False
            return True

    def update(self, name: str, kind: type[T], new: T, *, unless: Callable[[T], bool]) -> bool:
        """Write `new` over a document, however many write at once; False where `unless` says no.

        `unless` is told the document that is there. Raises TransientError where others were first
        every time.
        """
        data = msgspec.json.encode(new)
        for _ in range(UPDATE_TRIES):
            kept = self.read(name)
            if kept is None:
                written = self.create(name, data)
            elif unless(msgspec.json.decode(kept.data, type=kind)):
                return False
            else:
                written = self.replace(kept, name, data)
            if written:
                return True
        raise TransientError(f"result {name} was changed by others {UPDATE_TRIES} times in a row.")

    def write(self, name: str, data: bytes, *, content_type: str = JSON) -> None:
        """Write a blob whether it is there or not. For what is the same whoever writes it."""
        with storage_faults(f"result {name}"):
            self._write(name, data, content_type, overwrite=True)

    def _write(
        self, name: str, data: bytes, content_type: str, *, overwrite: bool, **condition: Any
    ) -> None:
        self._container.upload_blob(
            name,
            data,
            overwrite=overwrite,
            content_settings=ContentSettings(content_type=content_type),
            **condition,
        )
