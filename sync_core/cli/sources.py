"""File sets on this machine: a folder, or a zip that is read without unpacking it."""

import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sync_core.formats import Format
from sync_core.landing.zip_paths import file_name, is_file
from sync_core.validation.model import CsvFile
from sync_core.validation.records.lines import BOM, MAX_RECORD, content, decoded, fields_of

CHUNK = 2 << 20
"""Bytes in a block: as many as the engine scans at once, so that it joins no blocks."""


class SourceError(Exception):
    """There is nothing to validate. The message says why and what to name instead."""


@dataclass(frozen=True)
class Source:
    """The files that belong to a format, the bytes in all of them, and the other files."""

    files: tuple[CsvFile, ...]
    size: int
    others: tuple[CsvFile, ...]


@dataclass(frozen=True)
class _Item:
    name: str
    size: int
    open: Callable[[], Iterator[bytes]]


def headers_at(path: Path) -> dict[str, list[str]]:
    """The fields in the first line of each file in a folder or zip."""
    return {item.name: _first_line(item.open) for item in _items(path)}


def _first_line(opened: Callable[[], Iterator[bytes]]) -> list[str]:
    line = next(opened(), b"").partition(b"\n")[0]
    return fields_of(decoded(content(line[:MAX_RECORD].removeprefix(BOM))))


def source_at(path: Path, fmt: Format, on_block: Callable[[bytes], None]) -> Source:
    """The file set in a folder or zip. `on_block` gets each block on its first reading."""
    items = _items(path)
    files: dict[str, CsvFile] = {}
    size, others = 0, []
    for item in items:
        spec = fmt.file(item.name)
        if spec is None:
            others.append(CsvFile(item.name, item.open))
        elif spec.name in files:
            raise SourceError(f"{path} contains {spec.name} twice. Remove one of them.")
        else:
            size += item.size
            files[spec.name] = CsvFile(spec.name, _shown(item.open, on_block))
    if not files:
        names = ", ".join(spec.name for spec in fmt.files)
        raise SourceError(
            f"{path} contains no file of the format {fmt.name}. Its files are {names}."
        )
    return Source(tuple(files.values()), size, tuple(others))


def _items(path: Path) -> list[_Item]:
    return list(_folder_items(path) if path.is_dir() else _zip_items(path))


def _shown(
    opened: Callable[[], Iterator[bytes]], on_block: Callable[[bytes], None]
) -> Callable[[], Iterator[bytes]]:
    readings = itertools.count()

    def blocks() -> Iterator[bytes]:
        # The engine reads some files twice; progress counts each byte once.
        is_first = next(readings) == 0
        for block in opened():
            if is_first:
                on_block(block)
            yield block

    return blocks


def _folder_items(folder: Path) -> Iterator[_Item]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield _Item(path.name, path.stat().st_size, _file_reader(path))


def _file_reader(path: Path) -> Callable[[], Iterator[bytes]]:
    def blocks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(CHUNK):
                yield block

    return blocks


def _zip_items(path: Path) -> Iterator[_Item]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if is_file(info.filename)]
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"{path} is neither a folder nor a readable zip. Name the folder with the CSV files, or"
            " a zip of them."
        ) from error
    for info in infos:
        name = file_name(info.filename)
        yield _Item(name, info.file_size, _member_reader(path, info.filename))


def _member_reader(path: Path, member: str) -> Callable[[], Iterator[bytes]]:
    def blocks() -> Iterator[bytes]:
        with closing(zipfile.ZipFile(path)) as archive:
            try:
                with archive.open(member) as file:
                    while block := file.read(CHUNK):
                        yield block
            # A password or an unknown compression raises RuntimeError; a damaged zip, any of these.
            except (RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                raise SourceError(
                    f"{member} in {path} cannot be read: the zip is damaged, has a password or is"
                    " compressed in an unusual way. Name an ordinary zip, or a folder."
                ) from error

    return blocks
