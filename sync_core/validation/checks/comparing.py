"""Comparing rows of different parts of a file, whose keys say that they may be equal."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.checks.collecting import repeating
from sync_core.validation.checks.keys import Keys, Members
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.records.layout import Flags, Positions

_UNSEEN = -1


class Comparison:
    """Which rows repeat one of an earlier part, by their values, among those with some `keys`.

    The keys are sorted, and `parts` becomes the indexes of the parts that hold one of them. Kept
    are the values of the first row with each key, and of rows that have the key and other values.
    """

    def __init__(self, columns: Sequence[Column], parts: Sequence[Keys], keys: Keys) -> None:
        self._columns, self._members = columns, Members(keys)
        self.parts = frozenset(
            index for index, part in enumerate(parts) if self._members.of(part)[0].size
        )
        self._firsts = _Firsts(len(keys))
        self._lines: list[Positions] = [np.zeros(0, np.intp)]
        self._others: list[tuple[Positions, pl.DataFrame]] = []

    def look_at(self, sheet: Sheet) -> None:
        """Compare the rows of the next part."""
        lines, places, values = self._candidates(sheet)
        is_known = self._firsts.has(places)
        is_same = self._firsts.equal(places[is_known], values.filter(is_known))
        self._lines.append(lines[is_known][is_same])
        is_new = ~is_known & _are_first(places)
        self._firsts.add(places[is_new], values.filter(is_new))
        is_known[is_known] = is_same
        if (is_other := ~(is_known | is_new)).any():
            self._others.append((lines[is_other], values.filter(is_other)))

    def repeats(self) -> Positions:
        """The lines of all repeats in the parts that were looked at."""
        between = self._lines
        if self._others:
            # Other values with the same key may be equal among themselves.
            lines, values = zip(*self._others, strict=True)
            between = [*between, np.concatenate(lines)[repeating(pl.concat(values))]]
        return np.concatenate(between)

    def _candidates(self, sheet: Sheet) -> tuple[Positions, Positions, pl.DataFrame]:
        """The rows with one of the keys: their lines, the places of their keys, their values.

        What repeats a row of its own part is left out: it has been counted with the part.
        """
        rows, places = self._members.of(sheet.keys(self._columns))
        order = np.argsort(sheet.lines_of(rows), kind="stable")
        rows, places = rows[order], places[order]
        lines, values = sheet.lines_of(rows), sheet.compared(self._columns, rows)
        if _are_first(places).all():
            return lines, places, values
        is_first = ~repeating(values)
        return lines[is_first], places[is_first], values.filter(is_first)


class _Firsts:
    """The values of the first row with each of so many keys, part by part."""

    def __init__(self, keys: int) -> None:
        self._part_of = np.full(keys, _UNSEEN, np.int32)
        self._row_of = np.zeros(keys, np.int32)
        self._parts: list[pl.DataFrame] = []

    def has(self, places: Positions) -> Flags:
        has: Flags = self._part_of[places] != _UNSEEN
        return has

    def add(self, places: Positions, values: pl.DataFrame) -> None:
        self._part_of[places] = len(self._parts)
        self._row_of[places] = np.arange(len(places))
        self._parts.append(values)

    def equal(self, places: Positions, values: pl.DataFrame) -> Flags:
        """Which rows of `values` are equal to the first with the key at their place."""
        parts, order = self._part_of[places], np.argsort(self._part_of[places], kind="stable")
        cuts = [0, *(np.flatnonzero(np.diff(parts[order])) + 1).tolist(), len(order)]
        flags = np.zeros(len(order), np.bool_)
        for start, end in pairwise(cuts) if len(order) else ():
            rows = order[start:end]
            firsts = self._parts[parts[rows[0]]]
            flags[rows] = _equal(firsts[self._row_of[places[rows]]], values[rows])
        return flags


def _are_first(places: Positions) -> Flags:
    """Which are the first of several equal places."""
    are_first = np.zeros(len(places), np.bool_)
    are_first[np.unique(places, return_index=True)[1]] = True
    return are_first


def _equal(ones: pl.DataFrame, others: pl.DataFrame) -> Flags:
    """Which rows have equal values in every column."""
    flags = np.ones(ones.height, np.bool_)
    for column in ones.columns:
        flags &= (ones[column] == others[column]).to_numpy()
    return flags
