"""Reads the records of a block that start on irregular lines, one at a time."""

from dataclasses import dataclass

import numpy as np

from sync_core.validation.records.layout import FAULTS, LF, QUOTE, IntArray, Layout
from sync_core.validation.records.lines import INCOMPLETE, content, record_at


@dataclass(frozen=True)
class IrregularRecords:
    """Records that do not consist of one regular line: their bytes and their layout.

    Offsets of the layout refer to `data`, its line indexes to the block that the records are from.
    """

    data: bytes
    layout: Layout


class IrregularRecordReader:
    """Reads irregular records from a block, and keeps account of the regular lines between them.

    `regular_spans` has the (start, end) offsets of consecutive regular lines.
    """

    def __init__(self, data: bytes, *, at_end: bool) -> None:
        self._data, self._at_end = data, at_end
        self.regular_spans: list[tuple[int, int]] = []
        self._regular_ranges: list[tuple[int, int]] = []
        self._records: list[tuple[int, int, int, int, int]] = []

    def read(self, irregular_lines: IntArray, end: int, line_count: int) -> tuple[int, int]:
        """Read the record that starts on each irregular line (line index, start, end).

        Returns the offset and the line index behind the last complete record: `end` and
        `line_count` of the block, or the start of a record that may continue in the next block.
        """
        position = line_index = 0
        for line, start, line_end in irregular_lines.tolist():
            if start < position:
                # The line belongs to the previous record, which has line breaks in quotes.
                continue
            self._add_regular(position, start, line_index, line)
            position, line_index = line_end, line + 1
            if not content(self._data[start:line_end]):
                continue
            stop, fault = record_at(self._data, start, at_end=self._at_end)
            if stop == INCOMPLETE:
                return start, line
            last_line = line + self._data.count(b"\n", start, stop - 1)
            self._records.append((start, stop, FAULTS.index(fault or ""), line, last_line))
            position, line_index = stop, last_line + 1
        self._add_regular(position, end, line_index, line_count)
        return end, line_count

    def _add_regular(self, start: int, end: int, first_line: int, end_line: int) -> None:
        if start < end:
            self.regular_spans.append((start, end))
            self._regular_ranges.append((first_line, end_line))

    def regular_lines(self) -> IntArray | range:
        """The indexes of the regular lines."""
        if len(self._regular_ranges) == 1:
            return range(*self._regular_ranges[0])
        ranges = (np.arange(*bounds) for bounds in self._regular_ranges)
        return np.concatenate([np.zeros(0, np.intp), *ranges])

    def records(self) -> IrregularRecords | None:
        """The records that were read, with their bytes joined; None if there are none."""
        if not self._records:
            return None
        starts, ends, fault, first_line, last_line = np.array(self._records, np.intp).T
        data = b"".join(self._data[start:end] for start, end, *_ in self._records)
        block = np.frombuffer(data, np.uint8)
        line_ends = np.flatnonzero(block == LF) + 1
        joined_ends = np.cumsum(ends - starts)
        layout = Layout(
            starts=joined_ends - (ends - starts),
            ends=joined_ends,
            fault=fault,
            first_line=first_line,
            last_line=last_line,
            line_ends=line_ends if data.endswith(b"\n") else np.append(line_ends, len(data)),
            quotes=np.flatnonzero(block == QUOTE),
            end=len(data),
        )
        return IrregularRecords(data, layout)
