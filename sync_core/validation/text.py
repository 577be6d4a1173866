"""The letters of whole lines: whether any of them is odd, and where."""

from functools import cached_property
from itertools import islice

import numpy as np

from sync_core.validation.layout import CR, LF, QUOTE, SPACE, Positions, strange_in
from sync_core.validation.parsing import is_utf_8_block, undecodable
from sync_core.validation.records import BOM, all_places


class Text:
    """Whole lines as a stream of letters; what takes a while to know is looked at when asked for.

    Fine text is UTF-8 without a NUL, a byte order mark or a carriage return that ends no line. In
    tight text there is moreover no white space but line ends, no quotation mark and no letter
    beyond ASCII.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._block = np.frombuffer(data, np.uint8)
        self._is_line_end = self._block == LF
        self._line_ends = int(np.count_nonzero(self._is_line_end))
        self.lines = self._line_ends + (not data.endswith(b"\n"))

    @cached_property
    def is_fine(self) -> bool:
        if self._spaces and (b"\0" in self._data or self._has_stray_returns):
            return False
        # The first byte of a mark is looked for fast, and all of them slowly.
        has_mark = BOM[:1] in self._data and BOM in self._data
        return self._is_ascii or (not has_mark and is_utf_8_block(self._data))

    @cached_property
    def is_tight(self) -> bool:
        return self._is_ascii and not self._spaces and not self._quotes

    def odd_places(self, few: int) -> Positions:
        """Where it is not fine, or of that a few places and one more."""
        if self.is_fine:
            return np.zeros(0, np.intp)
        stray = self._block == CR
        stray[:-1] &= ~self._is_line_end[1:]
        return np.concatenate(
            [
                np.flatnonzero(stray),
                np.flatnonzero(self._block == 0),
                np.fromiter(all_places(self._data, BOM), np.intp),
                np.fromiter(islice(undecodable(self._data), few + 1), np.intp),
            ]
        )

    @cached_property
    def line_feeds(self) -> Positions:
        return np.flatnonzero(self._is_line_end)

    def blank_lines(self) -> Positions:
        """Where the line feeds of lines without a letter are, but for the very first."""
        feeds = self.line_feeds
        length = np.diff(feeds)
        short = np.flatnonzero(length <= len("\r\n"))
        is_blank = (length[short] == 1) | (self._block[feeds[short] + 1] == CR)
        blank: Positions = feeds[short[is_blank] + 1]
        return blank

    def loose_places(self, few: int) -> Positions | None:
        """Where it is not tight; None if that is in more than a few places."""
        if self._spaces + self._quotes > few:
            return None
        if self._is_ascii and len(spaces := [*all_places(self._data, b" ")]) == self._spaces:
            # The rarer they are, the faster they are found one by one.
            return np.array([*spaces, *all_places(self._data, b'"')], np.intp)
        strange = strange_in(self._block) | (self._block == QUOTE)
        return np.flatnonzero(strange) if np.count_nonzero(strange) <= few else None

    @cached_property
    def _is_ascii(self) -> bool:
        return self._data.isascii()

    @cached_property
    def _spaces(self) -> int:
        """How many spaces and controls there are beside those that line ends are made of."""
        controls = int(np.count_nonzero(self._block <= SPACE)) - self._line_ends
        return controls - self._returns if controls else 0

    @cached_property
    def _quotes(self) -> int:
        return int(np.count_nonzero(self._block == QUOTE)) if b'"' in self._data else 0

    @cached_property
    def _returns(self) -> int:
        """The carriage returns before a line feed."""
        return int(np.count_nonzero((self._block[:-1] == CR) & self._is_line_end[1:]))

    @cached_property
    def _has_stray_returns(self) -> bool:
        return bool(np.count_nonzero(self._block == CR) != self._returns)
