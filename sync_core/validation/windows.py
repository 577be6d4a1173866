"""Lines looked at by vectors: which of them are not a record of the right width."""

from functools import cached_property

import numpy as np

from sync_core.validation.layout import COMMA, CR, LF, QUOTE, Bytes, Flags, Positions, misplaced
from sync_core.validation.records import MAX_RECORD

_RARE = 128


def has_only_records(data: bytes, lines: int, width: int) -> bool:
    """Whether each of so many lines is a record of that width, by counts alone.

    So a record that is too short may stand beside one that is too long.
    """
    block = np.frombuffer(data, np.uint8)
    quoted = _quoted_commas(block) if b'"' in data else 0
    if quoted is None or not _has_short_lines(data):
        return False
    return bool(np.count_nonzero(block == COMMA) - quoted == lines * (width - 1))


def _quoted_commas(block: Bytes) -> int | None:
    """How many commas are inside quotation marks; None if a mark or a line end is out of place."""
    quotes = np.flatnonzero(block == QUOTE)
    if len(quotes) % 2 or misplaced(block, quotes).size:
        return None
    inside = _inside_many(block) if len(quotes) > len(block) // _RARE else _inside(block, quotes)
    return None if np.any(inside == LF) else int(np.count_nonzero(inside == COMMA))


def _inside(block: Bytes, quotes: Positions) -> Bytes:
    """All bytes between opening and closing marks."""
    first, length = quotes[::2] + 1, quotes[1::2] - quotes[::2] - 1
    shifts = np.repeat(first - np.cumsum(length) + length, length)
    return block[shifts + np.arange(len(shifts))]


def _inside_many(block: Bytes) -> Bytes:
    """Of the bytes between marks those that matter: faster where most bytes are between some."""
    kinds: Bytes = block[(block == COMMA) | (block == QUOTE) | (block == LF)]
    inside: Flags = np.bitwise_xor.accumulate(kinds == QUOTE)
    return kinds[inside]


def _has_short_lines(data: bytes) -> bool:
    """Whether no line can be too long: a line end is in every window of half that length."""
    half = MAX_RECORD // 2
    return all(data.find(b"\n", at, at + half) >= 0 for at in range(0, len(data) - half, half))


class Window:
    """Whole lines from `start` on in a block, each looked at as if a record began there.

    `line_feeds` are the places of all line feeds of the block.
    """

    def __init__(self, data: bytes, width: int, start: int, line_feeds: Positions) -> None:
        self._data, self._width, self._start = data, width, start
        self._block = np.frombuffer(data, np.uint8)
        self._ends = self.within(line_feeds) + 1
        if not data.endswith(b"\n"):
            self._ends = np.append(self._ends, len(data))

    @property
    def lines(self) -> int:
        return len(self._ends)

    def has_only_records(self, blank: int) -> bool:
        """Whether counts show that each line is a record but for so many that are blank."""
        return has_only_records(self._data, self.lines - blank, self._width)

    def within(self, places: Positions) -> Positions:
        """Those of the sorted places of the block that are here, counted from the start."""
        first, last = np.searchsorted(places, (self._start, self._start + len(self._data)))
        return places[first:last] - self._start

    def lines_of(self, places: Positions) -> Positions:
        """The numbers of the lines on which some of the places are, from 0."""
        inside = self.within(places)
        return np.unique(self._line_of(inside)) if inside.size else inside

    def bounds(self, lines: Positions) -> tuple[Positions, Positions]:
        """Where in the block these lines start and end."""
        return self._starts[lines] + self._start, self._ends[lines] + self._start

    def broken(self) -> Flags:
        """The lines that are not a record of the right width, or too long."""
        block, starts, ends = self._block, self._starts, self._ends
        length = ends - starts
        broken: Flags = length > MAX_RECORD
        broken[broken] = length[broken] - (block[ends[broken] - 1] == LF) > MAX_RECORD
        broken |= self._separators() != self._width - 1
        if self._width == 1:
            broken |= (length == 1) | (block[starts] == CR)
        if self._quotes.size:
            broken[self._line_of(self._quotes[self._unpaired])] = True
            broken[self._line_of(misplaced(block, self._pairs))] = True
        return broken

    @cached_property
    def _starts(self) -> Positions:
        return np.concatenate([[0], self._ends[:-1]])

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
        odd: Flags = (np.bincount(line, minlength=self.lines) % 2 == 1)[line]
        return odd

    @cached_property
    def _pairs(self) -> Positions:
        """The quotation marks, opening and closing ones in turn, that are paired on their lines."""
        return self._quotes[~self._unpaired] if self._quotes.size else self._quotes
