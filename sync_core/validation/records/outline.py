"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Only the records that begin on an odd line are read one by one; where these are many,
vectors lay out the whole block.
"""

from dataclasses import dataclass

import numpy as np

from sync_core.validation.records.layout import Positions, lay_out
from sync_core.validation.records.text import Text
from sync_core.validation.records.walk import Odd, Walk
from sync_core.validation.records.windows import odd_lines

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
    return _outline(data, whole, width, at_end=at_end, counted=True)


def proven_outline(data: bytes, width: int) -> Outline:
    """The same of a run, that is of whole records, but with every line looked at."""
    return _outline(data, data, width, at_end=True, counted=False)


def _outline(data: bytes, whole: bytes, width: int, *, at_end: bool, counted: bool) -> Outline:
    text = Text(whole)
    few = 1 + text.lines // _MANY
    loose = text.loose_places(few)
    places = [text.odd_places(few), text.quotes.broken, *(() if loose is None else (loose,))]
    if max(map(len, places)) > few:
        return _laid_out(data, at_end=at_end)
    odd = odd_lines(text, width, np.sort(np.concatenate(places)), counted=counted)
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
        proven=not counted,
        tight=loose is not None,
    )


def _laid_out(data: bytes, *, at_end: bool) -> Outline:
    layout = lay_out(data, at_end=at_end)
    odd = Odd(data[: layout.end], layout)
    return Outline(layout.end, len(layout.line_ends), range(0), (), odd)
