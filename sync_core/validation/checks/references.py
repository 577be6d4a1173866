"""Checks that the records which a file refers to exist, and finds likely reasons if they do not."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.formats import Column, Reference
from sync_core.validation.checks.batch_view import BatchCheck, BatchView
from sync_core.validation.checks.identifiers import identity_checks
from sync_core.validation.checks.keys import KeyTable
from sync_core.validation.checks.severity import severity_of
from sync_core.validation.checks.values import ColumnValues, hash_keys
from sync_core.validation.records.layout import Mask


@dataclass(frozen=True)
class ReferencedKeys:
    """The keys of a column that other files refer to.

    `unpadded` has the keys of its values with leading zeros, computed without the zeros.
    """

    keys: KeyTable
    unpadded: KeyTable


KeysByColumn = dict[tuple[str, str], ReferencedKeys]
"""Referenced keys by file name and column name."""


def check_reference(reference: Reference, column: Column, known: ReferencedKeys) -> BatchCheck:
    """A check that each value refers to one of the known values.

    Of values that are not found, it also says what may have happened to them.
    """
    checks = identity_checks(column)

    def check(view: BatchView) -> None:
        items = view.items(column)
        dangling = known.keys.find_missing(items.values.keys)
        if not dangling.size:
            return
        rows = items.owner_rows(dangling)
        view.report("reference-not-found", rows, column.name, reference.severity)
        values = ColumnValues(column, items.values.text.gather(dangling), view.seed)
        for rule, find_damaged in checks.items():
            damaged = find_damaged(values)
            if damaged is not None:
                rows = items.owner_rows(dangling[damaged])
                view.report(rule, rows, column.name, severity_of(column, rule))
        if column.kind != "email":
            for rule, found in _near_misses(known, values, view.seed).items():
                view.report(rule, items.owner_rows(dangling[found]), column.name, None)

    return check


def _near_misses(known: ReferencedKeys, values: ColumnValues, seed: int) -> Mapping[str, Mask]:
    """Which values would be found without leading zeros, and which others without an ending .0."""
    unpadded = values.text.str.strip_chars_start("0")
    without_zeros = _find_unpadded(known, unpadded, seed)
    without_decimal = _find_unpadded(known, unpadded.str.strip_suffix(".0"), seed)
    with_decimal = _find_unpadded(known, unpadded + ".0", seed)
    return {
        "leading-zeros": without_zeros,
        "decimal-ending": (without_decimal | with_decimal) & ~without_zeros,
    }


def _find_unpadded(known: ReferencedKeys, unpadded: pl.Series, seed: int) -> Mask:
    """Which values without leading zeros equal a known value, if that has none either."""
    keys = hash_keys(unpadded, seed)
    missing = known.keys.find_missing(keys)
    missing = missing[known.unpadded.find_missing(keys[missing])]
    matches = np.ones(len(keys), np.bool_)
    matches[missing] = False
    return matches
