"""Turns a block of lines into a table of its well-formed records, and reports all others by line.

Polars parses only bytes whose structure is already verified: regular lines, and irregular records
that passed inspection. It therefore never guesses at a malformed record, and its number of rows
must equal ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.inspection import RecordInspection
from sync_core.validation.records.layout import IntArray
from sync_core.validation.records.lines import contains
from sync_core.validation.records.no_records import rows_without_record
from sync_core.validation.records.outline import Outline, all_lines_have, verified_outline
from sync_core.validation.records.parsing import (
    RecordShape,
    frame_from_rows,
    parse_csv,
    verify_row_count,
)
from sync_core.validation.records.reading import LineBlock

_REPLACEMENT = "\ufffd".encode()
"""What a program writes for a letter that it could not read."""


@dataclass(frozen=True)
class Batch:
    """The well-formed records of a block, as a table.

    `row_lines` has the line number of each row: first the regular lines, then the irregular
    records. It is None if the rows are on consecutive lines from `first_line` on. The first
    `ascii_rows` rows are simple ASCII: no white space, quotation marks or non-ASCII characters.
    `lost_letters`: some value may contain U+FFFD. `record_count` includes malformed records, but
    neither empty rows nor repeated headers.
    """

    frame: pl.DataFrame
    record_count: int
    first_line: int
    row_lines: IntArray | None = None
    ascii_rows: int = 0
    lost_letters: bool = False

    def lines_of(self, rows: IntArray) -> IntArray:
        """The line numbers of some rows."""
        return rows + self.first_line if self.row_lines is None else self.row_lines[rows]

    def in_file_order(self, rows: IntArray) -> IntArray:
        """The same rows, sorted by line number."""
        return np.sort(rows) if self.row_lines is None else rows[np.argsort(self.row_lines[rows])]


def read_batch(block: LineBlock, shape: RecordShape, counter: FindingCounter) -> Batch:
    """The well-formed records of a block. Faults of the other records are added to `counter`."""
    if block.fault:
        counter.add(block.fault, block.line)
        return Batch(frame_from_rows([], shape), 1, block.line)
    return _read_batch(block, block.outline, shape, counter)


def _read_batch(
    block: LineBlock, outline: Outline, shape: RecordShape, counter: FindingCounter
) -> Batch:
    inspection = (
        RecordInspection(outline.irregular, block.line, shape) if outline.irregular else None
    )
    regular = len(outline.regular_lines)
    frame = parse_csv(_verified_bytes(block, outline, inspection), shape)
    # Counting commas per window can miss a short line next to a long one. The long one makes
    # parsing fail, the short one leaves its last column null. An empty last field is null too, so
    # a null alone only means that every line has to be checked.
    if not outline.is_verified and (
        frame is None
        or (frame[:regular, -1].null_count() and not all_lines_have(block.data, shape.width))
    ):
        verified = verified_outline(block.data, shape.width)
        if frame is None or len(verified.regular_lines) != regular:
            return _read_batch(block, verified, shape, counter)
    frame = verify_row_count(frame, regular + (inspection.csv_count if inspection else 0))
    row_lines = None
    if regular != outline.line_count:
        row_lines = np.asarray(outline.regular_lines, np.intp) + block.line
    if inspection and row_lines is not None:
        inspection.report(counter)
        if manual := inspection.manual_rows:
            frame = pl.concat([frame, frame_from_rows(manual, shape)])
        row_lines = np.concatenate([row_lines, inspection.row_lines])
    batch = Batch(
        frame,
        regular + (inspection.record_count if inspection else 0),
        block.line,
        row_lines,
        regular if outline.is_simple_ascii else 0,
        contains(block.data, _REPLACEMENT),
    )

    def parse_all() -> pl.DataFrame:
        everything = shape.with_all_columns()
        texts = parse_csv(_verified_bytes(block, outline, inspection), everything)
        manual = frame_from_rows(inspection.manual_rows if inspection else [], everything)
        return pl.concat([texts, manual]) if texts is not None else manual

    found = rows_without_record(frame, batch.ascii_rows, shape, parse_all)
    for rule, rows in found.items():
        lines = batch.lines_of(rows)
        if rule == "row-empty" and inspection:
            lines = np.concatenate([lines, inspection.empty_lines])
        counter.add_lines(rule, np.sort(lines))
    return _without_rows(batch, found)


def _without_rows(batch: Batch, rows_by_rule: Mapping[str, IntArray]) -> Batch:
    """The batch without some of its rows."""
    if not any(rows.size for rows in rows_by_rule.values()):
        return batch
    is_record = np.ones(batch.frame.height, np.bool_)
    for rows in rows_by_rule.values():
        is_record[rows] = False
    return Batch(
        batch.frame.filter(is_record),
        batch.record_count - int(np.count_nonzero(~is_record)),
        batch.first_line,
        batch.lines_of(np.flatnonzero(is_record)),
        int(np.count_nonzero(is_record[: batch.ascii_rows])),
        batch.lost_letters,
    )


def _verified_bytes(
    block: LineBlock, outline: Outline, inspection: RecordInspection | None
) -> bytes:
    """The CSV for polars: regular lines, then the irregular records that it can parse."""
    if outline.regular_spans == ((0, len(block.data)),):
        return block.data
    # A memoryview slices without copying; `join` makes the only copy.
    view = memoryview(block.data)
    pieces: list[bytes | memoryview] = [view[start:end] for start, end in outline.regular_spans]
    if inspection:
        if pieces and pieces[-1][-1:] != b"\n":
            pieces.append(b"\n")
        pieces += inspection.csv_pieces()
    return b"".join(pieces)
