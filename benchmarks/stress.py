"""Sets made from the clean set, in which a whole file is irregular and not just a few rows."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

PIECE = 16 << 20


def quoted(source: Path, copy: Path) -> None:
    """Every value in quotation marks, as many exporters write them."""
    with source.open(encoding="utf-8", newline="") as read, copy.open("wb") as raw:
        written = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        csv.writer(written, quoting=csv.QUOTE_ALL).writerows(csv.reader(read))
        written.flush()


def in_latin_1(source: Path, copy: Path) -> None:
    """The file in Latin-1, as spreadsheets save it."""
    with source.open("rb") as read, copy.open("wb") as written:
        for piece in _lines(read):
            written.write(piece.decode().encode("latin-1"))


def emptied(source: Path, copy: Path) -> None:
    """Only the header, so that every reference to the file is unresolved."""
    with source.open("rb") as read:
        copy.write_bytes(read.readline())


def twice(source: Path, copy: Path) -> None:
    """All rows twice, as from an export that appends instead of replacing the file."""
    with source.open("rb") as read, copy.open("wb") as written:
        shutil.copyfileobj(read, written)
        read.seek(0)
        read.readline()
        shutil.copyfileobj(read, written)


def partly_again(source: Path, copy: Path) -> None:
    """Every tenth row again at the end of the file."""
    with source.open("rb") as read, copy.open("wb") as written:
        shutil.copyfileobj(read, written)
        read.seek(0)
        read.readline()
        written.writelines(islice(read, 0, None, 10))


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece + file.readline()


STRESSES: dict[str, tuple[Callable[[Path, Path], None], frozenset[str] | None]] = {
    "everything quoted": (quoted, None),
    "pupils in Latin-1": (in_latin_1, frozenset({"student.csv"})),
    "no sections": (emptied, frozenset({"section.csv"})),
    "a tenth of the enrollments again": (partly_again, frozenset({"studentenrollment.csv"})),
    "the enrollments twice": (twice, frozenset({"studentenrollment.csv"})),
}
"""The changes, each with its files; None means all files."""


def write_stress(name: str, clean: Path, folder: Path) -> None:
    """Write a set with some changed files, and the other files of the clean set."""
    spoil, names = STRESSES[name]
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(clean.glob("*.csv")):
        copy = folder / source.name
        copy.unlink(missing_ok=True)
        if names is None or source.name in names:
            spoil(source, copy)
        else:
            copy.symlink_to(source.resolve())
