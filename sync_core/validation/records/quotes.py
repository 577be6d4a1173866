"""Quotation marks of whole lines, as if each of them were a record."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from sync_core.validation.records.layout import COMMA, LF, QUOTE, Bytes, Flags, Positions, misplaced
from sync_core.validation.records.lines import all_places

_FEW = 64
_RARE = 128


@dataclass(frozen=True)
class Quotes:
    """Where there are marks, which of them are on lines that go wrong, and the commas inside."""

    places: Positions
    broken: Positions
    commas: Positions


NO_QUOTES: Final = Quotes(*(np.zeros(0, np.intp) for _ in range(3)))


def quotes_of(data: bytes, ends_near: Callable[[Positions], Positions]) -> Quotes:
    """The marks of whole lines; `ends_near` tells where lines around places end.

    Right are those that open and close in turn where they may, and on one line. On broken lines
    there is no telling which commas are inside, and no need to.
    """
    block, places = np.frombuffer(data, np.uint8), _places(data)
    if len(places) % 2 == 0 and not misplaced(block, places).size:
        inside = _inside(block, places)
        letters = block[inside]
        if not np.any(letters == LF):
            return Quotes(places, NO_QUOTES.broken, inside[letters == COMMA])
    line = np.searchsorted(ends_near(places), places, side="right")
    unpaired: Flags = (np.bincount(line) % 2 == 1)[line]
    pairs = places[~unpaired]
    inside = _inside(block, pairs)
    broken = np.concatenate([places[unpaired], misplaced(block, pairs)])
    return Quotes(places, broken, inside[block[inside] == COMMA])


def _places(data: bytes) -> Positions:
    """Where the marks are: a few are found one by one, many by looking at every byte."""
    places = [*islice(all_places(data, b'"'), _FEW + 1)]
    if len(places) <= _FEW:
        return np.array(places, np.intp)
    return np.flatnonzero(np.frombuffer(data, np.uint8) == QUOTE)


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
