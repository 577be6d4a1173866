"""Keys collected from all rows of a file, a part for each batch, for what only its end shows."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.model.messages import MESSAGE_ROWS
from sync_core.validation.checks.keys import Keys, Members, distinct
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.checks.values import unpadded_keys
from sync_core.validation.records.layout import Flags, Positions


class OwnReferences:
    """What a file's rows refer to in the file itself."""

    def __init__(self, column: Column) -> None:
        self.columns = (column,)
        self.parts: list[Keys] = []

    def collect(self, sheet: Sheet) -> None:
        self.parts.append(sheet.keys(self.columns))


class UniqueKeys:
    """What must be unique: the distinct keys of each part, sorted, and what is not so in itself.

    `count` rows repeat an earlier one of their own part, by their values; the first of them stand
    on the `lines`.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.parts: list[Keys] = []
        self.unpadded: list[Keys] = []
        self.count = 0
        self.lines: list[int] = []

    def collect(self, sheet: Sheet) -> None:
        keys = sheet.keys(self.columns)
        part = np.sort(keys)
        part = part[np.searchsorted(part, np.uint64(1)) :]
        again = part[1:] == part[:-1]
        if again.any():
            self._count_repeats(sheet, keys, distinct([part[1:][again]]))
            part = distinct([part])
        self.parts.append(part)

    def collect_unpadded(self, sheet: Sheet) -> None:
        """The keys of values that begin with a zero, as they are without it."""
        text = sheet.values(self.columns[0]).text
        padded = text.filter(text.str.starts_with("0"))
        if len(padded):
            self.unpadded.append(unpadded_keys(padded, sheet.seed))

    def _count_repeats(self, sheet: Sheet, keys: Keys, repeated: Keys) -> None:
        rows = sheet.in_order(self._repeats(sheet, keys, Members(repeated).of(keys)[0]))
        self.count += len(rows)
        self.lines += sheet.lines_of(rows[: MESSAGE_ROWS - len(self.lines)]).tolist()

    def _repeats(self, sheet: Sheet, keys: Keys, rows: Positions) -> Positions:
        """Those of the rows that have the same values as an earlier one."""
        rows = sheet.in_order(rows)
        by_key = rows[np.argsort(keys[rows], kind="stable")]
        is_same = keys[by_key[1:]] == keys[by_key[:-1]]
        earlier: Positions = by_key[:-1][is_same]
        later: Positions = by_key[1:][is_same]
        if sheet.compared(self.columns, earlier).equals(sheet.compared(self.columns, later)):
            return later
        # Some values differ, and have the same key all the same.
        again: Positions = rows[repeating(sheet.compared(self.columns, rows))]
        return again


def repeating(values: pl.DataFrame) -> Flags:
    """Which rows have the same values as an earlier one."""
    firsts = values.with_row_index("row of all").unique(values.columns, keep="first")
    flags = np.ones(values.height, np.bool_)
    flags[firsts["row of all"].to_numpy()] = False
    return flags
