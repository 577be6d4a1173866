"""Finds the quotation marks of a block, on the assumption that every line is a record."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from sync_core.validation.records.layout import (
    COMMA,
    LF,
    QUOTE,
    ByteArray,
    IntArray,
    Mask,
    misplaced_quotes,
)
from sync_core.validation.records.lines import occurrences

_FEW = 64
_BYTES_PER_QUOTE = 128


@dataclass(frozen=True)
class Quotes:
    """Offsets of all quotation marks, of those on faulty lines, and of commas inside of quotes."""

    offsets: IntArray
    faulty: IntArray
    quoted_commas: IntArray


NO_QUOTES: Final = Quotes(*(np.zeros(0, np.intp) for _ in range(3)))


def find_quotes(data: bytes, line_ends_near: Callable[[IntArray], IntArray]) -> Quotes:
    """The quotation marks of a block of complete lines.

    A line is faulty if its marks do not open and close in turn, or not where RFC 4180 allows.
    Commas of faulty lines are not reliable, and are not used. `line_ends_near` returns the
    ends of all lines around some offsets.
    """
    block, offsets = np.frombuffer(data, np.uint8), _quote_offsets(data)
    if len(offsets) % 2 == 0 and not misplaced_quotes(block, offsets).size:
        inside = _offsets_inside(block, offsets)
        quoted_bytes = block[inside]
        if not np.any(quoted_bytes == LF):
            return Quotes(offsets, NO_QUOTES.faulty, inside[quoted_bytes == COMMA])
    line = np.searchsorted(line_ends_near(offsets), offsets, side="right")
    unpaired: Mask = (np.bincount(line) % 2 == 1)[line]
    pairs = offsets[~unpaired]
    inside = _offsets_inside(block, pairs)
    faulty = np.concatenate([offsets[unpaired], misplaced_quotes(block, pairs)])
    return Quotes(offsets, faulty, inside[block[inside] == COMMA])


def _quote_offsets(data: bytes) -> IntArray:
    """The offsets of all marks: `find` is faster for a few of them, numpy for many."""
    offsets = [*islice(occurrences(data, b'"'), _FEW + 1)]
    if len(offsets) <= _FEW:
        return np.array(offsets, np.intp)
    return np.flatnonzero(np.frombuffer(data, np.uint8) == QUOTE)


def _offsets_inside(block: ByteArray, quotes: IntArray) -> IntArray:
    """The offsets between opening and closing marks.

    If much of the block is quoted, only commas and line feeds are returned.
    """
    if len(quotes) > len(block) // _BYTES_PER_QUOTE:
        separators = np.flatnonzero((block == COMMA) | (block == LF))
        # An offset is inside if the number of marks before it is odd.
        marks_before = np.searchsorted(quotes, separators)
        inside: IntArray = separators[marks_before % 2 == 1]
        return inside
    # All ranges [first, first + length) in one array: add to 0, 1, 2, … the shift of each range.
    first, length = quotes[::2] + 1, quotes[1::2] - quotes[::2] - 1
    shifts = np.repeat(first - np.cumsum(length) + length, length)
    return shifts + np.arange(len(shifts))
