"""Finds rows that have the ID of another person: the ID is the same, but not the user name."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.comparing import FirstRows, RowComparison, is_first
from sync_core.validation.checks.keys import Keys, SortedKeys
from sync_core.validation.records.layout import IntArray


class SharedIdComparison(RowComparison):
    """Also finds rows whose user name differs from the first one that their ID has.

    Rows without a user name are left out: nobody can tell whose they are.
    """

    def __init__(
        self, columns: Sequence[Column], user_name: Column, parts: Sequence[Keys], keys: Keys
    ) -> None:
        super().__init__(columns, parts, keys)
        self._id_columns, self._user_name, self._sorted_keys = columns, user_name, SortedKeys(keys)
        self._first_ids, self._first_names = FirstRows(len(keys)), FirstRows(len(keys))
        self._shared: list[IntArray] = [np.zeros(0, np.intp)]
        self._ids_with_same_key: list[tuple[IntArray, pl.DataFrame]] = []

    def inspect(self, view: BatchView) -> None:
        """Compare the rows of a part. The parts must come in the order of the file."""
        super().inspect(view)
        rows, key_indexes = self._rows_with_user_name(view)
        lines, ids = view.lines_of(rows), view.comparable(self._id_columns, rows)
        names = view.comparable([self._user_name], rows)
        is_new = ~self._first_ids.have(key_indexes) & is_first(key_indexes)
        self._first_ids.add(key_indexes[is_new], ids.filter(is_new))
        self._first_names.add(key_indexes[is_new], names.filter(is_new))
        is_same_id = self._first_ids.equal(key_indexes, ids)
        self._shared.append(lines[is_same_id & ~self._first_names.equal(key_indexes, names)])
        if not is_same_id.all():
            others = pl.concat([ids, names], how="horizontal").filter(~is_same_id)
            self._ids_with_same_key.append((lines[~is_same_id], others))

    def shared_lines(self) -> IntArray:
        """The line numbers of the rows found in the parts that were inspected."""
        first_names: dict[tuple[str, ...], str] = {}
        shared: list[int] = []
        for lines, values in self._ids_with_same_key:
            for line, (*ids, name) in zip(lines.tolist(), values.iter_rows(), strict=True):
                if first_names.setdefault(tuple(ids), name) != name:
                    shared.append(line)
        return np.concatenate([*self._shared, np.array(shared, np.intp)])

    def _rows_with_user_name(self, view: BatchView) -> tuple[IntArray, IntArray]:
        """The rows with one of the keys in the order of the file, and the index of each key."""
        rows, key_indexes = self._sorted_keys.find(view.keys(self._id_columns))
        order = np.argsort(view.lines_of(rows), kind="stable")
        rows, key_indexes = rows[order], key_indexes[order]
        blank = view.values(self._user_name).blank
        if blank is None:
            return rows, key_indexes
        return rows[~blank[rows]], key_indexes[~blank[rows]]
