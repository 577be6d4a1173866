"""Counts the bytes of interest in a block of complete lines, and finds those that need a look."""

from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice, pairwise

import numpy as np

from sync_core.validation.records.layout import COMMA, CR, LF, SPACE, ByteArray, IntArray, Mask
from sync_core.validation.records.lines import BOM, contains, occurrences
from sync_core.validation.records.parsing import invalid_utf_8_in_block, is_utf_8_fast
from sync_core.validation.records.quotes import NO_QUOTES, Quotes, find_quotes

_WINDOWS = 32
"""A block is counted in this many windows, so that each one stays in the processor's cache."""


class BlockScan:
    """A block of complete lines, divided into windows of complete lines at `window_bounds`.

    `lines_per_window` and `commas_per_window` are counted at once; all else only when needed.

    Special bytes are white space (except line ends), control characters and bytes above 127. Faulty
    bytes are NUL, byte order marks, bytes that are not UTF-8, and carriage returns that are not
    before a line feed.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.block = np.frombuffer(data, np.uint8)
        self.window_bounds = _window_bounds(data)
        counts = [_count(self.block[start:end]) for start, end in pairwise(self.window_bounds)]
        columns = np.array(counts, np.intp).reshape(-1, 4).T
        self.lines_per_window, self.commas_per_window, self._special, self._lone_returns = columns
        self.line_count = int(self.lines_per_window.sum())

    def line_ends(self, start: int, end: int) -> IntArray:
        """The ends of the lines between two window bounds, as offsets from `start`."""
        block = self.block[start:end]
        ends = np.flatnonzero(block == LF) + 1
        return ends if block[-1] == LF else np.append(ends, len(block))

    def may_have_blank_line(self, start: int, end: int) -> bool:
        """Whether a line after the first one between two bounds may be blank.

        Two line feeds one line end apart show it. That assumes that all lines end in the same way.
        """
        is_end = self.block[start:end] == LF
        length = len("\r\n") if self.data.startswith(b"\r\n", end - 2) else len("\n")
        return bool(np.any(is_end[length:] & is_end[:-length]))

    @cached_property
    def quotes(self) -> Quotes:
        """The quotation marks of the block."""
        return find_quotes(self.data, self._line_ends_near) if b'"' in self.data else NO_QUOTES

    def faulty_offsets(self, limit: int) -> IntArray:
        """The offsets of faulty bytes: all of them, or `limit` + 1 if there are more."""
        if self._has_no_faults:
            return NO_QUOTES.offsets
        return np.fromiter(islice(self._iter_faulty_offsets(), limit + 1), np.intp)

    def special_offsets(self, limit: int) -> IntArray | None:
        """The offsets of special bytes and quotation marks; None if there are more than `limit`."""
        quotes = self.quotes.offsets
        if self._special.sum() + len(quotes) > limit:
            return None
        specials: list[IntArray] = [quotes]
        for start, end in self._windows_with_specials():
            block = self.block[start:end]
            is_special = _is_low_or_non_ascii(block) & (block != LF) & (block != CR)
            specials.append(np.flatnonzero(is_special) + start)
        return np.concatenate(specials)

    @cached_property
    def _has_no_faults(self) -> bool:
        if not self._special.any():
            return True
        if b"\0" in self.data or self._lone_returns.any():
            return False
        if self.data.isascii():
            return True
        return not contains(self.data, BOM) and is_utf_8_fast(self.data)

    def _iter_faulty_offsets(self) -> Iterator[int]:
        for start, end in self._windows_with_specials():
            data = self.data[start:end]
            lone_returns = np.flatnonzero(_is_lone_return(self.block[start:end])).tolist()
            found = chain(
                occurrences(data, b"\0"),
                occurrences(data, BOM),
                invalid_utf_8_in_block(data),
                lone_returns,
            )
            yield from (start + offset for offset in found)

    def _windows_with_specials(self) -> Iterator[tuple[int, int]]:
        for index in np.flatnonzero(self._special).tolist():
            yield self.window_bounds[index], self.window_bounds[index + 1]

    def _line_ends_near(self, offsets: IntArray) -> IntArray:
        """The ends of all lines of the windows that contain the offsets."""
        windows = np.unique(np.searchsorted(self.window_bounds, offsets, side="right") - 1)
        bounds = [self.window_bounds[index : index + 2] for index in windows.tolist()]
        return np.concatenate([self.line_ends(start, end) + start for start, end in bounds])


def _window_bounds(data: bytes) -> list[int]:
    """The start of each window, and the end of the last one."""
    bounds, size = [0], len(data) // _WINDOWS
    while bounds[-1] < len(data):
        bounds.append(data.find(b"\n", bounds[-1] + size) + 1 or len(data))
    return bounds


def _count(block: ByteArray) -> tuple[int, int, int, int]:
    """The numbers of lines, commas, special bytes and lone carriage returns."""
    is_line_feed = block == LF
    line_feeds = int(np.count_nonzero(is_line_feed))
    special = int(np.count_nonzero(_is_low_or_non_ascii(block))) - line_feeds
    lone_returns = 0
    # Carriage returns are among the low bytes: if there are no others left, there are none.
    if special:
        is_return = block == CR
        paired_returns = int(np.count_nonzero(is_return[:-1] & is_line_feed[1:]))
        special -= paired_returns
        lone_returns = int(np.count_nonzero(is_return)) - paired_returns if special else 0
    lines = line_feeds + (block[-1] != LF)
    return lines, int(np.count_nonzero(block == COMMA)), special, lone_returns


def _is_low_or_non_ascii(block: ByteArray) -> Mask:
    """White space, control characters and bytes above 127.

    As signed integers, bytes above 127 are negative, so that one comparison finds all of these.
    """
    found: Mask = block.view(np.int8) <= SPACE
    return found


def _is_lone_return(block: ByteArray) -> Mask:
    """Carriage returns that are not before a line feed."""
    found: Mask = block == CR
    found[:-1] &= block[1:] != LF
    return found
