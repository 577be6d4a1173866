"""Where records start and end in a block of bytes, and which are broken: by vectors where it goes.

Three tests on all quotation marks at once show that a block is well-formed (RFC 4180): one that
opens follows a comma, a line end or its twin; one that closes stands before a comma, a line end or
its twin; and a record ends at the first line end that is not inside. Around the first mark that
fails, records are read one at a time, and the vectors take over again behind it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sync_core.validation.records.lines import INCOMPLETE, MAX_RECORD, record_at

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

LF, CR, SPACE, QUOTE, COMMA = 10, 13, 32, 34, 44
GOOD: Final = 0
FAULTS: Final = ("", "quotes", "record-too-long")
"""The rules that a record's `fault` points to."""

_RECORDS_ONE_BY_ONE = 16
_LINES_AT_ONCE = 1024


@dataclass(frozen=True)
class Layout:
    """The records of a block, blank lines left out; all positions are offsets in the block.

    `fault` is an index into FAULTS for each record, `first_line` and `last_line` are the lines that
    it is on, from 0. `line_ends` are the ends of all lines, `quotes` the places of quotation marks.
    `end` is where the last complete record ends.
    """

    starts: Positions
    ends: Positions
    fault: Positions
    first_line: Positions
    last_line: Positions
    line_ends: Positions
    quotes: Positions
    end: int

    def record_index(self, positions: Positions) -> Positions:
        """The index of the record that each position is in, or in front of which it is blank."""
        return np.searchsorted(self.starts, positions, side="right") - 1


def lay_out(data: bytes, *, at_end: bool) -> Layout:
    """The layout of a block that begins where a record does.

    Unless the file is `at_end`, a record at the end of the block that may go on is left out.
    """
    block = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(block == QUOTE)
    line_ends = np.flatnonzero(block == LF) + 1
    if at_end and data and not data.endswith(b"\n"):
        line_ends = np.append(line_ends, len(data))
    records, end = _survey(data, block, quotes, line_ends, at_end=at_end)
    records = records[:, ~_blank(block, records[0], records[1])]
    return Layout(
        starts=records[0],
        ends=records[1],
        fault=records[2],
        first_line=records[3],
        last_line=records[4],
        line_ends=line_ends[: np.searchsorted(line_ends, end, side="right")],
        quotes=quotes[: np.searchsorted(quotes, end)],
        end=end,
    )


def _survey(
    data: bytes, block: Bytes, quotes: Positions, line_ends: Positions, *, at_end: bool
) -> tuple[Positions, int]:
    """All records (start, end, fault, first and last line each), and where the last one ends."""
    parts = [np.zeros((5, 0), np.intp)]
    position, lines = 0, len(line_ends)
    end = int(line_ends[-1]) if lines else 0
    while position < end:
        first = int(np.searchsorted(line_ends, position, side="right"))
        ends = line_ends[first : first + lines]
        proven = _proven(block, quotes, position, ends)
        proven[3:] += first
        parts.append(proven)
        position = int(proven[1, -1]) if proven.size else position
        lines = 2 * lines if position == ends[-1] else _LINES_AT_ONCE
        if position < end:
            read, is_complete = _one_by_one(data, position, end, at_end=at_end)
            read[3:] = np.searchsorted(line_ends, (read[0], read[1] - 1), side="right")
            parts.append(read)
            position = int(read[1, -1]) if read.size else position
            end = end if is_complete else position
    return np.concatenate(parts, axis=1), end


def _proven(block: Bytes, quotes: Positions, begin: int, line_ends: Positions) -> Positions:
    """The records from `begin` on, up to the first that is not well-formed or not complete."""
    quotes = quotes[slice(*np.searchsorted(quotes, (begin, line_ends[-1])))]
    last_line = np.arange(len(line_ends))
    if quotes.size:
        on_line = np.searchsorted(line_ends, quotes, side="right")
        last_line = np.flatnonzero(
            np.cumsum(np.bincount(on_line, minlength=len(line_ends))) % 2 == 0
        )
    ends = line_ends[last_line]
    starts = np.concatenate([[begin], ends[:-1]])[: len(ends)]
    too_long = np.flatnonzero(ends - starts - (block[ends - 1] == LF) > MAX_RECORD)
    count = len(ends)
    if quotes.size and (bad := misplaced(block, quotes)).size:
        count = int(np.searchsorted(ends, bad.min(), side="right"))
    count = min(count, *too_long[:1]) if too_long.size else count
    first_line = np.concatenate([[0], last_line[:-1] + 1])[: len(ends)]
    records = np.stack([starts, ends, np.zeros(len(ends), np.intp), first_line, last_line])
    return records[:, :count]


def misplaced(block: Bytes, quotes: Positions) -> Positions:
    """The quotation marks, opening and closing ones in turn, that stand where none may."""
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, block[opening - 1], LF)
    after, next_after = _byte_or_lf(block, closing + 1), _byte_or_lf(block, closing + 2)
    opens_well = (before == COMMA) | (before == LF) | (before == QUOTE)
    closes_well = (after == COMMA) | (after == LF) | (after == QUOTE)
    closes_well |= (after == CR) & (next_after == LF)
    return np.concatenate([opening[~opens_well], closing[~closes_well]])


def _byte_or_lf(block: Bytes, positions: Positions) -> Bytes:
    inside = positions < len(block)
    return np.where(inside, block[np.where(inside, positions, 0)], np.uint8(LF))


def _one_by_one(data: bytes, position: int, end: int, *, at_end: bool) -> tuple[Positions, bool]:
    """Some records read on their own, and whether none of them may go on past the block."""
    records: list[tuple[int, int, int, int, int]] = []
    left = _RECORDS_ONE_BY_ONE
    stop = position
    while position < end and left and stop != INCOMPLETE:
        stop, fault = record_at(data, position, at_end=at_end)
        if stop != INCOMPLETE:
            left = _RECORDS_ONE_BY_ONE if fault else left - 1
            records.append((position, stop, FAULTS.index(fault or ""), 0, 0))
            position = stop
    return np.array(records, np.intp).reshape(-1, 5).T, stop != INCOMPLETE


def _blank(block: Bytes, starts: Positions, ends: Positions) -> Flags:
    if not starts.size:
        return np.zeros(0, np.bool_)
    length = ends - starts - (block[ends - 1] == LF)
    blank: Flags = (length == 0) | ((length == 1) & (block[starts] == CR))
    return blank
