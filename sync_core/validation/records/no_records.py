"""Finds rows with the right number of fields that are not records: empty rows, repeated headers."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from sync_core.validation.records.layout import IntArray
from sync_core.validation.records.parsing import RecordShape

_FILE_STARTS = "\ufeff\x1a"
"""What is before the header of a file that was joined to another: a mark, or the other's Ctrl-Z."""


def rows_without_record(
    frame: pl.DataFrame, shape: RecordShape, parse_all: Callable[[], pl.DataFrame]
) -> dict[str, IntArray]:
    """The indexes of rows that are not records, by the rule that they break.

    `frame` has the parsed columns only. `parse_all` returns the same rows with all columns, named
    by their index; it is called only if the parsed columns do not tell.
    """
    candidates = {
        "row-empty": _empty_rows(frame),
        "header-repeated": _header_rows(frame, shape),
    }
    if not any(rows.size for rows in candidates.values()):
        return candidates
    texts = parse_all()
    header = [name.lstrip(_FILE_STARTS) if not i else name for i, name in enumerate(shape.headers)]
    tests: dict[str, Callable[[Sequence[str]], bool]] = {
        "row-empty": lambda fields: not any(value.strip(" ") for value in fields),
        "header-repeated": lambda fields: (
            [
                fields[0].lstrip(_FILE_STARTS),
                *fields[1:],
            ]
            == header
        ),
    }
    return {rule: _confirmed(texts, rows, tests[rule]) for rule, rows in candidates.items()}


def _confirmed(
    texts: pl.DataFrame, rows: IntArray, test: Callable[[Sequence[str]], bool]
) -> IntArray:
    fields = texts[rows].fill_null("").iter_rows()
    return rows[np.fromiter(map(test, fields), np.bool_, len(rows))]


def _empty_rows(frame: pl.DataFrame) -> IntArray:
    """The rows in which every parsed column is empty or has only spaces."""
    rows: IntArray | None = None
    for column in frame.iter_columns():
        values = column if rows is None else column.gather(rows)
        is_empty = values.is_null() | (values.str.strip_chars(" ") == "")
        found = np.flatnonzero(is_empty.fill_null(value=True).to_numpy())
        rows = found if rows is None else rows[found]
        if not rows.size:
            break
    return np.zeros(0, np.intp) if rows is None else rows


def _header_rows(frame: pl.DataFrame, shape: RecordShape) -> IntArray:
    """The rows whose value in the last parsed column with a header is that header."""
    index = max((each for each in shape.parsed_columns if shape.headers[each]), default=None)
    if index is None:
        return np.zeros(0, np.intp)
    values = frame[shape.parsed_columns[index]]
    return np.flatnonzero((values == shape.headers[index]).fill_null(value=False).to_numpy())
