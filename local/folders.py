"""Folders of the local cloud: one process at a time, and no file of others is touched.

A folder belongs to the local cloud if it contains the marker file, which is written only into a new
or empty folder. The process that uses the folder holds a lock on this file. The operating system
releases the lock when the process ends.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / ".local-cloud"
"""The default parent of the folders. Git ignores it, so everything in it is the local cloud's."""

MARK = ".sis-sync-local"
ADDRESSES = "cloud.json"
EVENTS = "events.jsonl"
EXAMPLE = "Example: FOLDER=.local-cloud/second"
MADE = ("storage", "state", "results", EVENTS, "host.log", ADDRESSES, "local.settings.json")
"""Everything that a command of the local cloud writes into its folder, besides the marker."""


class Refused(Exception):  # noqa: N818 - it names what happened
    """The command cannot run. The message says in one line why, and what to do."""


@contextmanager
def claimed(folder: Path, home: Path = HOME) -> Iterator[None]:
    """Lock the folder for this process while the block runs. Creates it if it is missing.

    Every folder in `home` belongs to the local cloud, with or without the marker. Raises Refused if
    another process uses the folder, or if it contains files of others.
    """
    _make(folder, home)
    with (folder / MARK).open("r+", encoding="utf-8") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                f"A local cloud is running in {folder} already ({_process(folder)}). End it with"
                f" Ctrl-C, or name another folder. {EXAMPLE}"
            ) from None
        mark.truncate()
        mark.write(str(os.getpid()))
        mark.flush()
        yield


def is_running(folder: Path) -> bool:
    """Whether a process is using the folder."""
    try:
        mark = (folder / MARK).open("rb")
    except OSError:
        return False
    with mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def emptied(folder: Path) -> None:
    """Remove everything that the local cloud has written into a locked folder, and nothing else."""
    for name in MADE:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def reset(home: Path = HOME) -> list[Path]:
    """Empty every folder of the local cloud in `home`, and return these folders.

    Raises Refused and removes nothing if a process is using one of them.
    """
    folders = sorted(path.parent for path in home.glob(f"*/{MARK}"))
    for folder in filter(is_running, folders):
        raise Refused(
            f"The local cloud is running in {folder} ({_process(folder)}), so nothing was removed."
            " End it with Ctrl-C first."
        )
    for folder in folders:
        with claimed(folder):
            emptied(folder)
            (folder / MARK).unlink()
            if not any(folder.iterdir()):
                folder.rmdir()
    return folders


def _make(folder: Path, home: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARK).exists():
            if any(folder.iterdir()) and home not in folder.resolve().parents:
                raise Refused(
                    f"{folder} holds files that the local cloud did not make. Name a new or an"
                    f" empty folder. {EXAMPLE}"
                )
            (folder / MARK).touch()
    except OSError as error:
        raise Refused(f"{folder} cannot be used: {error.strerror}. {EXAMPLE}") from None


def _process(folder: Path) -> str:
    return f"process {(folder / MARK).read_text(encoding='utf-8')}"
