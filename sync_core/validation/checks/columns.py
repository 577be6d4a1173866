"""The checks of one file's values, made from its format and where its columns stand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec, Format, Reference, Severity, Unique
from sync_core.validation.checks.collecting import OwnReferences, UniqueKeys
from sync_core.validation.checks.keys import Keys, KeyTable
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.checks.values import Values, Wrong, rules_of, unpadded_keys
from sync_core.validation.records.layout import Flags, Positions


@dataclass(frozen=True)
class Known:
    """The keys of a column that others refer to: as they are, and without their leading zeros."""

    keys: KeyTable
    unpadded: KeyTable


KnownKeys = dict[tuple[str, str], Known]
"""By file and column."""


Check = Callable[[Sheet], None]


class Checks:
    """Everything that is looked at in one file, as far as its columns are there."""

    def __init__(
        self, fmt: Format, spec: FileSpec, places: Mapping[str, int], known: KnownKeys, seed: int
    ) -> None:
        self._spec = spec
        self.seed = seed
        self._columns = {column.name: column for column in spec.columns if column.name in places}
        self.uniques: dict[Unique, UniqueKeys] = {}
        self.inner_references: dict[Reference, OwnReferences] = {}
        self._on_batch: list[Check] = [*self._of_values(), *self._of_references(known)]
        self._referred = frozenset(
            reference.to_column
            for other in fmt.files
            for reference in other.references
            if reference.to_file == spec.name
        )
        self._collect_keys()

    @property
    def columns(self) -> frozenset[str]:
        """The columns that any check looks at."""
        looked_at = {column.name for column in self._columns.values() if column.required_value} | {
            column.name for column in self._columns.values() if rules_of(column)
        }
        looked_at |= {name for unique in self.uniques for name in unique.columns}
        looked_at |= {reference.column for reference in self._spec.references}
        return frozenset(looked_at & set(self._columns))

    def look_at(self, sheet: Sheet) -> None:
        for check in self._on_batch:
            check(sheet)

    def known_keys(self) -> Iterator[tuple[str, Known]]:
        """What other files may refer to, column by column, when all rows have been looked at."""
        for unique, collected in self.uniques.items():
            if len(unique.columns) == 1 and unique.columns[0] in self._referred:
                keys = Known(KeyTable(collected.parts), KeyTable(collected.unpadded))
                yield unique.columns[0], keys

    def _of_values(self) -> Iterator[Check]:
        for column in self._columns.values():
            if column.required_value:
                yield _missing(column)
            for rule, wrong in rules_of(column).items():
                yield _format(column, rule, wrong)

    def _of_references(self, known: KnownKeys) -> Iterator[Check]:
        for reference in self._spec.references:
            column = self._columns.get(reference.column)
            if column is None:
                continue
            if reference.to_file == self._spec.name:
                collected = self.inner_references[reference] = OwnReferences(column)
                yield collected.collect
            elif keys := known.get((reference.to_file, reference.to_column)):
                yield _reference(reference, column, keys)

    def _collect_keys(self) -> None:
        for unique in self._spec.unique:
            if not all(name in self._columns for name in unique.columns):
                continue
            collected = UniqueKeys([self._columns[name] for name in unique.columns])
            self.uniques[unique] = collected
            self._on_batch.append(collected.collect)
            if unique.columns[0] in self._referred and collected.columns[0].kind == "id":
                self._on_batch.append(collected.collect_unpadded)


def _missing(column: Column) -> Check:
    def check(sheet: Sheet) -> None:
        blank = sheet.values(column).blank
        if blank is not None:
            sheet.report("value-missing", np.flatnonzero(blank), column.name, None)

    return check


def _format(column: Column, rule: str, wrong: Wrong) -> Check:
    severity = severity_of(column, rule)

    def check(sheet: Sheet) -> None:
        found = wrong(sheet.values(column))
        if found is not None:
            sheet.report(rule, np.flatnonzero(found), column.name, severity)

    return check


def severity_of(column: Column, rule: str) -> Severity:
    """A bad value that is required costs the whole record, another only itself.

    A code that is not listed is a warning, because tenants extend the lists; so is a value that
    only the directory finds too long.
    """
    if rule in ("enum-value", "value-too-long"):
        return "Warning"
    return "Error" if column.required_value else "Warning"


def _reference(reference: Reference, column: Column, known: Known) -> Check:
    def check(sheet: Sheet) -> None:
        keys, owners, text = _referring(column, sheet)
        dangling = known.keys.lacking(keys)
        if not dangling.size:
            return
        rows = _owners_of(dangling, owners)
        sheet.report("reference-not-found", rows, column.name, reference.severity)
        if column.kind == "email":
            return
        nearly = _but_for_zeros(known, keys[dangling], text.gather(dangling), sheet.seed)
        rows = _owners_of(dangling[nearly], owners)
        sheet.report("leading-zeros", rows, column.name, None)

    return check


def _but_for_zeros(known: Known, keys: Keys, text: pl.Series, seed: int) -> Flags:
    """Which of the keys would not be lacking if leading zeros did not count, here or there."""
    padded: Flags = text.str.starts_with("0").to_numpy()
    if padded.any():
        keys[padded] = unpadded_keys(text.filter(padded), seed)
    strange = known.keys.lacking(keys)
    strange = strange[known.unpadded.lacking(keys[strange])]
    nearly = np.ones(len(keys), np.bool_)
    nearly[strange] = False
    return nearly


def _referring(column: Column, sheet: Sheet) -> tuple[Keys, Positions | None, pl.Series]:
    """The keys that a column refers to, the row of each unless it is its own place, the values."""
    values = sheet.values(column)
    if column.kind != "ids":
        return values.keys, None, values.text
    listed = values.text.str.split(",")
    owners = np.repeat(np.arange(len(listed)), listed.list.len().to_numpy())
    items = Values(column, listed.list.explode(), sheet.seed)
    return items.keys, owners, items.text


def _owners_of(places: Positions, owners: Positions | None) -> Positions:
    return places if owners is None else np.unique(owners[places])
