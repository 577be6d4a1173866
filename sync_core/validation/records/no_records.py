"""Finds rows with the right number of fields that are not records: empty rows, repeated headers."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from sync_core.validation.records.layout import IntArray
from sync_core.validation.records.parsing import RecordShape

_FILE_STARTS = "\ufeff\x1a"
"""What is before the header of a file that was joined to another: a mark, or the other's Ctrl-Z."""


def rows_without_record(
    frame: pl.DataFrame, ascii_rows: int, shape: RecordShape, parse_all: Callable[[], pl.DataFrame]
) -> dict[str, IntArray]:
    """The indexes of rows that are not records, by the rule that they break.

    `frame` has the parsed columns only; its first `ascii_rows` rows are simple ASCII. `parse_all`
    returns the same rows with all columns, named by their index; it is called only if the parsed
    columns do not tell.
    """
    candidates = _candidates(frame, ascii_rows, shape)
    if not any(rows.size for rows in candidates.values()):
        return candidates
    texts = parse_all()
    header = _without_file_start(shape.headers)
    tests: dict[str, Callable[[Sequence[str]], bool]] = {
        "row-empty": _is_empty,
        "header-repeated": lambda fields: (
            _without_file_start(fields) == header and not _is_empty(header)
        ),
    }
    return {rule: _confirmed(texts, rows, tests[rule]) for rule, rows in candidates.items()}


def _is_empty(fields: Sequence[str]) -> bool:
    return not any(value.strip(" ") for value in fields)


def _without_file_start(fields: Sequence[str]) -> list[str]:
    first, *others = fields
    return [first.lstrip(_FILE_STARTS), *others]


def _confirmed(
    texts: pl.DataFrame, rows: IntArray, test: Callable[[Sequence[str]], bool]
) -> IntArray:
    fields = texts[rows].fill_null("").iter_rows()
    return rows[np.fromiter(map(test, fields), np.bool_, len(rows))]


def _candidates(frame: pl.DataFrame, ascii_rows: int, shape: RecordShape) -> dict[str, IntArray]:
    """The rows that may break a rule.

    Empty rows are empty, or begin with a space, in every parsed column. Repeated headers have the
    last parsed header in its column; in the first column, characters of `_FILE_STARTS` may be
    before it.
    """
    first = frame.to_series(0)
    # Simple ASCII has no spaces and no empty texts, so that only a null can be empty there.
    start = 0 if first.null_count() else ascii_rows
    empty = start + _true_rows(_may_be_empty(first[start:]))
    for column in frame.iter_columns():
        if empty.size:
            empty = empty[_true_rows(_may_be_empty(column.gather(empty)))]
    candidates = {"row-empty": empty}
    # A column with a header rules out more rows than one without.
    named = [index for index in shape.parsed_columns if shape.headers[index]]
    index = max(named or shape.parsed_columns)
    values, header = frame[shape.parsed_columns[index]], shape.headers[index]
    if index == 0:
        values, header = values.str.strip_chars_start(_FILE_STARTS), header.lstrip(_FILE_STARTS)
    # An empty text is null here, and no parsed column has a header if this one has none.
    repeated = values == header if header else values.fill_null("") == header
    candidates["header-repeated"] = _true_rows(repeated)
    return candidates


def _may_be_empty(values: pl.Series) -> pl.Series:
    # Comparing is many times as fast as a function of texts. Less than this: empty texts, and texts
    # that begin with a space or a control character.
    is_less = values < "!"
    return is_less.fill_null(value=True) if values.null_count() else is_less


def _true_rows(mask: pl.Series) -> IntArray:
    if not mask.any():
        return np.zeros(0, np.intp)
    return np.flatnonzero(mask.fill_null(value=False).to_numpy())
