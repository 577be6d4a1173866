"""Finds where records start and end in a block of bytes, and which records are malformed.

Most of the scan is vectorised. A block follows RFC 4180 if every opening quotation mark comes after
a comma, a line feed or another mark, every closing mark comes before a comma, a line end or another
mark, and each record ends at the first line end outside quotation marks. Where a mark fails its
test, a few records are read one at a time; then the vectorised scan continues.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sync_core.validation.records.lines import INCOMPLETE, MAX_RECORD, record_at

ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

LF, CR, SPACE, QUOTE, COMMA, EQUALS = 10, 13, 32, 34, 44, 61
GOOD: Final = 0
FAULTS: Final = ("", "quotes", "record-too-long")
"""The rule ids that `Layout.fault` indexes; `GOOD` is index 0."""

_SINGLE_READS = 16
"""After this many good records in a row the vectorised scan pays off again."""
_LINES_AFTER_FAULT = 1024
"""How far the vectorised scan looks after a fault, so that many faults do not make it quadratic."""


@dataclass(frozen=True)
class Layout:
    """The records of a block, without blank lines. Offsets count from the start of the block.

    `fault` has an index into FAULTS for each record; `first_line` and `last_line` count from 0.
    `line_ends` has the end of every line, `quotes` the offset of every quotation mark. `end` is the
    end of the last complete record.
    """

    starts: IntArray
    ends: IntArray
    fault: IntArray
    first_line: IntArray
    last_line: IntArray
    line_ends: IntArray
    quotes: IntArray
    end: int

    def record_index(self, offsets: IntArray) -> IntArray:
        """For each offset, the index of the last record that starts at or before it; -1 if none."""
        return np.searchsorted(self.starts, offsets, side="right") - 1


def lay_out(data: bytes, *, at_end: bool) -> Layout:
    """The layout of a block that starts at the start of a record.

    Unless the block is `at_end` of the file, it leaves out a last record that may continue in the
    next block.
    """
    block = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(block == QUOTE)
    line_ends = np.flatnonzero(block == LF) + 1
    if at_end and data and not data.endswith(b"\n"):
        line_ends = np.append(line_ends, len(data))
    records, end = _find_records(data, block, quotes, line_ends, at_end=at_end)
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


def _find_records(
    data: bytes, block: ByteArray, quotes: IntArray, line_ends: IntArray, *, at_end: bool
) -> tuple[IntArray, int]:
    """All records, and the end of the last one.

    The array has one column per record, with the rows start, end, fault, first line, last line.
    """
    parts = [np.zeros((5, 0), np.intp)]
    position, window = 0, len(line_ends)
    end = int(line_ends[-1]) if window else 0
    while position < end:
        first = int(np.searchsorted(line_ends, position, side="right"))
        ends = line_ends[first : first + window]
        records = _well_formed_records(block, quotes, position, ends)
        records[3:] += first
        parts.append(records)
        position = int(records[1, -1]) if records.size else position
        # Start small after a fault, and grow as long as no other follows.
        window = 2 * window if position == ends[-1] else _LINES_AFTER_FAULT
        if position < end:
            single, is_complete = _read_singly(data, position, end, at_end=at_end)
            single[3:] = np.searchsorted(line_ends, (single[0], single[1] - 1), side="right")
            parts.append(single)
            position = int(single[1, -1]) if single.size else position
            end = end if is_complete else position
    return np.concatenate(parts, axis=1), end


def _well_formed_records(
    block: ByteArray, quotes: IntArray, start: int, line_ends: IntArray
) -> IntArray:
    """The records from `start` up to the first that is malformed, too long or incomplete."""
    quotes = quotes[slice(*np.searchsorted(quotes, (start, line_ends[-1])))]
    last_line = np.arange(len(line_ends))
    if quotes.size:
        # A line ends a record if the number of quotation marks up to it is even.
        on_line = np.searchsorted(line_ends, quotes, side="right")
        last_line = np.flatnonzero(
            np.cumsum(np.bincount(on_line, minlength=len(line_ends))) % 2 == 0
        )
    ends = line_ends[last_line]
    starts = np.concatenate([[start], ends[:-1]])[: len(ends)]
    too_long = np.flatnonzero(ends - starts - (block[ends - 1] == LF) > MAX_RECORD)
    count = len(ends)
    if quotes.size and (misplaced := misplaced_quotes(block, quotes)).size:
        count = int(np.searchsorted(ends, misplaced.min(), side="right"))
    count = min(count, *too_long[:1]) if too_long.size else count
    first_line = np.concatenate([[0], last_line[:-1] + 1])[: len(ends)]
    records = np.stack([starts, ends, np.zeros(len(ends), np.intp), first_line, last_line])
    return records[:, :count]


def misplaced_quotes(block: ByteArray, quotes: IntArray) -> IntArray:
    """The offsets of quotation marks that RFC 4180 does not allow where they are.

    `quotes` are taken as opening and closing marks in turn.
    """
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, block[opening - 1], LF)
    after, next_after = _byte_or_lf(block, closing + 1), _byte_or_lf(block, closing + 2)
    is_opening = (before == COMMA) | (before == LF) | (before == QUOTE)
    is_closing = (after == COMMA) | (after == LF) | (after == QUOTE)
    is_closing |= (after == CR) & (next_after == LF)
    return np.concatenate([opening[~is_opening], closing[~is_closing]])


def _byte_or_lf(block: ByteArray, offsets: IntArray) -> ByteArray:
    """The byte at each offset; behind the end of the block, a line feed."""
    # `where` evaluates both sides, so the index must be valid even where it is not used.
    inside = offsets < len(block)
    return np.where(inside, block[np.where(inside, offsets, 0)], np.uint8(LF))


def _read_singly(data: bytes, position: int, end: int, *, at_end: bool) -> tuple[IntArray, bool]:
    """Some records that were read one at a time, and whether the last one read is complete."""
    records: list[tuple[int, int, int, int, int]] = []
    left = _SINGLE_READS
    stop = position
    while position < end and left and stop != INCOMPLETE:
        stop, fault = record_at(data, position, at_end=at_end)
        if stop != INCOMPLETE:
            left = _SINGLE_READS if fault else left - 1
            records.append((position, stop, FAULTS.index(fault or ""), 0, 0))
            position = stop
    return np.array(records, np.intp).reshape(-1, 5).T, stop != INCOMPLETE


def _blank(block: ByteArray, starts: IntArray, ends: IntArray) -> Mask:
    if not starts.size:
        return np.zeros(0, np.bool_)
    length = ends - starts - (block[ends - 1] == LF)
    blank: Mask = (length == 0) | ((length == 1) & (block[starts] == CR))
    return blank
