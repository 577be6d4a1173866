"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Counting a few bytes proves that for a whole block. Where it fails, each line is looked at
by vectors, and only the records that begin on a line with something odd are read one by one; where
these are many, vectors lay out the whole block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sync_core.validation.layout import (
    COMMA,
    CR,
    FAULTS,
    LF,
    QUOTE,
    SPACE,
    Bytes,
    Flags,
    Layout,
    Positions,
    lay_out,
    misplaced,
    strange_in,
)
from sync_core.validation.parsing import is_utf_8_block, undecodable
from sync_core.validation.records import (
    BOM,
    INCOMPLETE,
    MAX_RECORD,
    all_places,
    content,
    record_at,
)

_WINDOWS = 16
_MANY = 64
"""Where one line in so many is odd, vectors are faster than reading one by one."""


@dataclass(frozen=True)
class Odd:
    """Records that are not plain: their bytes, and the layout, whose lines are those of a block."""

    data: bytes
    layout: Layout


@dataclass(frozen=True)
class Outline:
    """The records of a block up to `end`, where the last complete one ends, on so many `lines`.

    `plain` are the lines, from 0, that are records and hold nothing odd; `spans` are where these
    lines are. `proven` tells whether each was looked at, or bytes were counted; `tight` that the
    plain lines have no white space but their ends, no quotation marks, and no letters beyond ASCII.
    """

    end: int
    lines: int
    plain: Positions | range
    spans: tuple[tuple[int, int], ...]
    odd: Odd | None = None
    proven: bool = True
    tight: bool = False


NOTHING = Outline(0, 0, range(0), ())


def outline_of(data: bytes, width: int, *, at_end: bool) -> Outline:
    """The outline of a block that begins where a record does, `width` fields wide.

    Unless the file is `at_end`, a record at the end of the block that may go on is left out.
    As long as it is not `proven`, there may be a record too short beside one too long.
    """
    end = len(data) if at_end else data.rfind(b"\n") + 1
    if end and (counted := _counted(data[:end], width)):
        return counted
    return closer_outline(data, width, at_end=at_end, counting=True)


def closer_outline(data: bytes, width: int, *, at_end: bool, counting: bool = False) -> Outline:
    """The outline for which every line is looked at, or, with `counting`, where counts fail."""
    end = len(data) if at_end else data.rfind(b"\n") + 1
    lines, tight = 0, True
    odd: list[Positions] = [np.zeros((3, 0), np.intp)]
    for start, stop in _windows(data, end, _WINDOWS if counting else 1):
        window = _Window(data[start:stop], width, counting=counting)
        odd.append(window.odd + np.array([[lines], [start], [start]]))
        lines += window.lines
        tight &= window.tight
    odd_lines = np.concatenate(odd, axis=1)
    if len(odd_lines[0]) > 1 + lines // _MANY:
        layout = lay_out(data, at_end=at_end)
        records = Odd(data[: layout.end], layout)
        return Outline(layout.end, len(layout.line_ends), range(0), (), records)
    walk = _Walk(data, at_end=at_end)
    end, lines = walk.through(odd_lines, end, lines)
    return Outline(
        end,
        lines,
        walk.plain(),
        tuple(walk.spans),
        walk.odd(),
        proven=not counting,
        tight=tight,
    )


def _windows(data: bytes, end: int, pieces: int) -> Iterator[tuple[int, int]]:
    """Whole lines up to the `end`, in so many pieces or fewer."""
    size, start = end // pieces + 1, 0
    while start < end:
        stop = data.find(b"\n", min(start + size, end) - 1, end) + 1 or end
        yield start, stop
        start = stop


def _counted(data: bytes, width: int) -> Outline | None:
    """The outline of whole lines of which each is a record and none is odd, by counts alone."""
    if not _has_short_lines(data):
        return None
    block = np.frombuffer(data, np.uint8)
    is_line_end = block == LF
    line_ends = int(np.count_nonzero(is_line_end))
    lines = line_ends + (data[-1] != LF)
    quoted = _quoted_commas(block) if b'"' in data else 0
    if quoted is None or np.count_nonzero(block == COMMA) - quoted != lines * (width - 1):
        return None
    controls = np.count_nonzero(block <= SPACE) - line_ends
    returns = controls and np.count_nonzero((block[:-1] == CR) & is_line_end[1:])
    is_spaced = controls != returns
    if is_spaced and (b"\0" in data or np.count_nonzero(block == CR) != returns):
        return None
    is_ascii = data.isascii()
    if not is_ascii and (_has_mark(data) or not is_utf_8_block(data)):
        return None
    spans = ((0, len(data)),)
    tight = is_ascii and not is_spaced and b'"' not in data
    return Outline(len(data), lines, range(lines), spans, proven=False, tight=tight)


def _quoted_commas(block: Bytes) -> int | None:
    """How many commas are inside quotation marks; None if a mark or a line end is out of place."""
    quotes = np.flatnonzero(block == QUOTE)
    if len(quotes) % 2 or misplaced(block, quotes).size:
        return None
    first, length = quotes[::2] + 1, quotes[1::2] - quotes[::2] - 1
    shifts = np.repeat(first - np.cumsum(length) + length, length)
    inside = block[shifts + np.arange(len(shifts))]
    return None if np.any(inside == LF) else int(np.count_nonzero(inside == COMMA))


def _has_short_lines(data: bytes) -> bool:
    """Whether no line can be too long: a line end is in every window of half that length."""
    half = MAX_RECORD // 2
    return all(data.find(b"\n", at, at + half) >= 0 for at in range(0, len(data) - half, half))


def _has_mark(data: bytes) -> bool:
    """Whether there is a byte order mark: first its first byte, because that is looked for fast."""
    return BOM[:1] in data and BOM in data


class _Window:
    """Whole lines, each looked at as if a record began there."""

    def __init__(self, data: bytes, width: int, *, counting: bool) -> None:
        self._data, self._width = data, width
        self._block = np.frombuffer(data, np.uint8)
        self._counted = _counted(data, width) if counting else None

    @cached_property
    def lines(self) -> int:
        return self._counted.lines if self._counted else len(self._ends)

    @cached_property
    def tight(self) -> bool:
        """Whether all that is left is tight when the odd lines are taken away."""
        return bool(self._counted and self._counted.tight) or self._rare is not None

    @cached_property
    def odd(self) -> Positions:
        """The lines that are not a record of the right width, or hold something odd, from 0.

        Below each, where it starts and where it ends.
        """
        if self._counted and (self._counted.tight or self._rare is None):
            return np.zeros((3, 0), np.intp)
        odd = np.zeros(len(self._ends), np.bool_) if self._counted else self._broken()
        if self._rare is not None:
            odd[self._line_of(self._rare)] = True
        lines = np.flatnonzero(odd)
        return np.stack([lines, self._starts[lines], self._ends[lines]])

    @cached_property
    def _ends(self) -> Positions:
        ends = np.flatnonzero(self._block == LF) + 1
        return ends if self._data.endswith(b"\n") else np.append(ends, len(self._data))

    @cached_property
    def _starts(self) -> Positions:
        return np.concatenate([[0], self._ends[:-1]])

    @cached_property
    def _rare(self) -> Positions | None:
        """Quotation marks, white space, letters beyond ASCII: where they are, if they are few."""
        strange = strange_in(self._block) | (self._block == QUOTE)
        few = np.count_nonzero(strange) <= len(self._ends) // _MANY
        return np.flatnonzero(strange) if few else None

    def _broken(self) -> Flags:
        block, starts, ends = self._block, self._starts, self._ends
        length = ends - starts
        odd: Flags = length > MAX_RECORD
        odd[odd] = length[odd] - (block[ends[odd] - 1] == LF) > MAX_RECORD
        odd |= self._separators() != self._width - 1
        if self._width == 1:
            odd |= (length == 1) | (block[starts] == CR)
        for places in self._odd_places():
            odd[self._line_of(places)] = True
        return odd

    def _line_of(self, places: Positions) -> Positions:
        return np.searchsorted(self._ends, places, side="right")

    def _separators(self) -> Positions:
        """The commas on each line, without those inside quotation marks if the marks are right."""
        commas = np.flatnonzero(self._block == COMMA)
        counts = np.diff(np.searchsorted(commas, self._ends), prepend=0)
        if self._pairs.size:
            before = np.searchsorted(commas, self._pairs)
            inside = before[1::2] - before[::2]
            counts -= np.bincount(self._line_of(self._pairs[::2]), inside, len(counts)).astype(int)
        return counts

    @cached_property
    def _quotes(self) -> Positions:
        return np.flatnonzero(self._block == QUOTE) if b'"' in self._data else np.zeros(0, np.intp)

    @cached_property
    def _unpaired(self) -> Flags:
        """For each quotation mark, whether there is an odd number of them on its line."""
        line = self._line_of(self._quotes)
        odd: Flags = (np.bincount(line, minlength=len(self._ends)) % 2 == 1)[line]
        return odd

    @cached_property
    def _pairs(self) -> Positions:
        """The quotation marks, opening and closing ones in turn, that are paired on their lines."""
        return self._quotes[~self._unpaired] if self._quotes.size else self._quotes

    def _odd_places(self) -> Iterator[Positions]:
        data, block = self._data, self._block
        if self._quotes.size:
            yield self._quotes[self._unpaired]
            yield misplaced(block, self._pairs)
        if b"\r" in data:
            returns = np.flatnonzero(block == CR)
            last = returns[-1:] == len(block) - 1
            yield returns[-1:][last]
            returns = returns[: len(returns) - int(last[0])]
            yield returns[block[returns + 1] != LF]
        if b"\0" in data:
            yield np.flatnonzero(block == 0)
        if not data.isascii():
            yield np.fromiter(all_places(data, BOM), np.intp)
            yield np.fromiter(undecodable(data), np.intp)


class _Walk:
    """The way through a block, on which those records are read that begin on odd lines."""

    def __init__(self, data: bytes, *, at_end: bool) -> None:
        self._data, self._at_end = data, at_end
        self.spans: list[tuple[int, int]] = []
        self._plain_lines: list[tuple[int, int]] = []
        self._records: list[tuple[int, int, int, int, int]] = []

    def through(self, odd: Positions, end: int, lines: int) -> tuple[int, int]:
        """Go to the `end` after so many `lines`, or to a record that may go on there."""
        at = at_line = 0
        for line, start, line_end in odd.T.tolist():
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
