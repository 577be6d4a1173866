"""Builds the checks of one file from its format and the columns that its header has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec, Format, Reference, Severity, Unique
from sync_core.model.target_kinds import FileLimits
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.codes import CodeCheck
from sync_core.validation.checks.collecting import (
    ReferencedColumn,
    SelfReferences,
    UniqueKeys,
)
from sync_core.validation.checks.keys import Keys, KeyTable
from sync_core.validation.checks.values import (
    ColumnValues,
    FindInvalid,
    unpadded_keys,
    value_checks,
)
from sync_core.validation.records.layout import IntArray, Mask


@dataclass(frozen=True)
class ReferencedKeys:
    """The keys of a column that other files refer to.

    `unpadded` has the keys of its values with leading zeros, computed without the zeros.
    """

    keys: KeyTable
    unpadded: KeyTable


KeysByColumn = dict[tuple[str, str], ReferencedKeys]
"""Referenced keys by file name and column name."""

BatchCheck = Callable[[BatchView], None]
"""Checks the rows of one batch, and reports what is wrong."""


class FileChecks:
    """All checks of one file. A column that the header does not have is not checked."""

    def __init__(
        self,
        fmt: Format,
        spec: FileSpec,
        column_indexes: Mapping[str, int],
        known: KeysByColumn,
        seed: int,
        *,
        limits: FileLimits,
    ) -> None:
        self._spec, self._limits = spec, limits
        self.seed = seed
        self._columns = {
            column.name: column for column in spec.columns if column.name in column_indexes
        }
        self.unique_keys: dict[Unique, UniqueKeys] = {}
        self._referenced: dict[str, ReferencedColumn] = {}
        self.self_references: dict[Reference, SelfReferences] = {}
        self.codes = [CodeCheck(each) for each in self._columns.values() if each.kind == "enum"]
        self._checks: list[BatchCheck] = [*self._value_checks(), *self._reference_checks(known)]
        self._collect_unique_keys()
        self._collect_referenced_keys(fmt)

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns that some check needs."""
        needed = {
            column.name
            for column in self._columns.values()
            if column.required_value or column.kind == "enum" or value_checks(column)
        }
        needed |= {name for unique in self.unique_keys for name in unique.columns}
        needed |= set(self._referenced)
        needed |= {reference.column for reference in self._spec.references}
        return frozenset(needed & set(self._columns))

    def run(self, view: BatchView) -> None:
        """Check a batch, and collect its keys."""
        for check in self._checks:
            check(view)

    def referenced_keys(self) -> Iterator[tuple[str, ReferencedKeys]]:
        """The keys of each column that a file refers to. Call it after the last batch."""
        for name, collected in self._referenced.items():
            yield name, ReferencedKeys(KeyTable(collected.parts), KeyTable(collected.unpadded))

    def _value_checks(self) -> Iterator[BatchCheck]:
        for column in self._columns.values():
            if column.required_value:
                yield _check_missing(column)
            for rule, find_invalid in value_checks(column).items():
                yield _check_format(column, rule, find_invalid)
            if column.names_group and self._limits.class_id_characters:
                yield _check_characters(column, self._limits.class_id_characters)
        for codes in self.codes:
            yield codes.check

    def _reference_checks(self, known: KeysByColumn) -> Iterator[BatchCheck]:
        for reference in self._spec.references:
            column = self._columns.get(reference.column)
            if column is None:
                continue
            if reference.to_file == self._spec.name:
                collected = self.self_references[reference] = SelfReferences(column)
                yield collected.collect
            elif keys := known.get((reference.to_file, reference.to_column)):
                yield _check_reference(reference, column, keys)

    def _collect_unique_keys(self) -> None:
        optional = {column.name for column in self._spec.columns if not column.required}
        for unique in self._spec.unique:
            names = [name for name in unique.columns if name in self._columns]
            if names and set(unique.columns) - optional <= set(names):
                collected = UniqueKeys([self._columns[name] for name in names])
                self.unique_keys[unique] = collected
                self._checks.append(collected.collect)

    def _collect_referenced_keys(self, fmt: Format) -> None:
        unique = {
            keys.columns[0].name: keys
            for keys in self.unique_keys.values()
            if len(keys.columns) == 1
        }
        for name in _referenced_columns(fmt, self._spec) & set(self._columns):
            collected = self._referenced[name] = unique.get(name) or ReferencedColumn(
                [self._columns[name]]
            )
            if name not in unique:
                self._checks.append(collected.collect)
            if self._columns[name].kind == "id":
                self._checks.append(collected.collect_unpadded)


def _referenced_columns(fmt: Format, spec: FileSpec) -> frozenset[str]:
    """The names of the columns of a file that its own or other files refer to."""
    return frozenset(
        reference.to_column
        for other in fmt.files
        for reference in other.references
        if reference.to_file == spec.name
    )


def _check_missing(column: Column) -> BatchCheck:
    def check(view: BatchView) -> None:
        blank = view.values(column).blank
        if blank is not None:
            view.report("value-missing", np.flatnonzero(blank), column.name, None)

    return check


def _check_format(column: Column, rule: str, find_invalid: FindInvalid) -> BatchCheck:
    severity = severity_of(column, rule)

    def check(view: BatchView) -> None:
        invalid = find_invalid(view.values(column))
        if invalid is not None:
            view.report(rule, np.flatnonzero(invalid), column.name, severity)

    return check


def _check_characters(column: Column, refused: str) -> BatchCheck:
    def check(view: BatchView) -> None:
        found = view.values(column).text.str.contains_any(list(refused))
        view.report("class-id-characters", np.flatnonzero(found.to_numpy()), column.name, None)

    return check


def severity_of(column: Column, rule: str) -> Severity:
    """The severity of an invalid value.

    If the value is required, School Data Sync drops the whole record; otherwise only the value. A
    value that is only too long for the directory is a warning.
    """
    if rule == "value-too-long":
        return "Warning"
    return "Error" if column.required_value else "Warning"


def _check_reference(reference: Reference, column: Column, known: ReferencedKeys) -> BatchCheck:
    def check(view: BatchView) -> None:
        keys, owners, text = _reference_keys(column, view)
        dangling = known.keys.find_missing(keys)
        if not dangling.size:
            return
        rows = _owner_rows(dangling, owners)
        view.report("reference-not-found", rows, column.name, reference.severity)
        if column.kind == "email":
            return
        matches = _matches_unpadded(known, keys[dangling], text.gather(dangling), view.seed)
        rows = _owner_rows(dangling[matches], owners)
        view.report("leading-zeros", rows, column.name, None)

    return check


def _matches_unpadded(known: ReferencedKeys, keys: Keys, text: pl.Series, seed: int) -> Mask:
    """Keys that match once leading zeros are removed on either side."""
    padded: Mask = text.str.starts_with("0").to_numpy()
    if padded.any():
        # The caller selected these keys with an index array, which made a copy.
        keys[padded] = unpadded_keys(text.filter(padded), seed)
    missing = known.keys.find_missing(keys)
    missing = missing[known.unpadded.find_missing(keys[missing])]
    matches = np.ones(len(keys), np.bool_)
    matches[missing] = False
    return matches


def _reference_keys(column: Column, view: BatchView) -> tuple[Keys, IntArray | None, pl.Series]:
    """The keys and values of a column that refers to others, and the row that each belongs to.

    The rows are None if each row has exactly one key.
    """
    values = view.values(column)
    if column.kind != "ids":
        return values.keys, None, values.text
    lists = values.text.str.split(",")
    owners = np.repeat(np.arange(len(lists)), lists.list.len().to_numpy())
    items = ColumnValues(column, lists.list.explode(), view.seed)
    return items.keys, owners, items.text


def _owner_rows(indexes: IntArray, owners: IntArray | None) -> IntArray:
    """The rows that the keys at some indexes belong to, each row once."""
    return indexes if owners is None else np.unique(owners[indexes])
