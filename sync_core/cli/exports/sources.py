"""Exports on this machine: files, a folder, or a zip that is read without unpacking it."""

import itertools
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sync_core.cli.exports.local_files import (
    CHUNK,
    PinnedLocalFile,
    SourceError,
    cannot_read,
    other_than_file,
)
from sync_core.formats import FORMATS, Format
from sync_core.landing.exports import MANIFEST, READY_MARKER
from sync_core.landing.zip_paths import file_name
from sync_core.landing.zip_safety import (
    UNREADABLE,
    damaged,
    member_blocks,
    opened_zip,
    safe_members,
)
from sync_core.model.errors import ArchiveError
from sync_core.validation.model import CsvFile
from sync_core.validation.records.lines import BOM, MAX_RECORD, content, decoded, fields_of

OnBlock = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Item:
    """A file of an export: `name` without a folder, `size` in bytes."""

    name: str
    size: int
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Place:
    """Where an export lies: files that were named one by one, a folder, or a zip.

    `is_whole`: an export is expected to be complete there. Single files are only a part of one.
    `subfolders` are the names of the folders in the folder.
    """

    name: str
    paths: tuple[Path, ...]
    subfolders: tuple[str, ...] = ()
    is_zip: bool = False
    is_whole: bool = True

    @contextmanager
    def items(self) -> Iterator[list[Item]]:
        """The files in the place, which can be read until the end. Raises SourceError."""
        if not self.is_zip:
            yield [_item(path) for path in self.paths]
            return
        try:
            file = PinnedLocalFile(self.paths[0])
            with _opened(file, self.name) as archive:
                yield list(_members(archive, file, self.name))
        except ArchiveError as error:
            raise SourceError(str(error)) from None


@dataclass(frozen=True)
class Source:
    """The files that belong to a format, the bytes in all of them, and the other files."""

    files: tuple[CsvFile, ...]
    size: int
    others: tuple[CsvFile, ...]


def headers_of(items: list[Item]) -> dict[str, list[str]]:
    """The fields in the first line of each file whose name belongs to some format."""
    known = [item for item in items if any(fmt.file(item.name) for fmt in FORMATS.values())]
    return {item.name: _first_line(item.open) for item in known}


def _first_line(opened: Callable[[], Iterator[bytes]]) -> list[str]:
    line = next(opened(), b"").partition(b"\n")[0]
    return fields_of(decoded(content(line[:MAX_RECORD].removeprefix(BOM))))


def source_of(
    place: Place, items: list[Item], fmt: Format, on_block: OnBlock = lambda _name, _block: None
) -> Source:
    """The file set in a place. `on_block` gets each block on its first reading, and no bytes when
    a file is opened again. Raises SourceError if a file is there twice.
    """
    files: dict[str, CsvFile] = {}
    size, others = 0, []
    for item in items:
        spec = fmt.file(item.name)
        if spec is None:
            if item.name.lower() not in (READY_MARKER, MANIFEST):
                others.append(CsvFile(item.name, item.open))
        elif spec.name in files:
            raise SourceError(f"{place.name} contains {spec.name} twice. Remove one of them.")
        else:
            size += item.size
            files[spec.name] = CsvFile(spec.name, _shown(item, partial(on_block, spec.name)))
    return Source(tuple(files.values()), size, tuple(others))


def _shown(item: Item, on_block: Callable[[bytes], None]) -> Callable[[], Iterator[bytes]]:
    readings = itertools.count()

    def blocks() -> Iterator[bytes]:
        # The engine reads some files twice; progress counts each byte once.
        is_first = next(readings) == 0
        if not is_first:
            on_block(b"")
        for block in item.open():
            if is_first:
                on_block(block)
            yield block

    return blocks


def _item(path: Path) -> Item:
    file = PinnedLocalFile(path)
    return Item(path.name, file.size, file.blocks)


def is_readable_file(path: Path) -> bool:
    """Whether a path leads to a file, not to a device, a pipe or nowhere."""
    try:
        return other_than_file(path.stat().st_mode) is None
    except OSError:
        return False


@contextmanager
def _opened(file: PinnedLocalFile, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        raw = file.path.open("rb", buffering=0)
    except OSError as error:
        raise cannot_read(file.path, error) from None
    with opened_zip(raw, name) as archive:
        yield archive


def _members(archive: zipfile.ZipFile, file: PinnedLocalFile, name: str) -> Iterator[Item]:
    """The files of a zip. They share one open file, so the directory is read only once."""

    def blocks(info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            yield from member_blocks(archive, info.filename, info.file_size, CHUNK)
        except UNREADABLE:
            # A file that is being written looks damaged. That it changes is then the reason.
            file.check()
            raise SourceError(str(damaged(name))) from None
        file.check()

    for info in safe_members(archive, name, file.size):
        yield Item(file_name(info.filename), info.file_size, partial(blocks, info))
