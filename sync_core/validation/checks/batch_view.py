"""A batch as the checks see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec, Severity
from sync_core.validation.checks.keys import Keys, combine_keys
from sync_core.validation.checks.values import ColumnValues
from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.batches import Batch
from sync_core.validation.records.layout import IntArray


@dataclass(frozen=True)
class Items:
    """The values of a column, or all items of its lists, and the row that each belongs to.

    `owners` is None if each row has exactly one.
    """

    values: ColumnValues
    owners: IntArray | None = None

    def owner_rows(self, indexes: IntArray) -> IntArray:
        """The rows that the items at some indexes belong to, each row once."""
        return indexes if self.owners is None else np.unique(self.owners[indexes])


class BatchView:
    """The rows of one batch. What is computed about a column is kept for all checks."""

    def __init__(self, spec: FileSpec, batch: Batch, seed: int, counter: FindingCounter) -> None:
        self._spec, self._batch, self._counter = spec, batch, counter
        self.seed = seed
        self._values: dict[str, ColumnValues] = {}
        self._items: dict[str, Items] = {}

    def values(self, column: Column) -> ColumnValues:
        """The values of a column."""
        if column.name not in self._values:
            series = self._batch.frame[column.name]
            batch = self._batch
            values = ColumnValues(
                column, series, self.seed, batch.ascii_rows, lost_letters=batch.lost_letters
            )
            self._values[column.name] = values
        return self._values[column.name]

    def items(self, column: Column) -> Items:
        """The items of a column of lists; the values of any other column."""
        if column.name not in self._items:
            self._items[column.name] = _items(column, self.values(column), self.seed)
        return self._items[column.name]

    def keys(self, columns: Sequence[Column]) -> Keys:
        """One key per row for the values of several columns together.

        It is 0 if a value is blank, except where a column that may be blank is one of several.
        """
        return combine_keys(
            [
                self.values(column).keys
                if column.required_value or len(columns) == 1
                else np.maximum(self.values(column).keys, np.uint64(1))
                for column in columns
            ]
        )

    def in_file_order(self, rows: IntArray) -> IntArray:
        """The same rows, sorted by line number."""
        return self._batch.in_file_order(rows)

    def comparable(self, columns: Sequence[Column], rows: IntArray) -> pl.DataFrame:
        """The values of some rows, in the form in which equal values are equal texts."""
        frame = self._batch.frame[rows]
        return pl.DataFrame(
            {
                each.name: ColumnValues(each, frame[each.name], self.seed).comparable
                for each in columns
            }
        )

    def lines_of(self, rows: IntArray) -> IntArray:
        """The line numbers of some rows."""
        return self._batch.lines_of(rows)

    def report(self, rule: str, rows: IntArray, field: str, severity: Severity | None) -> None:
        """Count one fault for each of the rows."""
        lines = np.sort(self.lines_of(rows))
        self._counter.add_lines(rule, lines, field=field, severity=severity)


BatchCheck = Callable[[BatchView], None]
"""Checks the rows of one batch, and reports what is wrong."""


def _items(column: Column, values: ColumnValues, seed: int) -> Items:
    if column.kind != "ids":
        return Items(values)
    lists = values.text.str.split(",")
    owners = np.repeat(np.arange(len(lists)), lists.list.len().to_numpy())
    return Items(ColumnValues(column, lists.list.explode(), seed), owners)
