"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Counting a few bytes proves that for a whole block, or for most windows of it. In the
others each line is looked at by vectors, and only the records that begin on an odd line are read
one by one; where these are many, vectors lay out the whole block.
"""

from collections.abc import Iterable, Iterator
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
    loose = text.loose_places(few)
    places = text.odd_places()
    places = np.sort(places if loose is None else np.concatenate([places, loose]))
    blank = text.blank_lines()
    is_whole = not counting or has_only_records(whole, text.lines - len(blank), width)
    windows = _windows(whole, 1 if is_whole else _WINDOWS)
    odd = _odd_lines(whole, windows, width, places, blank, counting=counting)
    if len(odd) > few:
        layout = lay_out(data, at_end=at_end)
        records = Odd(data[: layout.end], layout)
        return Outline(layout.end, len(layout.line_ends), range(0), (), records)
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


def _odd_lines(
    data: bytes,
    windows: Iterable[tuple[int, int]],
    width: int,
    places: Positions,
    blank: Positions,
    *,
    counting: bool,
) -> Positions:
    """The odd lines: number, start, end.

    Odd are those with one of the `places`, those that are `blank`, and all others that are not a
    record of that width.
    """
    odd, line = [np.zeros((0, 3), np.intp)], 0
    for start, stop in windows:
        window = Window(data[start:stop], width)
        is_blank = window.lines_at(_between(blank, start, stop))
        flags = is_blank | window.lines_at(_between(places, start, stop))
        if not (counting and window.has_only_records(int(np.count_nonzero(is_blank)))):
            flags |= window.broken()
        if flags.any():
            numbers = np.flatnonzero(flags)
            starts, ends = window.bounds(numbers)
            odd.append(np.stack([numbers + line, starts + start, ends + start], axis=1))
        line += window.lines
    return np.concatenate(odd)


def _between(places: Positions, start: int, stop: int) -> Positions:
    """Those of the places that are in a window, counted from its start."""
    first, last = np.searchsorted(places, (start, stop))
    return places[first:last] - start


def _windows(data: bytes, pieces: int) -> Iterator[tuple[int, int]]:
    """Whole lines in so many pieces or fewer."""
    size, start = len(data) // pieces + 1, 0
    while start < len(data):
        stop = data.find(b"\n", start + size - 1) + 1 or len(data)
        yield start, stop
        start = stop
