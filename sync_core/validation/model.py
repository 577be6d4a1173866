"""What validation takes and gives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sync_core.model.messages import Finding


@dataclass(frozen=True)
class CsvFile:
    """One file of a set. `name` is its canonical spelling in the format.

    `open` starts a fresh stream of its bytes, in blocks of any size. What it raises passes through.
    """

    name: str
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Validation:
    """What was found, file by file in the order of the format, and how much was read.

    `rows` counts the data records of each file that came: not the header, not blank lines, but also
    those records that could not be read. It is 0 for a file whose header could not be read.
    """

    findings: tuple[Finding, ...]
    rows: Mapping[str, int]
