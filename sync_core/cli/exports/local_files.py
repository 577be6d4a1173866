"""Reads files on this machine that may be anything: devices, pipes, files that change meanwhile."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sync_core.model.file_names import shown_name

CHUNK = 2 << 20
"""Bytes in a block: as many as the engine scans at once, so that it joins no blocks."""

PATH_CHARACTERS = 1_000

_KINDS = (
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class SourceError(Exception):
    """There is nothing to validate. The message says why and what to name instead."""


def shown_path(path: Path | str) -> str:
    """The path on one line, with characters that have no visible form as escapes."""
    return shown_name(os.fspath(path), PATH_CHARACTERS)


def status(path: Path) -> os.stat_result:
    """What the file system knows of a path. Raises SourceError if there is nothing."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{shown_path(path)} does not exist. Name a file or folder.") from None
    except (OSError, ValueError) as error:
        raise cannot_read(path, error) from None


def cannot_read(path: Path, error: Exception) -> SourceError:
    """The error about a path that the operating system refuses."""
    why = getattr(error, "strerror", None) or "its name is not valid"
    return SourceError(f"{shown_path(path)} cannot be read: {why}.")


def other_than_file(mode: int) -> str | None:
    """What a thing is that is neither a file nor a folder; None if it is one of these."""
    return next((words for is_kind, words in _KINDS if is_kind(mode)), None)


class PinnedLocalFile:
    """A file as it was when it was found. Reading it raises SourceError if it has changed since."""

    def __init__(self, path: Path) -> None:
        self.path, self._status = path, status(path)
        if kind := other_than_file(self._status.st_mode):
            raise SourceError(f"{shown_path(path)} is {kind}, not a file. Name a CSV file or zip.")

    @property
    def size(self) -> int:
        return self._status.st_size

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the file. Never more than it had when it was found."""
        left = self.size
        try:
            with self.path.open("rb") as file:
                while block := file.read(CHUNK):
                    left -= len(block)
                    if left < 0:
                        raise self._changed()
                    yield block
        except OSError as error:
            raise cannot_read(self.path, error) from None
        self.check()

    def check(self) -> None:
        """Raise SourceError if the file is not the one that was found."""
        now, before = status(self.path), self._status
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (
            before.st_size,
            before.st_mtime_ns,
            before.st_ino,
        ):
            raise self._changed()

    def _changed(self) -> SourceError:
        return SourceError(
            f"{shown_path(self.path)} has changed while it was read. Wait until it is complete,"
            " then try again."
        )
