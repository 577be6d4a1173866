"""The letters of whole lines: whether any of them is odd, and where."""

from functools import cached_property
from itertools import islice

import numpy as np

from sync_core.validation.layout import COMMA, CR, LF, QUOTE, SPACE, Flags, Positions, strange_in
from sync_core.validation.parsing import is_utf_8_block, undecodable
from sync_core.validation.quotes import NO_QUOTES, Quotes, quotes_of
from sync_core.validation.records import BOM, all_places


class Text:
    """Whole lines as a stream of letters; what takes a while to know is looked at when asked for.

    Fine text is UTF-8 without a NUL, a byte order mark or a carriage return that ends no line. In
    tight text there is moreover no white space but line ends, no quotation mark and no letter
    beyond ASCII.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.block = np.frombuffer(data, np.uint8)
        self.line_feeds: Flags = self.block == LF
        self._line_ends = int(np.count_nonzero(self.line_feeds))
        self.lines = self._line_ends + bool(data and not data.endswith(b"\n"))

    @cached_property
    def commas(self) -> Flags:
        commas: Flags = self.block == COMMA
        return commas

    @cached_property
    def quotes(self) -> Quotes:
        return quotes_of(self.block, self.line_feeds) if b'"' in self.data else NO_QUOTES

    def odd_places(self, few: int) -> Positions:
        """Where it is not fine, or of that a few places and one more."""
        if self._is_fine:
            return np.zeros(0, np.intp)
        marks = (all_places(self.data, b"\0"), all_places(self.data, BOM), undecodable(self.data))
        places = [np.fromiter(islice(found, few + 1), np.intp) for found in marks]
        if self._has_stray_returns:
            stray = self.block == CR
            stray[:-1] &= ~self.line_feeds[1:]
            places.append(np.flatnonzero(stray))
        return np.concatenate(places)

    def loose_places(self, few: int) -> Positions | None:
        """Where it is not tight; None if that is in more than a few places."""
        if self._spaces > few or len(self.quotes.places) > few:
            return None
        if self._is_ascii and len(spaces := [*all_places(self.data, b" ")]) == self._spaces:
            # The rarer they are, the faster they are found one by one.
            return np.concatenate([np.array(spaces, np.intp), self.quotes.places])
        strange = strange_in(self.block) | (self.block == QUOTE)
        return np.flatnonzero(strange) if np.count_nonzero(strange) <= few else None

    @cached_property
    def _is_fine(self) -> bool:
        if self._spaces and (b"\0" in self.data or self._has_stray_returns):
            return False
        # The first byte of a mark is looked for fast, and all of them slowly.
        has_mark = BOM[:1] in self.data and BOM in self.data
        return self._is_ascii or (not has_mark and is_utf_8_block(self.data))

    @cached_property
    def _is_ascii(self) -> bool:
        return self.data.isascii()

    @cached_property
    def _spaces(self) -> int:
        """How many spaces and controls there are beside those that line ends are made of."""
        controls = int(np.count_nonzero(self.block <= SPACE)) - self._line_ends
        return controls - self._returns if controls else 0

    @cached_property
    def _returns(self) -> int:
        """The carriage returns before a line feed."""
        return int(np.count_nonzero((self.block[:-1] == CR) & self.line_feeds[1:]))

    @cached_property
    def _has_stray_returns(self) -> bool:
        return bool(np.count_nonzero(self.block == CR) != self._returns)
