"""From a run of lines to a table of its good records, every broken one reported with its line.

Most runs are plain: no quotation marks, every line a record. Counting a few bytes proves it, and
the column engine reads the run as it is. All others are laid out record by record. Only records
whose structure is proven reach the column engine, whose count must then be our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.validation.layout import (
    COMMA,
    CR,
    FAULTS,
    GOOD,
    LF,
    Bytes,
    Flags,
    Layout,
    Positions,
    lay_out,
)
from sync_core.validation.parsing import (
    Shape,
    assert_equal,
    frame_of_fields,
    interleaved,
    is_utf_8_block,
    parsed,
)
from sync_core.validation.reading import Run
from sync_core.validation.records import BOM, MAX_RECORD, bad_bytes, content, decoded, fields_of
from sync_core.validation.tally import Tally

_SPACE = 32
_PLAIN = 93
_FEW = 200


@dataclass(frozen=True)
class Batch:
    """Good records. `lines` has the line of each; None says that they follow `line` one by one.

    `loose` are the rows that may have white space, quotation marks or letters beyond ASCII in them;
    None says that any may. `records` counts the good and the broken ones, before any was left out.
    """

    frame: pl.DataFrame
    records: int
    line: int
    lines: Positions | None = None
    loose: Positions | None = None

    def lines_of(self, rows: Positions) -> Positions:
        return rows + self.line if self.lines is None else self.lines[rows]


def batch_of(run: Run, shape: Shape, tally: Tally, rows: Positions | None = None) -> Batch:
    """The good records of a run, or some `rows` of them; the others are counted in `tally`."""
    if run.fault:
        tally.add(run.fault, run.line)
        return Batch(frame_of_fields([], shape), 1, run.line)
    plain = _plain_batch(run, shape) if rows is None else None
    return plain or _Survey(run, shape).batch(tally, rows)


def _plain_batch(run: Run, shape: Shape) -> Batch | None:
    """The batch of a run in which every line is a record of the right width; else None."""
    data = run.data
    records = run.breaks + (not data.endswith(b"\n"))
    if b'"' in data or not _has_short_lines(data):
        return None
    block = np.frombuffer(data, np.uint8)
    if np.count_nonzero(block == COMMA) != records * (shape.width - 1):
        return None
    others = np.count_nonzero(block <= _SPACE) - run.breaks
    line_ends = others and np.count_nonzero((block[:-1] == CR) & (block[1:] == LF))
    has_spaces = others != line_ends
    if has_spaces and (np.count_nonzero(block == CR) != line_ends or b"\0" in data):
        return None
    is_ascii = data.isascii()
    if not is_ascii and (_has(data, BOM) or not is_utf_8_block(data)):
        return None
    frame = parsed(data, shape, quoted=False)
    if frame is None:
        return None
    # A record without its last field, or a blank line, gives a null there; so does an empty field.
    if frame[:, -1].null_count() and not _all_have_width(block, shape.width):
        return None
    assert_equal(frame.height, records)
    loose = None if has_spaces or not is_ascii else np.zeros(0, np.intp)
    return Batch(frame, records, run.line, loose=loose)


def _all_have_width(block: Bytes, width: int) -> bool:
    """Whether each line has its own commas: the first of them behind the line before, and so on."""
    if width == 1:
        return False
    commas = np.flatnonzero(block == COMMA)
    line_ends = np.flatnonzero(block == LF)
    firsts, lasts = commas[:: width - 1], commas[width - 2 :: width - 1]
    is_behind = firsts[1:] > line_ends[: len(firsts) - 1]
    return bool(is_behind.all() and (lasts[: len(line_ends)] < line_ends).all())


def _has_short_lines(data: bytes) -> bool:
    """Whether no line can be too long: a line end is in every window of half that length."""
    half = MAX_RECORD // 2
    return all(data.find(b"\n", at, at + half) >= 0 for at in range(0, len(data) - half, half))


def _has(data: bytes, needle: bytes) -> bool:
    """The same as `in`, which is slow for more than one byte: first the rare one, then all."""
    return needle[:1] in data and needle in data


class _Survey:
    """A run looked at record by record, by vectors as long as nothing is odd."""

    def __init__(self, run: Run, shape: Shape) -> None:
        self._run, self._shape = run, shape
        self._data = run.data
        self._block = np.frombuffer(run.data, np.uint8)
        self._layout: Layout = run.layout or lay_out(run.data, at_end=True)
        self._lines = self._layout.first_line + run.line

    def batch(self, tally: Tally, rows: Positions | None) -> Batch:
        layout, shape = self._layout, self._shape
        for fault, rule in enumerate(FAULTS):
            if rule:
                tally.add_lines(rule, self._lines[layout.fault == fault])
        odd = self._encoding_faults(tally) | self._broken_lines()
        separators = self._separators()
        whole = layout.fault == GOOD
        good = whole & (separators == shape.width - 1)
        for rule, wrong in (
            ("fields-too-few", separators < shape.width - 1),
            ("fields-too-many", separators >= shape.width),
        ):
            tally.add_lines(rule, self._lines[whole & wrong])
        if rows is not None:
            wanted = np.flatnonzero(good)[rows]
            good = np.zeros(len(good), np.bool_)
            good[wanted] = True
        frame = self._frame(good & ~odd, good & odd, tally)
        return Batch(
            frame, len(layout.starts), self._run.line, self._lines[good], self._loose(good, odd)
        )

    def _loose(self, good: Flags, odd: Flags) -> Positions | None:
        """The good records in which there is more than plain letters, unless they are too many."""
        strange = self._block - np.uint8(_SPACE + 1) > _PLAIN
        places = np.flatnonzero(strange)
        letters = self._block[places]
        places = places[(letters != LF) & (letters != CR)]
        if len(places) + len(self._layout.quotes) > len(good) // 4:
            return None
        loose = odd.copy()
        loose[self._layout.record_index(places)] = True
        loose[self._layout.record_index(self._layout.quotes)] = True
        return np.flatnonzero(loose[good])

    def _encoding_faults(self, tally: Tally) -> Flags:
        """The records with a NUL, a byte order mark or bytes that are not UTF-8."""
        odd = np.zeros(len(self._layout.starts), np.bool_)
        readable = self._layout.fault != FAULTS.index("record-too-long")
        for rule, found in (
            ("encoding", self._undecodable()),
            ("nul", self._holding(b"\0")),
            ("byte-order-mark", self._holding(BOM)),
        ):
            faulty = found & readable
            tally.add_lines(rule, self._lines[faulty])
            odd |= faulty
        return odd

    def _undecodable(self) -> Flags:
        found = np.zeros(len(self._layout.starts), np.bool_)
        if self._data.isascii() or is_utf_8_block(self._data):
            return found
        ends = self._layout.ends
        for place in bad_bytes(
            self._data, lambda at: int(ends[np.searchsorted(ends, at, "right")])
        ):
            found[self._layout.record_index(np.array(place))] = True
        return found

    def _holding(self, needle: bytes) -> Flags:
        found = np.zeros(len(self._layout.starts), np.bool_)
        if _has(self._data, needle):
            places = np.fromiter(_places(self._data, needle), np.intp)
            found[self._records_at(places)] = True
        return found

    def _broken_lines(self) -> Flags:
        """The records with a line break or a stray carriage return inside."""
        layout, block = self._layout, self._block
        found = layout.last_line > layout.first_line
        last = layout.line_ends - 1
        # The last line of a file may have no line end, and then nothing regular stands in it.
        regular = np.count_nonzero((block[last] == LF) & (block[last - 1] == CR) & (last > 0))
        if not layout.starts.size or np.count_nonzero(block == CR) == regular:
            return found
        returns = np.flatnonzero(block == CR)
        index = layout.record_index(returns)
        inside = (index >= 0) & (returns < layout.ends[index])
        returns, index = returns[inside], index[inside]
        ends = layout.ends[index]
        ends_line = returns + 1 + (block[ends - 1] == LF) == ends
        found[index[~ends_line]] = True
        return found

    def _separators(self) -> Positions:
        """How many commas each record has outside quotation marks."""
        layout = self._layout
        commas = np.flatnonzero(self._block == COMMA)
        counts = np.diff(np.searchsorted(commas, layout.ends), prepend=0)
        if layout.quotes.size:
            index = layout.record_index(layout.quotes)
            # In records with misplaced marks there is no telling, and no need to.
            good = layout.fault[index] == GOOD
            before = np.searchsorted(commas, layout.quotes[good])
            inside = before[1::2] - before[::2]
            counts -= np.bincount(index[good][::2], inside, len(counts)).astype(np.intp)
        return counts

    def _records_at(self, places: Positions) -> Positions:
        return np.unique(self._layout.record_index(places))

    def _frame(self, fast: Flags, slow: Flags, tally: Tally) -> pl.DataFrame:
        """The good records in their order: the ordinary ones in one go, the odd ones by hand."""
        data = b"".join(self._segments(fast))
        frame = parsed(data, self._shape, quoted=True) if data else None
        count = int(np.count_nonzero(fast))
        assert_equal(frame.height if frame is not None else 0, count)
        rows = [self._fields(index, tally) for index in np.flatnonzero(slow).tolist()]
        if frame is not None and not rows:
            return frame
        by_hand = frame_of_fields(rows, self._shape)
        if frame is None:
            return by_hand
        if len(rows) <= _FEW:
            return pl.concat(interleaved(frame, by_hand, slow[fast | slow]), rechunk=True)
        order = np.concatenate([np.flatnonzero(fast), np.flatnonzero(slow)])
        return pl.concat([frame, by_hand])[np.argsort(order)]

    def _segments(self, kept: Flags) -> Iterator[bytes]:
        """The bytes of the records that are kept, in as few pieces as possible."""
        layout = self._layout
        starts, ends = layout.starts[kept], layout.ends[kept]
        if not starts.size:
            return
        breaks = np.flatnonzero(starts[1:] != ends[:-1])
        firsts = np.concatenate([[0], breaks + 1])
        lasts = np.concatenate([breaks, [len(ends) - 1]])
        for start, end in zip(starts[firsts].tolist(), ends[lasts].tolist(), strict=True):
            yield self._data[start:end]

    def _fields(self, index: int, tally: Tally) -> list[str]:
        record = self._data[self._layout.starts[index] : self._layout.ends[index]]
        fields = fields_of(decoded(content(record)))
        for place, value in enumerate(fields):
            if "\n" in value or "\r" in value:
                tally.add("line-break", int(self._lines[index]), field=self._shape.name_at(place))
        return fields


def _places(data: bytes, needle: bytes) -> Iterator[int]:
    place = data.find(needle)
    while place >= 0:
        yield place
        place = data.find(needle, place + 1)
