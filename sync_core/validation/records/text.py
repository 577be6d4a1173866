"""The letters of whole lines: how many of a kind there are, whether any is odd, and where."""

from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice, pairwise

import numpy as np

from sync_core.validation.records.blocks import is_utf_8_block, undecodable
from sync_core.validation.records.layout import COMMA, CR, LF, SPACE, Bytes, Flags, Positions
from sync_core.validation.records.lines import BOM, all_places
from sync_core.validation.records.quotes import NO_QUOTES, Quotes, quotes_of

_WINDOWS = 32
"""In so many pieces a block is counted, so that what is looked at stays close to the processor."""


class Text:
    """Whole lines as a stream of letters; what takes a while to know is looked at when asked for.

    Fine text is UTF-8 without a NUL, a byte order mark or a carriage return that ends no line. In
    tight text there is moreover no white space but line ends, no quotation mark and no letter
    beyond ASCII. Windows lie between `bounds`; `lines_in` and `commas_in` each are counted.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.block = np.frombuffer(data, np.uint8)
        self.bounds = _bounds(data)
        counts = [_counted(self.block[start:end]) for start, end in pairwise(self.bounds)]
        rows = np.array(counts, np.intp).reshape(-1, 4)
        self.lines_in, self.commas_in, self._strange, self._strays = rows.T
        self.lines = int(self.lines_in.sum())

    def line_ends(self, start: int, end: int) -> Positions:
        """Where lines end between two bounds, counted from the first of them."""
        block = self.block[start:end]
        ends = np.flatnonzero(block == LF) + 1
        return ends if block[-1] == LF else np.append(ends, len(block))

    def has_blank_line(self, start: int, end: int) -> bool:
        """Whether a line between two bounds may be blank, if all end alike; not the first line."""
        is_end = self.block[start:end] == LF
        length = len("\r\n") if self.data.startswith(b"\r\n", end - 2) else len("\n")
        return bool(np.any(is_end[length:] & is_end[:-length]))

    @cached_property
    def quotes(self) -> Quotes:
        return quotes_of(self.data, self._ends_near) if b'"' in self.data else NO_QUOTES

    def odd_places(self, few: int) -> Positions:
        """Where it is not fine, or of that a few places and one more."""
        if self._is_fine:
            return NO_QUOTES.places
        return np.fromiter(islice(self._odd_places(), few + 1), np.intp)

    def loose_places(self, few: int) -> Positions | None:
        """Where it is not tight; None if that is in more than a few places."""
        quotes = self.quotes.places
        if self._strange.sum() + len(quotes) > few:
            return None
        return np.concatenate([quotes, *self._strange_places()])

    @cached_property
    def _is_fine(self) -> bool:
        if not self._strange.any():
            return True
        if b"\0" in self.data or self._strays.any():
            return False
        # The first byte of a mark is looked for fast, and all of them slowly.
        has_mark = BOM[:1] in self.data and BOM in self.data
        return self.data.isascii() or (not has_mark and is_utf_8_block(self.data))

    def _odd_places(self) -> Iterator[int]:
        for start, end in self._strange_windows():
            piece = self.data[start:end]
            odd = (all_places(piece, b"\0"), all_places(piece, BOM), undecodable(piece))
            strays = np.flatnonzero(_is_stray(self.block[start:end])).tolist()
            yield from (start + place for place in chain(*odd, strays))

    def _strange_places(self) -> Iterator[Positions]:
        for start, end in self._strange_windows():
            block = self.block[start:end]
            yield np.flatnonzero(_is_low(block) & (block != LF) & (block != CR)) + start

    def _strange_windows(self) -> Iterator[tuple[int, int]]:
        for index in np.flatnonzero(self._strange).tolist():
            yield self.bounds[index], self.bounds[index + 1]

    def _ends_near(self, places: Positions) -> Positions:
        """The ends of all lines in the windows in which the places are."""
        windows = np.unique(np.searchsorted(self.bounds, places, side="right") - 1)
        starts = [self.bounds[index] for index in windows.tolist()]
        ends = [self.bounds[index + 1] for index in windows.tolist()]
        return np.concatenate(
            [self.line_ends(*window) + window[0] for window in zip(starts, ends, strict=True)]
        )


def _bounds(data: bytes) -> list[int]:
    """Where windows of whole lines begin, and where the last one ends."""
    bounds, size = [0], len(data) // _WINDOWS
    while bounds[-1] < len(data):
        bounds.append(data.find(b"\n", bounds[-1] + size) + 1 or len(data))
    return bounds


def _counted(block: Bytes) -> tuple[int, int, int, int]:
    """How many lines, commas, letters that make text loose, and stray carriage returns."""
    ends_line = block == LF
    line_feeds = int(np.count_nonzero(ends_line))
    strange = int(np.count_nonzero(_is_low(block))) - line_feeds
    strays = 0
    if strange:
        is_return = block == CR
        returns = int(np.count_nonzero(is_return[:-1] & ends_line[1:]))
        strange -= returns
        strays = int(np.count_nonzero(is_return)) - returns if strange else 0
    lines = line_feeds + (block[-1] != LF)
    return lines, int(np.count_nonzero(block == COMMA)), strange, strays


def _is_low(block: Bytes) -> Flags:
    """Below a letter: white space, controls and, as their sign is minus, bytes beyond ASCII."""
    low: Flags = block.view(np.int8) <= SPACE
    return low


def _is_stray(block: Bytes) -> Flags:
    """The carriage returns that are not before a line feed."""
    stray: Flags = block == CR
    stray[:-1] &= block[1:] != LF
    return stray
