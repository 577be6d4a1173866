"""Reading those records of a block, one by one, that begin on odd lines."""

from dataclasses import dataclass

import numpy as np

from sync_core.validation.records.layout import FAULTS, LF, QUOTE, Layout, Positions
from sync_core.validation.records.lines import INCOMPLETE, content, record_at


@dataclass(frozen=True)
class Odd:
    """Records that are not plain: their bytes, and the layout, whose lines are those of a block."""

    data: bytes
    layout: Layout


class Walk:
    """The way through a block, on which those records are read that begin on odd lines."""

    def __init__(self, data: bytes, *, at_end: bool) -> None:
        self._data, self._at_end = data, at_end
        self.spans: list[tuple[int, int]] = []
        self._plain_lines: list[tuple[int, int]] = []
        self._records: list[tuple[int, int, int, int, int]] = []

    def through(self, odd: Positions, end: int, lines: int) -> tuple[int, int]:
        """Go to the `end` after so many `lines`, or to a record that may go on there."""
        at = at_line = 0
        for line, start, line_end in odd.tolist():
            if start < at:
                continue
            self._pass(at, start, at_line, line)
            at, at_line = line_end, line + 1
            if not content(self._data[start:line_end]):
                continue
            stop, fault = record_at(self._data, start, at_end=self._at_end)
            if stop == INCOMPLETE:
                return start, line
            last_line = line + self._data.count(b"\n", start, stop - 1)
            self._records.append((start, stop, FAULTS.index(fault or ""), line, last_line))
            at, at_line = stop, last_line + 1
        self._pass(at, end, at_line, lines)
        return end, lines

    def _pass(self, start: int, end: int, first_line: int, end_line: int) -> None:
        if start < end:
            self.spans.append((start, end))
            self._plain_lines.append((first_line, end_line))

    def plain(self) -> Positions | range:
        """The lines that were passed."""
        if len(self._plain_lines) == 1:
            return range(*self._plain_lines[0])
        return np.concatenate([np.zeros(0, np.intp), *(np.arange(*ls) for ls in self._plain_lines)])

    def odd(self) -> Odd | None:
        """The records that were read."""
        if not self._records:
            return None
        starts, ends, fault, first_line, last_line = np.array(self._records, np.intp).T
        data = b"".join(self._data[start:end] for start, end, *_ in self._records)
        block = np.frombuffer(data, np.uint8)
        line_ends = np.flatnonzero(block == LF) + 1
        moved_ends = np.cumsum(ends - starts)
        layout = Layout(
            starts=moved_ends - (ends - starts),
            ends=moved_ends,
            fault=fault,
            first_line=first_line,
            last_line=last_line,
            line_ends=line_ends if data.endswith(b"\n") else np.append(line_ends, len(data)),
            quotes=np.flatnonzero(block == QUOTE),
            end=len(data),
        )
        return Odd(data, layout)
