"""Unique keys and references for the slow reference implementation of validation."""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from sync_core.formats import Column, FileSpec

Row = tuple[int, dict[str, str]]
"""The line of a record and its values by column."""

Known = dict[tuple[str, str], set[str]]
"""The values that references can point to, by file and column."""


def is_blank(value: str) -> bool:
    return not value or value.isspace()


def _comparable(column: Column, value: str) -> str:
    if is_blank(value):
        return ""
    if column.kind == "grade" and value.isascii() and value.isdecimal():
        return _unpadded(value)
    return value.lower() if column.kind in ("email", "enum", "code", "grade") else value


def duplicates(
    spec: FileSpec, rows: Sequence[Row], column_indexes: Mapping[str, int]
) -> Iterator[tuple[int, str, str]]:
    """The line, field and severity of each row that repeats the key of an earlier one."""
    for unique in spec.unique:
        columns = [column for name in unique.columns if (column := spec.column(name))]
        if any(each.required and each.name not in column_indexes for each in columns):
            continue
        columns = [column for column in columns if column.name in column_indexes]
        seen: set[Hashable] = set()
        for line, values in rows:
            key = tuple(_comparable(column, values[column.name]) for column in columns)
            if _is_without_key(columns, key):
                continue
            if key in seen:
                yield line, " + ".join(column.name for column in columns), unique.severity
            seen.add(key)


def _is_without_key(columns: Sequence[Column], key: Sequence[str]) -> bool:
    if len(columns) == 1:
        return not key[0]
    return any(
        column.required_value and not value for column, value in zip(columns, key, strict=True)
    )


def values_by_column(
    spec: FileSpec, rows: Sequence[Row], column_indexes: Mapping[str, int]
) -> Known:
    """All values of the columns that are part of a key."""
    return {
        (spec.name, column.name): {_comparable(column, values[column.name]) for _, values in rows}
        - {""}
        for unique in spec.unique
        for column in spec.columns
        if column.name in unique.columns and column.name in column_indexes
    }


def dangling_references(
    spec: FileSpec, rows: Sequence[Row], column_indexes: Mapping[str, int], known: Known
) -> Iterator[tuple[str, int, str, str]]:
    """The rule, line, field and severity of each reference that is not found."""
    for reference in spec.references:
        targets = known.get((reference.to_file, reference.to_column))
        column = spec.column(reference.column)
        if targets is None or column is None or column.name not in column_indexes:
            continue
        unpadded = {_unpadded(target) for target in targets}
        has_hint = reference.to_file != spec.name and column.kind != "email"
        for line, values in rows:
            dangling = _dangling(column, values[column.name], targets)
            if dangling:
                yield "reference-not-found", line, column.name, reference.severity
            if has_hint and any(_unpadded(value) in unpadded for value in dangling):
                yield "leading-zeros", line, column.name, "Information"


def _dangling(column: Column, value: str, targets: set[str]) -> list[str]:
    items = value.split(",") if column.kind == "ids" else [value]
    present = [_comparable(column, item) for item in items if not is_blank(item)]
    return [item for item in present if item not in targets]


def _unpadded(value: str) -> str:
    return value.lstrip("0") or "0"
