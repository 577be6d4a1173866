"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Counting a few bytes proves that for a whole block, or for most windows of it. In the
others each line is looked at by vectors, and only the records that begin on an odd line are read
one by one; where these are many, vectors lay out the whole block.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

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
    is_counted = bool(whole) and has_only_records(whole, text.lines, width)
    if is_counted and text.is_fine:
        lines, spans = range(text.lines), ((0, len(whole)),)
        return Outline(len(whole), len(lines), lines, spans, proven=False, tight=text.is_tight)
    plan = _Plan(_windows(whole, text, width, 1)) if is_counted else _plan(whole, text, width)
    return _outline(data, whole, text, plan, at_end=at_end)


def proven_outline(data: bytes, width: int) -> Outline:
    """The same of a run, that is of whole records, but with every line looked at."""
    text = Text(data)
    plan = _Plan(_windows(data, text, width, 1), is_plain=None)
    return _outline(data, data, text, plan, at_end=True)


IsPlain = Callable[[Window, int], bool]
"""Whether all lines of a window but so many blank ones may be taken for records."""


@dataclass(frozen=True)
class _Plan:
    """Where to look line by line, and what spares looking; by itself, only at places known."""

    windows: Iterator[Window]
    is_plain: IsPlain | None = lambda _window, _blank: True
    blank: Positions = field(default_factory=lambda: np.zeros(0, np.intp))


def _plan(data: bytes, text: Text, width: int) -> _Plan:
    """What to do about a block with a line that is no record: it may be but a blank one."""
    blank = text.blank_lines()
    if blank.size and has_only_records(data, text.lines - len(blank), width):
        return _Plan(_windows(data, text, width, 1), blank=blank)
    return _Plan(_windows(data, text, width, _WINDOWS), Window.has_only_records, blank)


def _outline(data: bytes, whole: bytes, text: Text, plan: _Plan, *, at_end: bool) -> Outline:
    few = 1 + text.lines // _MANY
    loose = text.loose_places(few)
    places = [text.odd_places(few), plan.blank, *(() if loose is None else (loose,))]
    if max(map(len, places)) > few:
        return _laid_out(data, at_end=at_end)
    odd = _odd_lines(plan, np.sort(np.concatenate(places)))
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
        proven=plan.is_plain is None,
        tight=loose is not None,
    )


def _laid_out(data: bytes, *, at_end: bool) -> Outline:
    layout = lay_out(data, at_end=at_end)
    odd = Odd(data[: layout.end], layout)
    return Outline(layout.end, len(layout.line_ends), range(0), (), odd)


def _windows(data: bytes, text: Text, width: int, pieces: int) -> Iterator[Window]:
    """Whole lines in so many pieces or fewer."""
    size, start = len(data) // pieces + 1, 0
    while start < len(data):
        stop = data.find(b"\n", start + size - 1) + 1 or len(data)
        yield Window(data[start:stop], width, start, text.line_feeds)
        start = stop


def _odd_lines(plan: _Plan, places: Positions) -> Positions:
    """The odd lines: number, start, end.

    Odd are those with one of the `places`, which are sorted, and all that are not a record of the
    right width.
    """
    odd, line = [np.zeros((0, 3), np.intp)], 0
    for window in plan.windows:
        numbers = window.lines_of(places)
        if not (plan.is_plain and plan.is_plain(window, len(window.within(plan.blank)))):
            numbers = np.union1d(numbers, np.flatnonzero(window.broken()))
        if numbers.size:
            starts, ends = window.bounds(numbers)
            odd.append(np.stack([numbers + line, starts, ends], axis=1))
        line += window.lines
    return np.concatenate(odd)
