"""Unique keys and references for the slow reference implementation of validation."""

from collections.abc import Hashable, Iterator, Mapping, Sequence

from benchmarks.oracle_damage import damages, items_of
from benchmarks.oracle_findings import Known, Row, is_blank
from sync_core.formats import Column, FileSpec

_CASELESS = ("email", "username", "enum", "code", "grade")


def _comparable(column: Column, value: str) -> str:
    if is_blank(value):
        return ""
    if column.kind == "grade" and value.isascii() and value.isdecimal():
        return _unpadded(value)
    return value.lower() if column.kind in _CASELESS else value


def duplicates(
    spec: FileSpec, rows: Sequence[Row], column_indexes: Mapping[str, int]
) -> Iterator[tuple[str, int, str, str]]:
    """The rule, line, field and severity of each row that repeats the key of an earlier one."""
    for unique in spec.unique:
        columns = [column for name in unique.columns if (column := spec.column(name))]
        if any(each.required and each.name not in column_indexes for each in columns):
            continue
        columns = [column for column in columns if column.name in column_indexes]
        field = " + ".join(column.name for column in columns)
        seen: dict[Hashable, str] = {}
        for line, values in rows:
            key = tuple(_comparable(column, values[column.name]) for column in columns)
            if _is_without_key(columns, key):
                continue
            user = values.get(unique.user_name or "", "").lower()
            user = "" if is_blank(user) else user
            first_user = seen.get(key, user)
            if key in seen:
                yield "duplicate", line, field, unique.severity
            if user and first_user and user != first_user:
                yield "id-shared", line, field, "Error"
            seen[key] = first_user or user


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
        whole = {_whole(target) for target in unpadded}
        for line, values in rows:
            dangling = _dangling(column, values[column.name], targets)
            if dangling:
                yield "reference-not-found", line, column.name, reference.severity
            if reference.to_file == spec.name:
                continue
            for rule, weight in damages(column, dangling):
                yield rule, line, column.name, weight
            if column.kind == "email":
                continue
            bare = [_unpadded(value) for value in dangling]
            others = [value for value in bare if value not in unpadded]
            if len(others) < len(bare):
                yield "leading-zeros", line, column.name, "Information"
            if any(_whole(value) in unpadded or value in whole for value in others):
                yield "decimal-ending", line, column.name, "Information"


def _dangling(column: Column, value: str, targets: set[str]) -> list[str]:
    items = items_of(column, value)
    return [item for item in items if _comparable(column, item) not in targets]


def _unpadded(value: str) -> str:
    return value.lstrip("0") or "0"


def _whole(unpadded: str) -> str:
    return unpadded.removesuffix(".0") or "0"
