"""Collects the keys of all rows of a file, one part per batch, for checks at its end."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.model.messages import MESSAGE_ROWS
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.keys import Keys, SortedKeys, distinct_keys
from sync_core.validation.checks.values import unpadded_keys
from sync_core.validation.records.layout import IntArray, Mask


class SelfReferences:
    """The keys of a column that refers to the file itself."""

    def __init__(self, column: Column) -> None:
        self.columns = (column,)
        self.parts: list[Keys] = []

    def collect(self, view: BatchView) -> None:
        """Add the keys of a batch."""
        self.parts.append(view.keys(self.columns))


class ReferencedColumn:
    """The keys of a column that others refer to, and whose values may repeat.

    Each of the `parts` is sorted and distinct. `unpadded` has the keys of values with leading
    zeros, computed without the zeros.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.parts: list[Keys] = []
        self.unpadded: list[Keys] = []

    def collect(self, view: BatchView) -> None:
        """Add the keys of a batch."""
        self.parts.append(distinct_keys([view.keys(self.columns)]))

    def collect_unpadded(self, view: BatchView) -> None:
        """Add the keys of values with leading zeros, computed without the zeros."""
        text = view.values(self.columns[0]).text
        padded = text.filter(text.str.starts_with("0"))
        if len(padded):
            self.unpadded.append(unpadded_keys(padded, view.seed))


class UniqueKeys(ReferencedColumn):
    """The keys of columns whose values must be unique together; others can refer to a single one.

    `count` is the number of rows that repeat an earlier row of their own part, compared by value,
    and `lines` has the first of their line numbers. If there is a column of user names, `repeated`
    has the keys of these rows.
    """

    def __init__(self, columns: Sequence[Column], user_name: Column | None = None) -> None:
        super().__init__(columns)
        self.user_name = user_name
        self.repeated: list[Keys] = []
        self.count = 0
        self.lines: list[int] = []

    def collect(self, view: BatchView) -> None:
        """Add the keys of a batch, and count the duplicates within it."""
        keys = view.keys(self.columns)
        part = np.sort(keys)
        # 0 stands for a missing value.
        part = part[np.searchsorted(part, np.uint64(1)) :]
        is_repeated = part[1:] == part[:-1]
        if is_repeated.any():
            repeated = distinct_keys([part[1:][is_repeated]])
            self._count_duplicates(view, keys, repeated)
            if self.user_name:
                self.repeated.append(repeated)
            part = distinct_keys([part])
        self.parts.append(part)

    def _count_duplicates(self, view: BatchView, keys: Keys, repeated: Keys) -> None:
        candidates, _ = SortedKeys(repeated).find(keys)
        rows = view.in_file_order(self._duplicates(view, keys, candidates))
        self.count += len(rows)
        self.lines += view.lines_of(rows[: MESSAGE_ROWS - len(self.lines)]).tolist()

    def _duplicates(self, view: BatchView, keys: Keys, rows: IntArray) -> IntArray:
        """Those of the rows whose values repeat an earlier row."""
        rows = view.in_file_order(rows)
        # A stable sort by key puts equal keys next to each other, in the order of the file.
        by_key = rows[np.argsort(keys[rows], kind="stable")]
        is_same = keys[by_key[1:]] == keys[by_key[:-1]]
        earlier: IntArray = by_key[:-1][is_same]
        later: IntArray = by_key[1:][is_same]
        if view.comparable(self.columns, earlier).equals(view.comparable(self.columns, later)):
            return later
        # Different values have the same hash, so only the values can tell.
        duplicates: IntArray = rows[repeats_earlier_row(view.comparable(self.columns, rows))]
        return duplicates


def repeats_earlier_row(values: pl.DataFrame) -> Mask:
    """Which rows have the same values as an earlier row."""
    first_rows = values.with_row_index("row index").unique(values.columns, keep="first")
    mask = np.ones(values.height, np.bool_)
    mask[first_rows["row index"].to_numpy()] = False
    return mask
