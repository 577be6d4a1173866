"""Opens zips from outside: bounds, and one error for everything that may be wrong with them.

A zip is untrusted input: it may declare wrong sizes, contain a name twice, be encrypted, or expand
to an unreasonable size. Each of these raises ArchiveError. Member paths are used only to get a file
name, so path traversal is not possible.
"""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from sync_core.landing.zip_paths import file_name, is_file
from sync_core.model.errors import ArchiveError
from sync_core.model.file_names import shown_name

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

_UNZIPPED = "Check what is in it, and deliver the CSV files themselves."

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


class DirectoryReader(io.BufferedReader):
    """Limits the central directory: `zipfile` reads as many bytes as the zip declares."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


@contextmanager
def opened_zip(content: io.RawIOBase, name: str) -> Iterator[zipfile.ZipFile]:
    """The zip with this content, which is closed at the end. Raises ArchiveError if damaged."""
    with DirectoryReader(content, READ_BYTES) as source:
        with damage_named(name):
            archive = zipfile.ZipFile(source)
        with archive:
            yield archive


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """Raise whatever `zipfile` raises for a damaged zip as ArchiveError."""
    try:
        yield
    except UNREADABLE:
        raise damaged(name) from None


def damaged(name: str) -> ArchiveError:
    """The error about a zip that cannot be read."""
    return ArchiveError(
        f"{shown_name(name)} is damaged or is not a zip. Create the zip again, then deliver it"
        " again."
    )


def safe_members(archive: zipfile.ZipFile, name: str, size: int) -> list[zipfile.ZipInfo]:
    """Every file in a zip of `size` bytes. Raises ArchiveError if it exceeds the bounds."""
    infos = [info for info in archive.infolist() if is_file(info.filename)]
    _refuse_unsafe(infos, name, size)
    return infos


def member_blocks(
    archive: zipfile.ZipFile, path: str, size: int, block_bytes: int = READ_BYTES
) -> Generator[bytes]:
    """The bytes of one file in a zip, in blocks. Raises BadZipFile if they are fewer than `size`,
    and the rest of UNREADABLE.
    """
    left = size
    with archive.open(path) as member:
        while block := member.read(block_bytes):
            left -= len(block)
            yield block
    if left:
        raise zipfile.BadZipFile(f"{left} bytes of {path} are missing")


def _refuse_unsafe(infos: Sequence[zipfile.ZipInfo], name: str, size: int) -> None:
    unpacked = sum(info.file_size for info in infos)
    # Members that overlap declare more compressed bytes in total than the zip has.
    packed = min(size, sum(info.compress_size for info in infos))
    for wrong, what, advice in (
        (
            len(infos) > MAX_MEMBERS,
            f"contains more than {MAX_MEMBERS} files",
            "Put only the CSV files of one export into it.",
        ),
        (unpacked > MAX_BYTES, f"unpacks to more than {MAX_BYTES // 1024**3} GiB", _UNZIPPED),
        (
            unpacked > MAX_RATIO * packed + READ_BYTES,
            f"unpacks to more than {MAX_RATIO} times its size",
            _UNZIPPED,
        ),
        (
            any(info.flag_bits & ENCRYPTED for info in infos),
            "is encrypted",
            "Deliver the CSV files themselves, or a zip without a password.",
        ),
        (
            any(info.compress_type not in METHODS for info in infos),
            "uses an unsupported compression method",
            "Deliver the CSV files themselves, or a zip that uses Deflate compression.",
        ),
        (
            twice := _csv_twice(infos),
            f"contains two files with the same name, {shown_name(twice)}",
            "Put the files of one export into it, each of them once.",
        ),
        (_overlap(infos), "contains files that share the same bytes", "Create the zip again."),
    ):
        if wrong:
            raise ArchiveError(f"{shown_name(name)} {what}. {advice}")


def _csv_twice(infos: Sequence[zipfile.ZipInfo]) -> str:
    """A name that two CSV files have, in whatever folder and case; empty if there is none.

    Other files, such as those that a Mac adds to every folder, are not read.
    """
    names = Counter(file_name(info.filename).lower() for info in infos)
    return next((name for name in names if names[name] > 1 and name.endswith(".csv")), "")


def _overlap(infos: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether the compressed bytes of one file reach into those of another one."""
    parts = sorted((info.header_offset, info.compress_size) for info in infos)
    return any(start + size > following for (start, size), (following, _) in pairwise(parts))
