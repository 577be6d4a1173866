"""Reading a few records again: those whose values or lines only the end of the file asked for.

Only the runs that hold such records are looked at, and in plain runs only the records themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec
from sync_core.validation.batches import Batch, batch_of
from sync_core.validation.layout import LF, Positions
from sync_core.validation.model import CsvFile
from sync_core.validation.parsing import Shape
from sync_core.validation.reading import Run, cut
from sync_core.validation.tally import Tally
from sync_core.validation.values import compared


@dataclass(frozen=True)
class _Visit:
    offset: int
    length: int
    line: int
    breaks: int
    rows: range
    is_plain: bool


@dataclass(frozen=True)
class Again:
    """Some rows of a file once more: `rows` are their numbers among the good records, ascending."""

    rows: Positions
    lines: Positions
    frame: pl.DataFrame

    def lines_of(self, rows: Positions) -> Positions:
        return self.lines[np.searchsorted(self.rows, rows)]

    def repeats(self, rows: Positions, columns: tuple[Column, ...]) -> Positions:
        """Which of the rows repeat an earlier one of them, by their values."""
        frame = self.frame[np.searchsorted(self.rows, rows)]
        texts = [compared(column, frame[column.name]).to_list() for column in columns]
        seen: set[tuple[str, ...]] = set()
        found: list[int] = []
        for place, values in enumerate(zip(*texts, strict=True)):
            if values in seen:
                found.append(place)
            seen.add(values)
        return rows[np.array(found, np.intp)]


class Visits:
    """Where in a file its good records are, run by run."""

    def __init__(self, spec: FileSpec, file: CsvFile, shape: Shape) -> None:
        self._spec, self._file, self._shape = spec, file, shape
        self._visits: list[_Visit] = []
        self._rows = 0

    def note(self, run: Run, batch: Batch) -> None:
        rows = range(self._rows, self._rows + batch.frame.height)
        is_plain = batch.lines is None
        visit = _Visit(run.offset, len(run.data), run.line, run.breaks, rows, is_plain)
        self._visits.append(visit)
        self._rows = rows.stop

    def again(self, rows: Positions) -> Again:
        """Read these rows, ascending, from the file once more."""
        places = np.searchsorted(rows, [visit.rows.start for visit in self._visits] + [self._rows])
        wanted = [
            (visit, rows[first:last] - visit.rows.start)
            for visit, first, last in zip(
                self._visits, places[:-1].tolist(), places[1:].tolist(), strict=True
            )
            if first < last
        ]
        spans = [(visit.offset, visit.length) for visit, _ in wanted]
        parts = [
            self._read(visit, data, local)
            for (visit, local), data in zip(wanted, cut(self._file.open(), spans), strict=True)
        ]
        lines = np.concatenate([lines for lines, _ in parts])
        return Again(rows, lines, pl.concat([frame for _, frame in parts]))

    def _read(self, visit: _Visit, data: bytes, local: Positions) -> tuple[Positions, pl.DataFrame]:
        run = Run(data, visit.line, visit.offset, visit.breaks)
        if visit.is_plain:
            run = Run(b"".join(_records(data, local)), visit.line, visit.offset, len(local))
        # What is wrong with the others has been counted already.
        unheard = Tally(self._spec)
        if visit.is_plain:
            return local + visit.line, batch_of(run, self._shape, unheard).frame.fill_null("")
        batch = batch_of(run, self._shape, unheard, local)
        return batch.lines_of(np.arange(len(local))), batch.frame.fill_null("")


def _records(data: bytes, places: Positions) -> Iterator[bytes]:
    """Some lines of a run, each with a line feed."""
    line_ends = np.flatnonzero(np.frombuffer(data, np.uint8) == LF) + 1
    starts = np.concatenate([[0], line_ends])
    ends = np.append(line_ends, len(data))
    for start, end in zip(starts[places].tolist(), ends[places].tolist(), strict=True):
        yield data[start:end].removesuffix(b"\n") + b"\n"
