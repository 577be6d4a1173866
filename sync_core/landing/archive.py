"""Reads zips in the landing container through range requests, without unpacking them to disk."""

import io
from collections.abc import Generator
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

from sync_core.landing.fileset import PinnedFile
from sync_core.landing.zip_safety import damage_named, member_blocks, opened_zip, safe_members
from sync_core.storage import storage_faults

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PinnedBlob(io.RawIOBase):
    """A blob as a seekable file. Every read is a range request with `If-Match`."""

    def __init__(self, blob: BlobClient, etag: str, size: int) -> None:
        self._blob, self._etag, self._size, self._at = blob, etag, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        length = min(len(view), self._size - self._at)
        if length <= 0:
            return 0
        with storage_faults(f"blob {self._blob.blob_name}", pinned=True):
            data = self._blob.download_blob(
                offset=self._at,
                length=length,
                etag=self._etag,
                match_condition=MatchConditions.IfNotModified,
            ).readall()
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def members(blob: BlobClient, etag: str, size: int) -> list[tuple[str, int]]:
    """The path and unpacked size of every file in a zip. Raises ArchiveError, SupersededError."""
    name = blob.blob_name
    with damage_named(name), opened_zip(PinnedBlob(blob, etag, size), name) as archive:
        infos = safe_members(archive, name, size)
        return [(info.filename, info.file_size) for info in infos]


def member_chunks(blob: BlobClient, file: PinnedFile, size: int) -> Generator[bytes]:
    """The bytes of one file in a zip of `size` bytes, in blocks.

    Raises ArchiveError if the zip is damaged or contains fewer bytes than it declares.
    """
    name = blob.blob_name
    with damage_named(name), opened_zip(PinnedBlob(blob, file.etag, size), name) as archive:
        yield from member_blocks(archive, str(file.member), file.size)
