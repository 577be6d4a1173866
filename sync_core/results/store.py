"""Reads and writes the containers of documents. The results container has one folder per run.

    {feed}/{run}/result.json        the final result, written once
    {feed}/{run}/messages.jsonl     every message
    {feed}/{run}/report.html        what people read about the run
    {feed}/{run}/problems.csv       every problem, for a spreadsheet
    {feed}/{run}/preview.jsonl      what a held export would change
    {feed}/{run}/sync.json          how the sync itself ended, if it is followed
    {feed}/{run}/steps/*.json       the records of the steps
    {feed}/latest.json              a copy of the newest result
    {feed}/started.json             a copy of the newest result whose sync started
    {feed}/hold.json                the open hold of the feed
    {feed}/unknown.json             a copy of the newest `unknown` result, until it is settled
    {feed}/attempt.json             which run was the last to send something to the target

Everything that must happen only once uses a conditional write: the first writer wins, and a later
one finds its blob.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
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
    """The contents of a blob, and its ETag for a conditional write."""

    data: bytes
    etag: str


class ResultsStore:
    """A container of documents. `what` names its documents in messages."""

    def __init__(self, container: ContainerClient, what: str = "result") -> None:
        self._container = container
        self._what = what

    def address(self, name: str) -> str:
        """The address of a blob, without any signature."""
        return str(self._container.get_blob_client(name).url).split("?", 1)[0]

    def has(self, name: str) -> bool:
        with self._faults(name):
            return bool(self._container.get_blob_client(name).exists())

    def read(self, name: str) -> StoredBlob | None:
        """The blob, or None if it does not exist."""
        with self._faults(name):
            try:
                download = self._container.download_blob(name)
            except ResourceNotFoundError:
                return None
            return StoredBlob(download.readall(), download.properties.etag)

    def decoded(self, name: str, kind: type[T]) -> T | None:
        """The blob decoded as `kind`, or None if it does not exist."""
        kept = self.read(name)
        return None if kept is None else msgspec.json.decode(kept.data, type=kind)

    def create(self, name: str, data: bytes, *, content_type: str = JSON) -> bool:
        """Create a blob (`If-None-Match: *`); False if it already exists."""
        with self._faults(name):
            try:
                self._write(name, data, content_type, overwrite=False)
            except ResourceExistsError:
                return False
            return True

    def replace(self, kept: StoredBlob, name: str, data: bytes) -> bool:
        """Replace the version of the blob that was read (`If-Match`); False if it has changed."""
        with self._faults(name):
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
        """Replace a document, safe with concurrent writers; False if `unless` returned True.

        `unless` gets the existing document. Raises TransientError if other writers won every time.
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
        raise TransientError(
            f"{self._what} {name} was changed by other writers {UPDATE_TRIES} times in a row;"
            " retrying."
        )

    def write(self, name: str, data: bytes, *, content_type: str = JSON) -> None:
        """Write a blob unconditionally. For contents that are the same for every writer."""
        with self._faults(name):
            self._write(name, data, content_type, overwrite=True)

    def names(self, prefix: str) -> list[str]:
        """The names of all blobs that start with `prefix`, sorted."""
        with self._faults(f"{prefix}…"):
            return sorted(self._container.list_blob_names(name_starts_with=prefix))

    def delete(self, name: str) -> None:
        """Delete a blob, if it exists."""
        with self._faults(name), suppress(ResourceNotFoundError):
            self._container.delete_blob(name)

    def _faults(self, name: str) -> AbstractContextManager[None]:
        return storage_faults(f"{self._what} {name}")

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
