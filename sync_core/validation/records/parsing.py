"""Parses bytes of verified structure into tables of text with polars."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sync_core.validation.records.lines import invalid_utf_8_offsets

_DECODE_CHUNK = 1 << 17


@dataclass(frozen=True)
class RecordShape:
    """The shape of a file's records: as many fields as there are `headers`.

    `parsed_columns` has the names of the columns that some check needs, `names` those of all known
    columns, both by column index from 0.
    """

    headers: Sequence[str]
    parsed_columns: Mapping[int, str]
    names: Mapping[int, str]

    @property
    def width(self) -> int:
        """The number of fields."""
        return len(self.headers)

    def with_all_columns(self) -> "RecordShape":
        """The same shape with every column parsed, named by its index."""
        names = {index: str(index) for index in range(self.width)}
        return RecordShape(self.headers, names, self.names)

    def name_at(self, column_index: int) -> str:
        """The column's name, or its position if the format does not know it."""
        return self.names.get(column_index) or f"column {column_index + 1}"


def is_utf_8_fast(data: bytes) -> bool:
    """Whether the bytes are UTF-8. Polars checks this eight times as fast as `bytes.decode`."""
    try:
        pl.Series([data], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def invalid_utf_8_in_block(data: bytes) -> Iterator[int]:
    """The offset of the first byte that is not UTF-8, for each such line of a block.

    Chunks that are valid as a whole are skipped, so that only the others are read line by line.
    """
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + _DECODE_CHUNK) + 1 or len(data)
        chunk = data[start:stop]
        if not chunk.isascii() and not is_utf_8_fast(chunk):
            yield from (start + offset for offset in invalid_utf_8_offsets(chunk))
        start = stop


def parse_csv(data: bytes, shape: RecordShape) -> pl.DataFrame | None:
    """The needed columns as text; None if a record has more fields than the header."""
    if not data:
        return frame_from_rows([], shape)
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            # An explicit schema stops polars from guessing types and the number of columns.
            schema={str(index): pl.String for index in range(shape.width)},
            columns=sorted(shape.parsed_columns),
            # Without quotation marks in the data, polars need not look for them.
            quote_char='"' if b'"' in data else None,
        )
    except pl.exceptions.PolarsError:
        return None
    frame.columns = [shape.parsed_columns[index] for index in sorted(shape.parsed_columns)]
    return frame


def verify_row_count(frame: pl.DataFrame | None, expected: int) -> pl.DataFrame:
    """The frame, if polars read as many records as our own scan; else an AssertionError."""
    if frame is None or frame.height != expected:
        read = "too many fields" if frame is None else f"{frame.height} records"
        raise AssertionError(
            f"Polars read {read}, but the scan found {expected} well-formed records. The file was"
            " not validated. Please report this as a bug of the validation."
        )
    return frame


def frame_from_rows(rows: Sequence[Sequence[str]], shape: RecordShape) -> pl.DataFrame:
    """The needed columns of rows that were split into fields by `fields_of`."""
    indexes = sorted(shape.parsed_columns)
    return pl.DataFrame(
        {shape.parsed_columns[index]: [fields[index] for fields in rows] for index in indexes},
        schema={shape.parsed_columns[index]: pl.String for index in indexes},
    )
