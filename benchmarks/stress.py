"""Sets in which a whole file is irregular, not just a few rows: made from the clean set."""

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
    """Letters beyond ASCII in one byte each, as spreadsheets save them."""
    with source.open("rb") as read, copy.open("wb") as written:
        for piece in _lines(read):
            written.write(piece.decode().encode("latin-1"))


def emptied(source: Path, copy: Path) -> None:
    """The header alone, so that nothing that refers to the file is found."""
    with source.open("rb") as read:
        copy.write_bytes(read.readline())


def twice(source: Path, copy: Path) -> None:
    """All rows again behind the last one, as an export appends them that should overwrite."""
    with source.open("rb") as read, copy.open("wb") as written:
        shutil.copyfileobj(read, written)
        read.seek(0)
        read.readline()
        shutil.copyfileobj(read, written)


def partly_again(source: Path, copy: Path) -> None:
    """Every tenth row again behind the last one."""
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
"""What is done to which files; None stands for all of them."""


def write_stress(name: str, clean: Path, folder: Path) -> None:
    """A set in which some files are spoiled, and all others are those of the clean one."""
    spoil, names = STRESSES[name]
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(clean.glob("*.csv")):
        copy = folder / source.name
        copy.unlink(missing_ok=True)
        if names is None or source.name in names:
            spoil(source, copy)
        else:
            copy.symlink_to(source.resolve())
