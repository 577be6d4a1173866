"""The outline of a block: which of its lines are plain records, and what stands between them.

Nearly all of a file is plain: a line is a record with as many fields as the header, and nothing odd
is in it. Counting a few bytes proves that for a whole block. Where it fails, each line is looked at
by vectors, and only the records that begin on a line with something odd are read one by one; where
these are many, vectors lay out the whole block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sync_core.validation.layout import (
    COMMA,
    CR,
    FAULTS,
    LF,
    QUOTE,
    SPACE,
    Flags,
    Layout,
    Positions,
    lay_out,
    misplaced,
    strange_in,
)
from sync_core.validation.parsing import is_utf_8_block
from sync_core.validation.records import (
    BOM,
    INCOMPLETE,
    MAX_RECORD,
    all_places,
    bad_bytes,
    content,
    record_at,
)

_MANY = 64
"""Where one line in so many is odd, vectors are faster than reading one by one."""


@dataclass(frozen=True)
class Odd:
    """Records that are not plain: their bytes, and the layout, whose lines are those of a block."""

    data: bytes
    layout: Layout


@dataclass(frozen=True)
class Outline:
    """The records of a block up to `end`, where the last complete one ends, on so many `lines`.

    `plain` are the lines, from 0, that are records and hold nothing odd; `spans` are where these
    lines are. `proven` tells whether each was looked at, or only bytes were counted; `tight` that
    plain lines are known to have no white space but their ends, and no letters beyond ASCII.
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

    Unless the file is `at_end`, a record at the end of the block that may go on is left out.
    Outlines that are not `proven` may have a record that is too short beside one that is too long.
    """
    end = len(data) if at_end else data.rfind(b"\n") + 1
    if end and (counted := _counted(data[:end], width)):
        return counted
    return closer_outline(data, width, at_end=at_end)


def closer_outline(data: bytes, width: int, *, at_end: bool) -> Outline:
    """The outline for which every line is looked at."""
    lines = _Lines(data, width, at_end=at_end)
    odd_lines = np.flatnonzero(lines.odd)
    if len(odd_lines) > 1 + len(lines.ends) // _MANY:
        layout = lay_out(data, at_end=at_end)
        odd = Odd(data[: layout.end], layout)
        return Outline(layout.end, len(layout.line_ends), range(0), (), odd)
    return _Records(data, lines, at_end=at_end).outline(odd_lines)


def _counted(data: bytes, width: int) -> Outline | None:
    """The outline of a block in which each line is a record and none is odd, by counts alone."""
    if b'"' in data or not _has_short_lines(data):
        return None
    block = np.frombuffer(data, np.uint8)
    is_line_end = block == LF
    line_ends = int(np.count_nonzero(is_line_end))
    lines = line_ends + (data[-1] != LF)
    if np.count_nonzero(block == COMMA) != lines * (width - 1):
        return None
    controls = np.count_nonzero(block <= SPACE) - line_ends
    returns = controls and np.count_nonzero((block[:-1] == CR) & is_line_end[1:])
    is_spaced = controls != returns
    if is_spaced and (b"\0" in data or np.count_nonzero(block == CR) != returns):
        return None
    is_ascii = data.isascii()
    if not is_ascii and (_has_mark(data) or not is_utf_8_block(data)):
        return None
    spans = ((0, len(data)),)
    tight = is_ascii and not is_spaced
    return Outline(len(data), lines, range(lines), spans, proven=False, tight=tight)


def _has_short_lines(data: bytes) -> bool:
    """Whether no line can be too long: a line end is in every window of half that length."""
    half = MAX_RECORD // 2
    return all(data.find(b"\n", at, at + half) >= 0 for at in range(0, len(data) - half, half))


def _has_mark(data: bytes) -> bool:
    """Whether there is a byte order mark: first its first byte, because that is looked for fast."""
    return BOM[:1] in data and BOM in data


class _Lines:
    """The lines of a block, each looked at as if a record began there."""

    def __init__(self, data: bytes, width: int, *, at_end: bool) -> None:
        self._data, self._width = data, width
        self._block = np.frombuffer(data, np.uint8)
        self.ends = np.flatnonzero(self._block == LF) + 1
        if at_end and data and not data.endswith(b"\n"):
            self.ends = np.append(self.ends, len(data))
        self.starts = np.concatenate([[0], self.ends[:-1]])[: len(self.ends)]

    @cached_property
    def odd(self) -> Flags:
        """Those that are not a record of the right width, or hold something odd."""
        block, ends = self._block, self.ends
        length = ends - self.starts
        odd: Flags = length > MAX_RECORD
        odd[odd] = length[odd] - (block[ends[odd] - 1] == LF) > MAX_RECORD
        odd |= self._separators != self._width - 1
        if self._width == 1:
            odd |= (length == 1) | (block[self.starts] == CR)
        for places in self._odd_places():
            odd[self._line_of(places)] = True
        return odd

    def _line_of(self, places: Positions) -> Positions:
        lines = np.searchsorted(self.ends, places, side="right")
        return lines[lines < len(self.ends)]

    @cached_property
    def _separators(self) -> Positions:
        """The commas on each line, without those inside quotation marks if the marks are right."""
        commas = np.flatnonzero(self._block == COMMA)
        counts = np.diff(np.searchsorted(commas, self.ends), prepend=0)
        if self._pairs.size:
            before = np.searchsorted(commas, self._pairs)
            inside = before[1::2] - before[::2]
            counts -= np.bincount(self._line_of(self._pairs[::2]), inside, len(counts)).astype(int)
        return counts

    @cached_property
    def _quotes(self) -> Positions:
        if b'"' not in self._data:
            return np.zeros(0, np.intp)
        quotes = np.flatnonzero(self._block == QUOTE)
        return quotes[: len(self._line_of(quotes))]

    @cached_property
    def _unpaired(self) -> Flags:
        """For each quotation mark, whether there is an odd number of them on its line."""
        line = self._line_of(self._quotes)
        odd: Flags = (np.bincount(line, minlength=len(self.ends)) % 2 == 1)[line]
        return odd

    @cached_property
    def _pairs(self) -> Positions:
        """The quotation marks, opening and closing ones in turn, that are paired on their lines."""
        return self._quotes[~self._unpaired] if self._quotes.size else self._quotes

    def _odd_places(self) -> Iterator[Positions]:
        data, block = self._data, self._block
        if self._quotes.size:
            yield self._quotes[self._unpaired]
            yield misplaced(block, self._pairs)
        if b"\r" in data:
            returns = np.flatnonzero(block == CR)
            followed = returns[: len(returns) - (returns[-1] == len(block) - 1)]
            yield followed[block[followed + 1] != LF]
            yield returns[len(followed) :]
        if b"\0" in data:
            yield np.flatnonzero(block == 0)
        yield from self._rare_places()
        if not data.isascii():
            if _has_mark(data):
                yield np.fromiter(all_places(data, BOM), np.intp)
            if not is_utf_8_block(data):
                # The rest of a line is not looked at twice.
                ends = bad_bytes(data, lambda at: data.find(b"\n", at) + 1 or len(data))
                yield np.fromiter(ends, np.intp)

    def _rare_places(self) -> Iterator[Positions]:
        """Spaces and letters beyond ASCII where few are: without them all other lines are tight."""
        strange = strange_in(self._block)
        if np.count_nonzero(strange) <= len(self.ends) // _MANY:
            yield np.flatnonzero(strange)


class _Records:
    """The records of a block, of which those on odd lines are read one by one."""

    def __init__(self, data: bytes, lines: _Lines, *, at_end: bool) -> None:
        self._data, self._lines, self._at_end = data, lines, at_end

    def outline(self, odd_lines: Positions) -> Outline:
        records, end = self._odd_records(odd_lines)
        ends = self._lines.ends
        lines = int(np.searchsorted(ends, end, side="right"))
        is_plain = np.ones(lines, np.bool_)
        is_plain[odd_lines[odd_lines < lines]] = False
        for _, _, _, first, last in records:
            is_plain[first : last + 1] = False
        return Outline(
            end=end,
            lines=lines,
            plain=np.flatnonzero(is_plain),
            spans=tuple(self._spans(is_plain)),
            odd=self._laid_out(records) if records else None,
        )

    def _odd_records(self, odd_lines: Positions) -> tuple[list[tuple[int, ...]], int]:
        """The records that begin on odd lines (start, end, fault, lines), and where all end."""
        starts, ends = self._lines.starts[odd_lines], self._lines.ends[odd_lines]
        records: list[tuple[int, ...]] = []
        position = 0
        for line, start, line_end in zip(
            odd_lines.tolist(), starts.tolist(), ends.tolist(), strict=True
        ):
            if start < position or not content(self._data[start:line_end]):
                continue
            position, fault = record_at(self._data, start, at_end=self._at_end)
            if position == INCOMPLETE:
                return records, start
            last = line
            if position != line_end:
                last = int(np.searchsorted(self._lines.ends, position - 1, side="right"))
            records.append((start, position, FAULTS.index(fault or ""), line, last))
        return records, int(self._lines.ends[-1]) if len(self._lines.ends) else 0

    def _spans(self, is_plain: Flags) -> Iterator[tuple[int, int]]:
        """From where to where plain lines follow each other."""
        edges = np.flatnonzero(np.diff(is_plain, prepend=False, append=False))
        firsts, lasts = edges[::2], edges[1::2] - 1
        starts, ends = self._lines.starts[firsts], self._lines.ends[lasts]
        yield from zip(starts.tolist(), ends.tolist(), strict=True)

    def _laid_out(self, records: list[tuple[int, ...]]) -> Odd:
        starts, ends, fault, first_line, last_line = np.array(records, np.intp).T
        data = b"".join(self._data[record[0] : record[1]] for record in records)
        block = np.frombuffer(data, np.uint8)
        line_ends = np.flatnonzero(block == LF) + 1
        if not data.endswith(b"\n"):
            line_ends = np.append(line_ends, len(data))
        moved_ends = np.cumsum(ends - starts)
        layout = Layout(
            starts=moved_ends - (ends - starts),
            ends=moved_ends,
            fault=fault,
            first_line=first_line,
            last_line=last_line,
            line_ends=line_ends,
            quotes=np.flatnonzero(block == QUOTE),
            end=len(data),
        )
        return Odd(data, layout)
