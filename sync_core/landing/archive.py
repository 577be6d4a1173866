"""Reads zips through range requests, without unpacking them to disk.

A zip is untrusted input: it may declare wrong sizes, contain a name twice, be encrypted, or expand
to an unreasonable size. Each of these raises ArchiveError. Member paths are used only to get a file
name, so path traversal is not possible.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from azure.core import MatchConditions
from azure.storage.blob import BlobClient

from sync_core.landing.fileset import PinnedFile
from sync_core.landing.zip_paths import file_name, is_file
from sync_core.model.errors import ArchiveError
from sync_core.model.file_names import shown_name
from sync_core.storage import storage_faults

MAX_MEMBERS = 200
MAX_BYTES = 64 * 1024**3
MAX_RATIO = 250
"""The highest allowed compression ratio. Rosters have 5 to 40; zip bombs start at 1,000."""

READ_BYTES = 1024 * 1024

MAX_DIRECTORY = 4 * READ_BYTES
"""The largest central directory that is read; MAX_MEMBERS names need much less."""

ENCRYPTED = 0x1

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Allowed compression methods. Others may allocate gigabytes before they return a byte."""

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
"""What `zipfile` raises for a damaged zip. Its documentation has no complete list."""


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

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # RawIOBase's own signature is wider
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


class DirectoryReader(io.BufferedReader):
    """Limits the central directory: `zipfile` reads as many bytes as the zip declares."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def members(blob: BlobClient, etag: str, size: int) -> list[tuple[str, int]]:
    """The path and unpacked size of every file in a zip. Raises ArchiveError, SupersededError."""
    with _opened(blob, etag, size) as archive:
        infos = [info for info in archive.infolist() if is_file(info.filename)]
        _refuse_unsafe(infos, blob.blob_name, size)
        return [(info.filename, info.file_size) for info in infos]


def member_chunks(blob: BlobClient, file: PinnedFile, size: int) -> Generator[bytes]:
    """The bytes of one file in a zip of `size` bytes, in blocks.

    Raises ArchiveError if the zip is damaged or contains fewer bytes than it declares.
    """
    left = file.size
    with _opened(blob, file.etag, size) as archive, archive.open(str(file.member)) as member:
        while block := member.read(READ_BYTES):
            left -= len(block)
            yield block
        if left:
            raise zipfile.BadZipFile(f"{left} bytes of {file.name} are missing")


@contextmanager
def _opened(blob: BlobClient, etag: str, size: int) -> Iterator[zipfile.ZipFile]:
    source = DirectoryReader(PinnedBlob(blob, etag, size), READ_BYTES)
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except UNREADABLE:
        raise ArchiveError(
            f"{shown_name(blob.blob_name)} is damaged or is not a zip. Create the zip again,"
            " then deliver it again."
        ) from None


def _refuse_unsafe(infos: list[zipfile.ZipInfo], name: str, size: int) -> None:
    unpacked = sum(info.file_size for info in infos)
    # Members that overlap declare more compressed bytes in total than the zip has.
    packed = min(size, sum(info.compress_size for info in infos))
    names = [file_name(info.filename).lower() for info in infos]
    for wrong, what in (
        (len(infos) > MAX_MEMBERS, f"contains more than {MAX_MEMBERS} files"),
        (unpacked > MAX_BYTES, f"unpacks to more than {MAX_BYTES // 1024**3} GiB"),
        (
            unpacked > MAX_RATIO * packed + READ_BYTES,
            f"unpacks to more than {MAX_RATIO} times its size",
        ),
        (any(info.flag_bits & ENCRYPTED for info in infos), "is encrypted"),
        (
            any(info.compress_type not in METHODS for info in infos),
            "uses an unsupported compression method",
        ),
        (len(set(names)) < len(names), "contains two files with the same name"),
    ):
        if wrong:
            raise ArchiveError(
                f"{shown_name(name)} {what}. Deliver the CSV files themselves, or an"
                " unencrypted zip of them that uses Deflate compression."
            )
