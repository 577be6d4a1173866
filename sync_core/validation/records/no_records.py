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
    candidates = _candidates(frame, shape)
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


def _candidates(frame: pl.DataFrame, shape: RecordShape) -> dict[str, IntArray]:
    """The rows that may break a rule.

    Empty rows are empty, or begin with a space, in every parsed column. Repeated headers have the
    last parsed header in its column.
    """
    queries = [_may_be_empty(frame.columns[0]).alias("row-empty")]
    named = [index for index in shape.parsed_columns if shape.headers[index]]
    if named:
        header = pl.col(shape.parsed_columns[max(named)]).eq_missing(shape.headers[max(named)])
        queries.append(header.alias("header-repeated"))
    # One query for both, because a query costs more than the work on a small batch.
    found = frame.select(queries)
    rows = {rule.name: np.flatnonzero(rule.to_numpy()) for rule in found.iter_columns()}
    if rows["row-empty"].size:
        others = frame[rows["row-empty"]].select(
            pl.all_horizontal(_may_be_empty(each) for each in frame.columns)
        )
        rows["row-empty"] = rows["row-empty"][others.to_series().to_numpy()]
    return rows


def _may_be_empty(column: str) -> pl.Expr:
    values = pl.col(column)
    return values.is_null() | (values.str.len_bytes() == 0) | values.str.starts_with(" ")
