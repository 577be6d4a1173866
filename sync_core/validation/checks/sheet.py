"""A batch under its checks."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec, Severity
from sync_core.validation.checks.keys import Keys, combined
from sync_core.validation.checks.values import Values, compared
from sync_core.validation.findings import Tally
from sync_core.validation.records.batches import Batch
from sync_core.validation.records.layout import Positions


class Sheet:
    """The rows of a batch: the values of each column are worked out once."""

    def __init__(self, spec: FileSpec, batch: Batch, seed: int, tally: Tally) -> None:
        self._spec, self._batch, self._tally = spec, batch, tally
        self.seed = seed
        self._values: dict[str, Values] = {}

    def values(self, column: Column) -> Values:
        if column.name not in self._values:
            series = self._batch.frame[column.name]
            self._values[column.name] = Values(column, series, self.seed, self._batch.tight)
        return self._values[column.name]

    def keys(self, columns: Sequence[Column]) -> Keys:
        """One key a row for the values of some columns together."""
        return combined([self.values(column).keys for column in columns])

    def in_order(self, rows: Positions) -> Positions:
        """The rows as they stand in the file."""
        return self._batch.in_order(rows)

    def compared(self, columns: Sequence[Column], rows: Positions) -> pl.DataFrame:
        """The values that decide whether some rows are equal in these columns."""
        frame = self._batch.frame[rows]
        return pl.DataFrame({each.name: compared(each, frame[each.name]) for each in columns})

    def lines_of(self, rows: Positions) -> Positions:
        return self._batch.lines_of(rows)

    def report(self, rule: str, rows: Positions, field: str, severity: Severity | None) -> None:
        lines = np.sort(self.lines_of(rows))
        self._tally.add_lines(rule, lines, field=field, severity=severity)
