"""Builds the checks of one file from its format and the columns that its header has."""

from collections.abc import Iterator, Mapping

import numpy as np

from sync_core.formats import Column, FileSpec, Format, Reference, Unique
from sync_core.model.target_kinds import FileLimits
from sync_core.validation.checks.batch_view import BatchCheck, BatchView, Items
from sync_core.validation.checks.codes import CodeCheck
from sync_core.validation.checks.collecting import (
    ReferencedColumn,
    SelfReferences,
    UniqueKeys,
)
from sync_core.validation.checks.identifiers import identity_checks
from sync_core.validation.checks.keys import KeyTable
from sync_core.validation.checks.references import KeysByColumn, ReferencedKeys, check_reference
from sync_core.validation.checks.severity import severity_of
from sync_core.validation.checks.value_rules import value_checks
from sync_core.validation.checks.values import FindInvalid
from sync_core.validation.checks.whole_columns import WholeColumnCheck, whole_column_checks
from sync_core.validation.findings import FindingCounter


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
        self._whole_columns: list[WholeColumnCheck] = []
        self._checks: list[BatchCheck] = [*self._value_checks(), *self._reference_checks(known)]
        self._add_identity_checks(known)
        self._collect_unique_keys()
        self._collect_referenced_keys(fmt)

    @property
    def columns(self) -> frozenset[str]:
        """The names of the columns that some check needs."""
        needed = {
            column.name
            for column in self._columns.values()
            if column.required_value
            or column.kind == "enum"
            or value_checks(column)
            or identity_checks(column)
        }
        needed |= {name for unique in self.unique_keys for name in unique.columns}
        needed |= set(self._referenced)
        needed |= {reference.column for reference in self._spec.references}
        return frozenset(needed & set(self._columns))

    def run(self, view: BatchView) -> None:
        """Check a batch, and collect its keys."""
        for check in self._checks:
            check(view)

    def report_columns(self, counter: FindingCounter) -> None:
        """Report what all values of a column together show. Call it after the last batch."""
        for check in self._whole_columns:
            check.report(counter)

    def referenced_keys(self) -> Iterator[tuple[str, ReferencedKeys]]:
        """The keys of each column that a file refers to. Call it after the last batch."""
        for name, collected in self._referenced.items():
            yield name, ReferencedKeys(KeyTable(collected.parts), KeyTable(collected.unpadded))

    def _value_checks(self) -> Iterator[BatchCheck]:
        for column in self._columns.values():
            if column.required_value:
                yield _check_missing(column)
            for rule, find_invalid in value_checks(column).items():
                yield _check_values(column, rule, find_invalid)
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
                yield check_reference(reference, column, keys)

    def _add_identity_checks(self, known: KeysByColumn) -> None:
        """Check columns whose values are not looked up in another file."""
        looked_up = {
            reference.column
            for reference in self._spec.references
            if (reference.to_file, reference.to_column) in known
        }
        for column in self._columns.values():
            if column.name not in looked_up:
                for rule, find_damaged in identity_checks(column).items():
                    self._checks.append(_check_values(column, rule, find_damaged, in_lists=True))
                self._whole_columns += whole_column_checks(column)
        self._checks += [check.collect for check in self._whole_columns]

    def _collect_unique_keys(self) -> None:
        optional = {column.name for column in self._spec.columns if not column.required}
        for unique in self._spec.unique:
            names = [name for name in unique.columns if name in self._columns]
            if names and set(unique.columns) - optional <= set(names):
                collected = UniqueKeys(
                    [self._columns[name] for name in names],
                    self._columns.get(unique.user_name or ""),
                )
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


def _check_values(
    column: Column, rule: str, find_invalid: FindInvalid, *, in_lists: bool = False
) -> BatchCheck:
    """A check of a column's values, or of each item `in_lists`."""
    severity = severity_of(column, rule)

    def check(view: BatchView) -> None:
        items = view.items(column) if in_lists else Items(view.values(column))
        invalid = find_invalid(items.values)
        if invalid is not None:
            view.report(rule, items.owner_rows(np.flatnonzero(invalid)), column.name, severity)

    return check


def _check_characters(column: Column, refused: str) -> BatchCheck:
    def check(view: BatchView) -> None:
        found = view.values(column).text.str.contains_any(list(refused))
        view.report("class-id-characters", np.flatnonzero(found.to_numpy()), column.name, None)

    return check
