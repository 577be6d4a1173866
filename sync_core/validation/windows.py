"""Lines looked at in windows: which of them are not a plain record of the right width.

In most windows counting a few bytes shows that all lines are; in the others each is looked at.
"""

from itertools import pairwise

import numpy as np

from sync_core.validation.layout import CR, LF, Flags, Positions
from sync_core.validation.records import MAX_RECORD
from sync_core.validation.text import Text

WINDOW = 1 << 16


def odd_lines(text: Text, width: int, places: Positions, *, counted: bool) -> Positions:
    """The lines that are odd: number, start and end of each.

    Odd are those with one of the `places`, which are sorted, and all that are not a record of the
    right width. Where `counted`, a plain line that is too short may stand beside one too long.
    """
    bounds = _bounds(text.data)
    lines = _counts(text.line_feeds, bounds)
    firsts = np.cumsum(lines) - lines
    wanted = _suspect(text, width, places, bounds, lines) if counted else range(len(lines))
    odd = [np.zeros((0, 3), np.intp)]
    for index in wanted:
        start, end = bounds[index], bounds[index + 1]
        found = _odd_lines(text, width, places, start, end)
        odd.append(found + np.array([firsts[index], start, start]))
    return np.concatenate(odd)


def _bounds(data: bytes) -> list[int]:
    """Where windows of whole lines begin, and where the last one ends."""
    bounds = [0]
    while bounds[-1] < len(data):
        bounds.append(data.find(b"\n", bounds[-1] + WINDOW - 1) + 1 or len(data))
    return bounds


def _counts(flags: Flags, bounds: list[int]) -> Positions:
    counts = (np.count_nonzero(flags[start:end]) for start, end in pairwise(bounds))
    return np.fromiter(counts, np.intp)


def _suspect(
    text: Text, width: int, places: Positions, bounds: list[int], lines: Positions
) -> list[int]:
    """The windows whose counts do not show that each line is a plain record.

    With one of the `places` counts show nothing: a line that is left out may hide another.
    """
    if bounds[-1] and not text.data.endswith(b"\n"):
        lines = lines + (np.arange(len(lines)) == len(lines) - 1)
    commas = _counts(text.commas, bounds)
    commas -= np.diff(np.searchsorted(text.quotes.commas, bounds))
    is_plain = commas == lines * (width - 1)
    is_plain &= np.diff(np.searchsorted(places, bounds)) == 0
    is_plain &= np.diff(bounds) <= MAX_RECORD
    if width == 1:
        is_plain[:] = False
    return np.flatnonzero(~is_plain).tolist()


def _odd_lines(text: Text, width: int, places: Positions, start: int, end: int) -> Positions:
    """The same in one window, counted from its start."""
    block = text.block[start:end]
    ends = np.flatnonzero(text.line_feeds[start:end]) + 1
    if block[-1] != LF:
        ends = np.append(ends, len(block))
    starts = np.concatenate([[0], ends[:-1]])
    length = ends - starts
    odd: Flags = length > MAX_RECORD
    odd[odd] = length[odd] - (block[ends[odd] - 1] == LF) > MAX_RECORD
    commas = np.flatnonzero(text.commas[start:end])
    separators = np.diff(np.searchsorted(commas, ends), prepend=0)
    if (inside := _within(text.quotes.commas, start, end)).size:
        separators -= np.bincount(np.searchsorted(ends, inside, side="right"), minlength=len(ends))
    odd |= separators != width - 1
    if width == 1:
        odd |= (length == 1) | (block[starts] == CR)
    odd[np.searchsorted(ends, _within(places, start, end), side="right")] = True
    numbers = np.flatnonzero(odd)
    return np.stack([numbers, starts[numbers], ends[numbers]], axis=1)


def _within(places: Positions, start: int, end: int) -> Positions:
    first, last = np.searchsorted(places, (start, end))
    return places[first:last] - start
