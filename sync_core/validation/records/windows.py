"""Lines looked at in windows: which of them are not a plain record of the right width.

In most windows counting a few bytes shows that all lines are; in the others each is looked at.
"""

import numpy as np

from sync_core.validation.records.layout import COMMA, CR, LF, Flags, Positions
from sync_core.validation.records.lines import MAX_RECORD
from sync_core.validation.records.text import Text


def odd_lines(text: Text, width: int, places: Positions, *, counted: bool) -> Positions:
    """The lines that are odd: number, start and end of each.

    Odd are those with one of the `places`, which are sorted, and all that are not a record of the
    right width. Where `counted`, a plain line that is too short may stand beside one too long.
    """
    firsts = np.cumsum(text.lines_in) - text.lines_in
    windows = _suspect(text, width, places) if counted else range(len(firsts))
    odd = [np.zeros((0, 3), np.intp)]
    for index in windows:
        start, end = text.bounds[index], text.bounds[index + 1]
        found = _odd_lines(text, width, places, start, end)
        odd.append(found + np.array([firsts[index], start, start]))
    return np.concatenate(odd)


def _suspect(text: Text, width: int, places: Positions) -> list[int]:
    """The windows whose counts do not show that each line is a plain record.

    With one of the `places` counts show nothing: a line that is left out may hide another.
    """
    bounds = text.bounds
    commas = text.commas_in - np.diff(np.searchsorted(text.quotes.commas, bounds))
    is_plain = commas == text.lines_in * (width - 1)
    is_plain &= np.diff(np.searchsorted(places, bounds)) == 0
    is_plain &= np.diff(bounds) <= MAX_RECORD
    if not is_plain.all():
        # A blank line has as many commas too few as a record may well have too many.
        for index in np.flatnonzero(is_plain).tolist():
            is_plain[index] = not text.has_blank_line(bounds[index], bounds[index + 1])
    suspect: list[int] = np.flatnonzero(~is_plain).tolist()
    return suspect


def _odd_lines(text: Text, width: int, places: Positions, start: int, end: int) -> Positions:
    """The same in one window, counted from its start."""
    block, ends = text.block[start:end], text.line_ends(start, end)
    starts = np.concatenate([[0], ends[:-1]])
    length = ends - starts
    odd: Flags = length > MAX_RECORD
    odd[odd] = length[odd] - (block[ends[odd] - 1] == LF) > MAX_RECORD
    separators = np.diff(np.searchsorted(np.flatnonzero(block == COMMA), ends), prepend=0)
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
