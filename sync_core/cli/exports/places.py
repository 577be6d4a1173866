"""Finds the exports at the paths that a person names, as the app finds them in a feed's folder."""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sync_core.cli.exports.local_files import SourceError, cannot_read, shown_path, status
from sync_core.cli.exports.sources import Place, is_readable_file
from sync_core.formats import FORMATS
from sync_core.landing.exports import is_export_folder, is_zip

DAY_LEVELS = 3


class Unreadable(NamedTuple):
    """A path that cannot be looked at, and why."""

    name: str
    why: str


def places_at(paths: Sequence[Path]) -> Iterator[Place | Unreadable]:
    """Every export at the paths. Files that are named one by one are one export together."""
    single: list[Path] = []
    for path in paths:
        try:
            if _is_folder(path):
                yield from _in_folder(path)
            elif is_zip(path.name):
                yield Place(shown_path(path), (path,), is_zip=True)
            else:
                single.append(path)
        except SourceError as error:
            yield Unreadable(shown_path(path), str(error))
    if single:
        names = ", ".join(map(shown_path, single))
        yield Place(names, tuple(single), is_whole=False)


def place_at(path: Path) -> Place:
    """The folder or zip at a path as one place, whatever is in it. Raises SourceError."""
    if _is_folder(path):
        return _place(path, [file for file in _files(path) if not is_zip(file.name)])
    return Place(shown_path(path), (path,), is_zip=True)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(status(path).st_mode)


def _in_folder(folder: Path) -> Iterator[Place | Unreadable]:
    """The exports in a folder; if it has none, those in its subfolders.

    A subfolder is one level below, or three levels of year, month and day. If there is no export
    anywhere, the folder itself, whose files then say why.
    """
    found: list[Place | Unreadable] = list(_directly_in(folder))
    if not found:
        found = [place for below in _subfolders(folder) for place in _below(below)]
    yield from found or [_place(folder, _files(folder))]


def _below(folder: Path) -> Iterator[Place | Unreadable]:
    """The exports directly in a subfolder. One that cannot be read does not hide the others."""
    try:
        yield from _directly_in(folder)
    except SourceError as error:
        yield Unreadable(shown_path(folder), str(error))


def _directly_in(folder: Path) -> Iterator[Place]:
    files = _files(folder)
    if any(is_named_by_a_format(path.name) for path in files):
        yield _place(folder, [path for path in files if not is_zip(path.name)])
    # As in a landing folder, a zip is an export of its own beside the files.
    for path in files:
        if is_zip(path.name):
            yield Place(shown_path(path), (path,), is_zip=True)


def _place(folder: Path, files: Sequence[Path]) -> Place:
    below = tuple(f"{shown_path(path.name)}/" for path in _folders(folder))
    return Place(shown_path(folder), tuple(files), subfolders=below)


def is_named_by_a_format(name: str) -> bool:
    """Whether a file of some format has this name."""
    return any(fmt.file(name) for fmt in FORMATS.values())


def _files(folder: Path) -> list[Path]:
    """The files of a folder. A device or pipe counts only if it has the name of a file."""
    return [
        path
        for path in _entries(folder)
        if not _leads_to_folder(path)
        and (is_named_by_a_format(path.name) or is_readable_file(path))
    ]


def _folders(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if _leads_to_folder(path)]


def _leads_to_folder(path: Path) -> bool:
    """Whether a path leads to a folder. False where the system does not say."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _subfolders(folder: Path) -> Iterator[Path]:
    def below(parent: Path, level: int) -> Iterator[Path]:
        for path in _folders(parent):
            if is_export_folder(path.relative_to(folder).as_posix()):
                yield path
            if level < DAY_LEVELS and path.name.isdecimal():
                yield from below(path, level + 1)

    yield from below(folder, 1)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise cannot_read(folder, error) from None
