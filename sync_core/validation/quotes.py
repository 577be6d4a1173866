"""Quotation marks of whole lines, as if each of them were a record."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sync_core.validation.layout import COMMA, LF, QUOTE, Bytes, Flags, Positions, misplaced

_RARE = 128


@dataclass(frozen=True)
class Quotes:
    """Where there are marks, which of them are on lines that go wrong, and the commas inside."""

    places: Positions
    broken: Positions
    commas: Positions


NO_QUOTES: Final = Quotes(*(np.zeros(0, np.intp) for _ in range(3)))


def quotes_of(block: Bytes, line_feeds: Flags) -> Quotes:
    """The marks of a block of whole lines.

    Right are those that open and close in turn where they may, and on one line. On broken lines
    there is no telling which commas are inside, and no need to.
    """
    places = np.flatnonzero(block == QUOTE)
    if len(places) % 2 == 0 and not misplaced(block, places).size:
        inside = _inside(block, places)
        if not np.any(block[inside] == LF):
            return Quotes(places, NO_QUOTES.broken, inside[block[inside] == COMMA])
    line = np.searchsorted(np.flatnonzero(line_feeds), places)
    unpaired: Flags = (np.bincount(line) % 2 == 1)[line]
    pairs = places[~unpaired]
    inside = _inside(block, pairs)
    broken = np.concatenate([places[unpaired], misplaced(block, pairs)])
    return Quotes(places, broken, inside[block[inside] == COMMA])


def _inside(block: Bytes, quotes: Positions) -> Positions:
    """The places between opening and closing marks; where most are, only those that matter."""
    if len(quotes) > len(block) // _RARE:
        return _separators_inside(block, quotes)
    first, length = quotes[::2] + 1, quotes[1::2] - quotes[::2] - 1
    shifts = np.repeat(first - np.cumsum(length) + length, length)
    return shifts + np.arange(len(shifts))


def _separators_inside(block: Bytes, quotes: Positions) -> Positions:
    """The commas and line feeds between marks."""
    places = np.flatnonzero((block == COMMA) | (block == LF))
    before = np.searchsorted(quotes, places)
    inside: Positions = places[before % 2 == 1]
    return inside
