"""Zips: read in place, over ranged reads, never unpacked to a disk and never believed.

A zip from outside may lie about its sizes, hold one name twice, be encrypted or unfold to more than
any school has; each of these is an ArchiveError. Member paths are only ever used to find the file's
name, so a path cannot lead anywhere.
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
from sync_core.model.errors import ArchiveError
from sync_core.storage import storage_faults

MAX_MEMBERS = 200
MAX_BYTES = 64 * 1024**3
MAX_RATIO = 250
"""Rosters pack 5 to 40 to one; zip bombs start at 1,000."""

READ_BYTES = 1024 * 1024

MAX_DIRECTORY = 4 * READ_BYTES
"""Many times what the names of MAX_MEMBERS files take."""

ENCRYPTED = 0x1

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The others may claim gigabytes of memory before they give a byte."""

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
"""What the library stumbles over in a damaged zip; it names them nowhere."""


class PinnedBlob(io.RawIOBase):
    """A blob as a seekable file, every read ranged and pinned by ETag."""

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
    """Refuses a directory that is too long: `zipfile` reads as much of it as the zip says."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def members(blob: BlobClient, etag: str, size: int) -> list[tuple[str, int]]:
    """The files in a zip: path and unpacked size. Raises ArchiveError, SupersededError."""
    with _opened(blob, etag, size) as archive:
        infos = [info for info in archive.infolist() if not _clutter(info)]
        _refuse_hostile(infos, blob.blob_name, size)
        return [(info.filename, info.file_size) for info in infos]


def member_chunks(blob: BlobClient, file: PinnedFile, size: int) -> Generator[bytes]:
    """The bytes of one file of a zip of `size` bytes, block by block: all, or ArchiveError."""
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
            f"{blob.blob_name} is not a zip that can be read to its end. Have it packed and sent"
            " again."
        ) from None


def _clutter(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith("/") or info.filename.startswith("__MACOSX/")


def _refuse_hostile(infos: list[zipfile.ZipInfo], name: str, size: int) -> None:
    unpacked = sum(info.file_size for info in infos)
    # Members that share their bytes claim more packed bytes than the whole zip has.
    packed = min(size, sum(info.compress_size for info in infos))
    names = [info.filename.rsplit("/", 1)[-1].lower() for info in infos]
    for wrong, what in (
        (len(infos) > MAX_MEMBERS, f"holds more than {MAX_MEMBERS} files"),
        (unpacked > MAX_BYTES, f"unpacks to more than {MAX_BYTES // 1024**3} GiB"),
        (unpacked > MAX_RATIO * packed + READ_BYTES, f"unpacks to over {MAX_RATIO} times its size"),
        (any(info.flag_bits & ENCRYPTED for info in infos), "is encrypted"),
        (any(info.compress_type not in METHODS for info in infos), "is packed in a rare way"),
        (len(set(names)) < len(names), "holds two files of one name"),
    ):
        if wrong:
            raise ArchiveError(
                f"{name} {what}. Send the CSV files themselves, or a plain zip of them."
            )
