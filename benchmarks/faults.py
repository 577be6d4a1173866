"""Faults on known lines: rows put into a clean file, each breaking one rule of its format.

A faulty row is a copy of the clean row before it. Its unique values are replaced by new ones, and
then one field, or the row as a whole, is changed. Other rows therefore stay free of findings.
"""

import csv
import io
from collections.abc import Callable, Iterator

from sync_core.formats import Column, FileSpec

Injected = dict[tuple[str, str, str | None], list[int]]
"""The lines by file, rule and field."""

Row = dict[str, str]
BOM = b"\xef\xbb\xbf"


class FaultKind:
    """One kind of fault: its field, if it is in one, and the function that changes the row."""

    def __init__(self, rule: str, field: str | None, change: Callable[[Row, int], bytes]) -> None:
        self.rule, self.field, self.change = rule, field, change


def with_faults(
    spec: FileSpec, lines: Iterator[str], rows: int, each: int, injected: Injected
) -> Iterator[bytes]:
    """The lines with CR LF and `each` faults of every kind, at regular distances."""
    header = next(lines)
    yield BOM + header.encode() + b"\r\n"
    names = header.split(",")
    kinds = list(fault_kinds_of(spec, names))
    distance = max(7, rows // (each * len(kinds) + 1))
    number, done = 1, 0
    for count, line in enumerate(lines):
        number += 1
        yield line.encode() + b"\r\n"
        if count % distance == 3 and done < each * len(kinds):
            kind = kinds[done % len(kinds)]
            row = dict(zip(names, next(csv.reader([line])), strict=True))
            faulty = kind.change(row, done)
            for rule, field in consequences(spec, kind):
                injected.setdefault((spec.name, rule, field), []).append(number + 1)
            number += faulty.count(b"\n") + 2
            # A blank line follows each, so that the engine has to count lines and not records.
            yield faulty + b"\r\n\r\n"
            done += 1


def fault_kinds_of(spec: FileSpec, names: list[str]) -> Iterator[FaultKind]:
    """Every kind of fault that is possible with these columns."""
    target = _changeable_column(spec, names)
    yield FaultKind("fields-too-few", None, lambda row, _: _written(row).rpartition(b",")[0])
    yield FaultKind("fields-too-many", None, lambda row, _: _written(row) + b",x")
    yield FaultKind("fields-padded", None, lambda row, n: _written(_fresh(spec, row, n)) + b",,")
    yield FaultKind("row-empty", None, lambda row, _: b"," * (len(row) - 1))
    yield FaultKind("header-repeated", None, lambda row, _: ",".join(row).encode())
    yield FaultKind("quotes", None, lambda row, _: _written({**row, target: ""}) + b'x"')
    yield FaultKind("quotes", None, lambda row, _: b'"a"b,' + _written(row))
    yield FaultKind("formula", None, lambda row, _: b'="a",' + _written(row))
    yield FaultKind("formula", None, lambda row, _: _written(row) + b',="a"')
    yield FaultKind("record-too-long", None, lambda _row, _: b"x" * 131_073)
    for rule, bad in (("encoding", b"\xe9"), ("nul", b"\0"), ("byte-order-mark", BOM)):
        yield FaultKind(rule, target, _with_bytes(spec, target, bad))
    yield FaultKind("line-break", target, _changed(spec, target, "two\nlines {}"))
    for column in (column for column in spec.columns if column.name in names):
        if column.required_value:
            yield FaultKind("value-missing", column.name, _changed(spec, column.name, " "))
        for rule, value in bad_values(column):
            yield FaultKind(rule, column.name, _changed(spec, column.name, value))
    for reference in spec.references:
        if reference.column in names:
            change = _changed(spec, reference.column, "nobody{}@home.example")
            yield FaultKind("reference-not-found", reference.column, change)
    for unique in spec.unique:
        field = " + ".join(unique.columns)
        yield FaultKind("duplicate", field, _kept(spec, unique.columns))


def bad_values(column: Column) -> Iterator[tuple[str, str]]:
    """The rules of one value, each with a value that breaks it; `{}` becomes a number."""
    match column.kind:
        case "id" | "username":
            yield "id-format", "not an id {}"
            yield "id-spreadsheet", "={}"
            yield "invisible-character", "hid\u200bden{}"
            yield "lost-letters", "l\ufffdst{}"
        case "name":
            yield "lost-letters", "l\ufffdst {}"
        case "date":
            yield "date-format", "31.12.2026"
            yield "date-serial", "46258"
        case "email":
            yield "email-format", "nobody {} at home"
            if column.required_value:
                yield "id-spreadsheet", "={}@home.example"
        case "phone":
            yield "phone-format", "555-{}"
        case "year":
            yield "year-format", "26/27"
        case "enum" | "boolean":
            yield "enum-value", "nonsense{}"
        case _:
            pass
    if column.max_length:
        yield "value-too-long", "very-long-{}-" + "x" * column.max_length


def consequences(spec: FileSpec, kind: FaultKind) -> Iterator[tuple[str, str | None]]:
    """The findings on a faulty line: the fault itself, and those that it causes."""
    of_bytes = kind.rule in ("encoding", "nul", "byte-order-mark")
    if kind.rule != "duplicate":
        yield kind.rule, None if of_bytes else kind.field
    if kind.field is None and kind.rule != "fields-padded":
        return
    kept = tuple(kind.field.split(" + ")) if kind.field else ()
    changed = set(_freshened(spec, kept)) | (set() if kind.rule == "duplicate" else {*kept})
    for unique in spec.unique:
        if changed.isdisjoint(unique.columns):
            yield "duplicate", " + ".join(unique.columns)
            if unique.user_name in changed:
                yield "id-shared", " + ".join(unique.columns)
    refers = any(reference.column == kind.field for reference in spec.references)
    if refers and kind.rule not in ("value-missing", "reference-not-found", "duplicate"):
        yield "reference-not-found", kind.field
    column = spec.column(kind.field or "")
    if kind.rule == "line-break" and column and column.kind == "id":
        yield "id-format", column.name
    if (of_bytes or kind.rule == "line-break") and column and column.kind == "email":
        yield "email-format", column.name


def _changeable_column(spec: FileSpec, names: list[str]) -> str:
    """A column of plain text, or else the last one that refers to another file."""
    plain = (column.name for column in spec.columns if column.kind in ("text", "name"))
    keys = {name for unique in spec.unique for name in unique.columns}
    last = [reference.column for reference in spec.references if reference.column in names][-1:]
    return next(iter([*(name for name in plain if name in names and name not in keys), *last]))


def _fresh(spec: FileSpec, row: Row, number: int, kept: tuple[str, ...] = ()) -> Row:
    """The row with new values in the columns that must be unique."""
    return row | dict.fromkeys(_freshened(spec, kept), f"fresh{number}@{spec.name}")


def _freshened(spec: FileSpec, kept: tuple[str, ...] = ()) -> Iterator[str]:
    """The columns that must be unique on their own and are not references."""
    refer = {reference.column for reference in spec.references}
    for unique in spec.unique:
        if len(unique.columns) == 1 and unique.columns != kept and not refer & {*unique.columns}:
            yield unique.columns[0]


def _changed(spec: FileSpec, name: str, value: str) -> Callable[[Row, int], bytes]:
    return lambda row, number: _written(
        {**_fresh(spec, row, number), name: value.replace("{}", f"{spec.name}{number}")}
    )


def _with_bytes(spec: FileSpec, name: str, bad: bytes) -> Callable[[Row, int], bytes]:
    def change(row: Row, number: int) -> bytes:
        marked = _written({**_fresh(spec, row, number), name: f"@@{spec.name}{number}"})
        return marked.replace(b"@@", bad)

    return change


def _kept(spec: FileSpec, columns: tuple[str, ...]) -> Callable[[Row, int], bytes]:
    return lambda row, number: _written(_fresh(spec, row, number, columns))


def _written(row: Row) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(row.values())
    return out.getvalue().removesuffix("\r\n").encode()
