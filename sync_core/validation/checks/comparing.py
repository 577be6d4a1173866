"""Compares rows of different batches whose keys are equal, to find those with equal values."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.collecting import repeats_earlier_row
from sync_core.validation.checks.keys import Keys, SortedKeys
from sync_core.validation.records.layout import IntArray, Mask

_UNSEEN = -1


class RowComparison:
    """Finds rows whose values repeat a row of an earlier part, among the rows with some `keys`.

    The keys are sorted; `parts` has the indexes of the parts that contain one of them. In memory
    are the values of the first row with each key, and rows with the same key but other values.
    """

    def __init__(self, columns: Sequence[Column], parts: Sequence[Keys], keys: Keys) -> None:
        self._columns, self._keys = columns, SortedKeys(keys)
        self.parts = frozenset(
            index for index, part in enumerate(parts) if self._keys.find(part)[0].size
        )
        self._first_rows = FirstRows(len(keys))
        self._lines: list[IntArray] = [np.zeros(0, np.intp)]
        self._collisions: list[tuple[IntArray, pl.DataFrame]] = []

    def inspect(self, view: BatchView) -> None:
        """Compare the rows of a part. The parts must come in the order of the file."""
        lines, key_indexes, values = self._candidates(view)
        is_known = self._first_rows.have(key_indexes)
        is_same = self._first_rows.equal(key_indexes[is_known], values.filter(is_known))
        self._lines.append(lines[is_known][is_same])
        is_new = ~is_known & is_first(key_indexes)
        self._first_rows.add(key_indexes[is_new], values.filter(is_new))
        is_known[is_known] = is_same
        if (is_collision := ~(is_known | is_new)).any():
            self._collisions.append((lines[is_collision], values.filter(is_collision)))

    def duplicate_lines(self) -> IntArray:
        """The line numbers of all duplicates in the parts that were inspected."""
        duplicates = self._lines
        if self._collisions:
            # Rows that differ from the first one with their key may equal each other.
            lines, values = zip(*self._collisions, strict=True)
            is_duplicate = repeats_earlier_row(pl.concat(values))
            duplicates = [*duplicates, np.concatenate(lines)[is_duplicate]]
        return np.concatenate(duplicates)

    def _candidates(self, view: BatchView) -> tuple[IntArray, IntArray, pl.DataFrame]:
        """The rows with one of the keys: their lines, the indexes of their keys, their values.

        Rows that repeat a row of the same part are left out; `UniqueKeys` has counted them.
        """
        rows, key_indexes = self._keys.find(view.keys(self._columns))
        order = np.argsort(view.lines_of(rows), kind="stable")
        rows, key_indexes = rows[order], key_indexes[order]
        lines, values = view.lines_of(rows), view.comparable(self._columns, rows)
        if is_first(key_indexes).all():
            return lines, key_indexes, values
        is_new = ~repeats_earlier_row(values)
        return lines[is_new], key_indexes[is_new], values.filter(is_new)


class FirstRows:
    """The values of the first row with each key. Keys are identified by their index."""

    def __init__(self, key_count: int) -> None:
        self._part_of = np.full(key_count, _UNSEEN, np.int32)
        self._row_of = np.zeros(key_count, np.int32)
        self._parts: list[pl.DataFrame] = []

    def have(self, key_indexes: IntArray) -> Mask:
        """For which of the keys a row has been added."""
        known: Mask = self._part_of[key_indexes] != _UNSEEN
        return known

    def add(self, key_indexes: IntArray, values: pl.DataFrame) -> None:
        """Add the first row of each key; `values` has one row per key."""
        self._part_of[key_indexes] = len(self._parts)
        self._row_of[key_indexes] = np.arange(len(key_indexes))
        self._parts.append(values)

    def equal(self, key_indexes: IntArray, values: pl.DataFrame) -> Mask:
        """Which rows of `values` equal the first row with their key.

        Rows are compared in groups whose first rows are in the same part, each group at once.
        """
        parts = self._part_of[key_indexes]
        order = np.argsort(parts, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(parts[order])) + 1).tolist(), len(order)]
        mask = np.zeros(len(order), np.bool_)
        for start, end in pairwise(bounds) if len(order) else ():
            rows = order[start:end]
            first_rows = self._parts[parts[rows[0]]]
            mask[rows] = _rows_equal(first_rows[self._row_of[key_indexes[rows]]], values[rows])
        return mask


def is_first(key_indexes: IntArray) -> Mask:
    """Which of the indexes occur for the first time."""
    mask = np.zeros(len(key_indexes), np.bool_)
    mask[np.unique(key_indexes, return_index=True)[1]] = True
    return mask


def _rows_equal(left: pl.DataFrame, right: pl.DataFrame) -> Mask:
    """Which rows have equal values in every column."""
    mask = np.ones(left.height, np.bool_)
    for column in left.columns:
        mask &= (left[column] == right[column]).to_numpy()
    return mask
