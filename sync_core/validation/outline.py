"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Counting a few bytes proves that for a whole block, or for most windows of it. In the
others each line is looked at by vectors, and only the records that begin on an odd line are read
one by one; where these are many, vectors lay out the whole block.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sync_core.validation.layout import Positions, lay_out
from sync_core.validation.text import Text
from sync_core.validation.walk import Odd, Walk
from sync_core.validation.windows import Window, has_only_records

_WINDOWS = 16
_MANY = 64
"""Where one line in so many is odd, vectors are faster than reading one by one."""


@dataclass(frozen=True)
class Outline:
    """The records of a block up to `end`, where the last complete one ends, on so many `lines`.

    `plain` are the lines, from 0, that are records and hold nothing odd; `spans` are where these
    lines are. `proven` tells whether each was looked at, or bytes were counted; `tight` that the
    plain lines have no white space but their ends, no quotation marks, and no letters beyond ASCII.
    """

    end: int
    lines: int
    plain: Positions | range
    spans: tuple[tuple[int, int], ...]
    odd: Odd | None = None
    proven: bool = True
    tight: bool = False


NOTHING = Outline(0, 0, range(0), ())


def outline_of(data: bytes, width: int, *, at_end: bool) -> Outline:
    """The outline of a block that begins where a record does, `width` fields wide.

    Unless the file is `at_end`, a record at the end of the block that may go on is left out. As
    long as it is not `proven`, there may be a plain line too short beside one too long.
    """
    whole = data if at_end else data[: data.rfind(b"\n") + 1]
    text = Text(whole)
    if whole and text.is_fine and has_only_records(whole, text.lines, width):
        lines, spans = range(text.lines), ((0, len(whole)),)
        return Outline(len(whole), len(lines), lines, spans, proven=False, tight=text.is_tight)
    return _outline(data, whole, text, width, at_end=at_end, counting=True)


def proven_outline(data: bytes, width: int) -> Outline:
    """The same of a run, that is of whole records, but with every line looked at."""
    return _outline(data, data, Text(data), width, at_end=True, counting=False)


def _outline(
    data: bytes, whole: bytes, text: Text, width: int, *, at_end: bool, counting: bool
) -> Outline:
    few = 1 + text.lines // _MANY
    loose, blank = text.loose_places(few), text.blank_lines()
    places = [text.odd_places(few), blank, *(() if loose is None else (loose,))]
    if max(map(len, places)) > few:
        return _laid_out(data, at_end=at_end)
    windows, is_plain = _plan(whole, width, text.lines - len(blank), counting=counting)
    odd = _odd_lines(windows, np.sort(np.concatenate(places)), blank, is_plain)
    if len(odd) > few:
        return _laid_out(data, at_end=at_end)
    walk = Walk(data, at_end=at_end)
    end, lines = walk.through(odd, len(whole), text.lines)
    return Outline(
        end,
        lines,
        walk.plain(),
        tuple(walk.spans),
        walk.odd(),
        proven=not counting,
        tight=loose is not None,
    )


def _laid_out(data: bytes, *, at_end: bool) -> Outline:
    layout = lay_out(data, at_end=at_end)
    odd = Odd(data[: layout.end], layout)
    return Outline(layout.end, len(layout.line_ends), range(0), (), odd)


IsPlain = Callable[[Window, int], bool]
"""Whether all lines of a window but so many blank ones may be taken for records."""


def _plan(
    data: bytes, width: int, records: int, *, counting: bool
) -> tuple[Iterator[Window], IsPlain]:
    """Where to look line by line, and what spares looking."""
    if not counting:
        return _windows(data, width, 1), lambda _window, _blank: False
    if has_only_records(data, records, width):
        return _windows(data, width, 1), lambda _window, _blank: True
    return _windows(data, width, _WINDOWS), Window.has_only_records


def _windows(data: bytes, width: int, pieces: int) -> Iterator[Window]:
    """Whole lines in so many pieces or fewer."""
    size, start = len(data) // pieces + 1, 0
    while start < len(data):
        stop = data.find(b"\n", start + size - 1) + 1 or len(data)
        yield Window(data[start:stop], width, start)
        start = stop


def _odd_lines(
    windows: Iterable[Window], places: Positions, blank: Positions, is_plain: IsPlain
) -> Positions:
    """The odd lines: number, start, end.

    Odd are those with one of the `places`, which are sorted, and all that are not a record of the
    right width.
    """
    odd, line = [np.zeros((0, 3), np.intp)], 0
    for window in windows:
        numbers = window.lines_of(places)
        if not is_plain(window, len(window.within(blank))):
            numbers = np.union1d(numbers, np.flatnonzero(window.broken()))
        if numbers.size:
            starts, ends = window.bounds(numbers)
            odd.append(np.stack([numbers + line, starts, ends], axis=1))
        line += window.lines
    return np.concatenate(odd)
