"""Separates the regular lines of a block from its irregular records.

A regular line is a record by itself, with as many fields as the header and without anything that
needs a closer look. Nearly all lines of a file are regular. Records that start on an irregular line
are read one at a time; if there are many of them, the vectorised `layout` covers the whole block.
"""

from dataclasses import dataclass

import numpy as np

from sync_core.validation.records.block_scan import BlockScan
from sync_core.validation.records.irregular_lines import irregular_lines
from sync_core.validation.records.irregular_records import IrregularRecordReader, IrregularRecords
from sync_core.validation.records.layout import COMMA, LF, IntArray, lay_out

_LINES_PER_IRREGULAR = 64
"""If more than one line in this many is irregular, `layout` is faster than single reads."""


@dataclass(frozen=True)
class Outline:
    """The records of a block up to `end`, the end of the last complete one.

    The block has `line_count` lines up to there. `regular_lines` are line indexes from 0, and
    `regular_spans` the (start, end) offsets of consecutive regular lines. `is_verified` says that
    the fields of every line were counted, not only those of whole windows. `is_simple_ascii` says
    that the regular lines have no white space (except line ends), quotation marks or non-ASCII
    characters.
    """

    end: int
    line_count: int
    regular_lines: IntArray | range
    regular_spans: tuple[tuple[int, int], ...]
    irregular: IrregularRecords | None = None
    is_verified: bool = True
    is_simple_ascii: bool = False


EMPTY_OUTLINE = Outline(0, 0, range(0), ())


def outline_block(data: bytes, width: int, *, at_end: bool) -> Outline:
    """The outline of a block that starts at the start of a record; records have `width` fields.

    Unless the block is `at_end` of the file, it leaves out a last record that may continue in the
    next block. The outline may not be verified: commas are counted per window, and a count alone
    cannot tell one short and one long line from two correct lines.
    """
    complete_lines = data if at_end else data[: data.rfind(b"\n") + 1]
    return _outline(data, complete_lines, width, at_end=at_end, verify=False)


def all_lines_have(data: bytes, width: int) -> bool:
    """Whether each line of a block has `width` fields; also false if only a closer look can tell.

    That is the case of quotation marks, a last line without a line end, and files with one column,
    where a blank line has as many commas as a record.
    """
    if width == 1 or b'"' in data or not data.endswith(b"\n"):
        return False
    block = np.frombuffer(data, np.uint8)
    separators = block[(block == COMMA) | (block == LF)]
    is_end = separators == LF
    lines = int(np.count_nonzero(is_end))
    # If every `width`-th separator is a line feed, and there are no others, the rest are commas.
    return lines * width == len(separators) and bool(is_end[width - 1 :: width].all())


def verified_outline(data: bytes, width: int) -> Outline:
    """The outline of a block of complete records, with the fields of every line counted."""
    return _outline(data, data, width, at_end=True, verify=True)


def _outline(
    data: bytes, complete_lines: bytes, width: int, *, at_end: bool, verify: bool
) -> Outline:
    scan = BlockScan(complete_lines)
    limit = 1 + scan.line_count // _LINES_PER_IRREGULAR
    # If the few bytes that are not simple ASCII are all on irregular lines, the regular lines are
    # simple ASCII, and later checks can skip them.
    special = scan.special_offsets(limit)
    offsets = [scan.faulty_offsets(limit), scan.quotes.faulty]
    if special is not None:
        offsets.append(special)
    if max(map(len, offsets)) > limit:
        return _outline_by_layout(data, at_end=at_end)
    lines = irregular_lines(scan, width, np.sort(np.concatenate(offsets)), verify=verify)
    if len(lines) > limit:
        return _outline_by_layout(data, at_end=at_end)
    reader = IrregularRecordReader(data, at_end=at_end)
    end, line_count = reader.read(lines, len(complete_lines), scan.line_count)
    return Outline(
        end,
        line_count,
        reader.regular_lines(),
        tuple(reader.regular_spans),
        reader.records(),
        is_verified=verify,
        is_simple_ascii=special is not None,
    )


def _outline_by_layout(data: bytes, *, at_end: bool) -> Outline:
    """An outline in which every record counts as irregular."""
    layout = lay_out(data, at_end=at_end)
    records = IrregularRecords(data[: layout.end], layout)
    return Outline(layout.end, len(layout.line_ends), range(0), (), records)
