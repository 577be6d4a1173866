"""The letters of whole lines: whether any of them is odd, and where."""

from functools import cached_property

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
        self.line_ends = int(np.count_nonzero(self._is_line_end))

    @cached_property
    def is_fine(self) -> bool:
        if self._is_spaced and (b"\0" in self._data or self._has_stray_returns):
            return False
        # The first byte of a mark is looked for fast, and all of them slowly.
        has_mark = BOM[:1] in self._data and BOM in self._data
        return self._is_ascii or (not has_mark and is_utf_8_block(self._data))

    @cached_property
    def is_tight(self) -> bool:
        return self._is_ascii and not self._is_spaced and b'"' not in self._data

    def odd_places(self) -> Positions:
        """Where it is not fine."""
        if self.is_fine:
            return np.zeros(0, np.intp)
        returns = np.flatnonzero(self._block == CR) if self._has_stray_returns else ()
        strays = [at for at in returns if not self._data.startswith(b"\n", at + 1)]
        return np.concatenate(
            [
                np.array(strays, np.intp),
                np.flatnonzero(self._block == 0),
                np.fromiter(all_places(self._data, BOM), np.intp),
                np.fromiter(undecodable(self._data), np.intp),
            ]
        )

    def loose_places(self, few: int) -> Positions | None:
        """Where it is not tight; None if that is in more than a few places."""
        if self.is_tight:
            return np.zeros(0, np.intp)
        strange = strange_in(self._block) | (self._block == QUOTE)
        return np.flatnonzero(strange) if np.count_nonzero(strange) <= few else None

    @cached_property
    def _is_ascii(self) -> bool:
        return self._data.isascii()

    @cached_property
    def _is_spaced(self) -> bool:
        """Whether there are more spaces and controls than line ends are made of."""
        controls = np.count_nonzero(self._block <= SPACE) - self.line_ends
        return bool(controls and controls != self._returns)

    @cached_property
    def _returns(self) -> int:
        """The carriage returns before a line feed."""
        return int(np.count_nonzero((self._block[:-1] == CR) & self._is_line_end[1:]))

    @cached_property
    def _has_stray_returns(self) -> bool:
        return bool(np.count_nonzero(self._block == CR) != self._returns)
