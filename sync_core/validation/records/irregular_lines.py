"""Finds the irregular lines of a block: those that are not a record by themselves, or need a look.

Lines are checked in windows. For most windows the number of commas shows that every line is
regular; only in the others are the fields of each line counted.
"""

import numpy as np

from sync_core.validation.records.block_scan import BlockScan
from sync_core.validation.records.layout import COMMA, CR, LF, IntArray, Mask
from sync_core.validation.records.lines import MAX_RECORD


def irregular_lines(scan: BlockScan, width: int, offsets: IntArray, *, verify: bool) -> IntArray:
    """The irregular lines, one row each: line index, start and end.

    A line is irregular if it holds one of the `offsets`, which are sorted, or is too long, or does
    not have `width` fields. Unless `verify` is set, a line with too few fields can go unnoticed
    next to a line with as many too many.
    """
    first_lines = np.cumsum(scan.lines_per_window) - scan.lines_per_window
    windows = range(len(first_lines)) if verify else _doubtful_windows(scan, width, offsets)
    found = [np.zeros((0, 3), np.intp)]
    for index in windows:
        start, end = scan.window_bounds[index], scan.window_bounds[index + 1]
        lines = _irregular_in_window(scan, width, offsets, start, end)
        found.append(lines + np.array([first_lines[index], start, start]))
    return np.concatenate(found)


def _doubtful_windows(scan: BlockScan, width: int, offsets: IntArray) -> list[int]:
    """The indexes of windows whose counts do not show that every line is regular.

    In a window with one of the `offsets` the counts prove nothing: the commas of the irregular
    line could make up for those that another line lacks.
    """
    # For sorted offsets, `searchsorted` at the bounds and `diff` count those of each window.
    bounds = scan.window_bounds
    separators = scan.commas_per_window - np.diff(
        np.searchsorted(scan.quotes.quoted_commas, bounds)
    )
    is_regular = separators == scan.lines_per_window * (width - 1)
    is_regular &= np.diff(np.searchsorted(offsets, bounds)) == 0
    is_regular &= np.diff(bounds) <= MAX_RECORD
    if not is_regular.all():
        # A blank line lacks `width` - 1 commas, and a long line in the window may make up for it.
        for index in np.flatnonzero(is_regular).tolist():
            is_regular[index] = not scan.may_have_blank_line(bounds[index], bounds[index + 1])
    doubtful: list[int] = np.flatnonzero(~is_regular).tolist()
    return doubtful


def _irregular_in_window(
    scan: BlockScan, width: int, offsets: IntArray, start: int, end: int
) -> IntArray:
    """The irregular lines of one window: index, start and end, counted from the window's start."""
    block, ends = scan.block[start:end], scan.line_ends(start, end)
    starts = np.concatenate([[0], ends[:-1]])
    length = ends - starts
    irregular: Mask = length > MAX_RECORD
    # The limit does not include the line feed.
    irregular[irregular] = length[irregular] - (block[ends[irregular] - 1] == LF) > MAX_RECORD
    # Commas before each line end, minus those before the previous one, are the commas of a line.
    separators = np.diff(np.searchsorted(np.flatnonzero(block == COMMA), ends), prepend=0)
    if (quoted := _within(scan.quotes.quoted_commas, start, end)).size:
        separators -= np.bincount(np.searchsorted(ends, quoted, side="right"), minlength=len(ends))
    irregular |= separators != width - 1
    if width == 1:
        # With one column, a blank line has the right number of commas.
        irregular |= (length == 1) | (block[starts] == CR)
    irregular[np.searchsorted(ends, _within(offsets, start, end), side="right")] = True
    numbers = np.flatnonzero(irregular)
    return np.stack([numbers, starts[numbers], ends[numbers]], axis=1)


def _within(offsets: IntArray, start: int, end: int) -> IntArray:
    """The offsets between two bounds, counted from the first bound."""
    first, last = np.searchsorted(offsets, (start, end))
    return offsets[first:last] - start
