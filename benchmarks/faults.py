"""Faults on known lines: rows put into a clean file, each breaking one rule of its format.

A row is made from the clean one before it: what must be unique is made fresh, and then one field,
or the row as a whole, is spoiled. So nothing that is right elsewhere goes wrong because of it.
"""

import csv
import io
from collections.abc import Callable, Iterator

from sync_core.formats import Column, FileSpec

Injected = dict[tuple[str, str, str | None], list[int]]
"""File, rule, field: the lines."""

Row = dict[str, str]
BOM = b"\xef\xbb\xbf"


class Spoiler:
    """One kind of fault: the field that it spoils, if it is one, and what it makes of the row."""

    def __init__(self, rule: str, field: str | None, spoil: Callable[[Row, int], bytes]) -> None:
        self.rule, self.field, self.spoil = rule, field, spoil


def with_faults(
    spec: FileSpec, lines: Iterator[str], rows: int, each: int, injected: Injected
) -> Iterator[bytes]:
    """The lines with CR LF and, at regular distances, `each` faults of every kind."""
    header = next(lines)
    yield BOM + header.encode() + b"\r\n"
    names = header.split(",")
    spoilers = list(spoilers_of(spec, names))
    distance = max(7, rows // (each * len(spoilers) + 1))
    number, done = 1, 0
    for count, line in enumerate(lines):
        number += 1
        yield line.encode() + b"\r\n"
        if count % distance == 3 and done < each * len(spoilers):
            spoiler = spoilers[done % len(spoilers)]
            row = dict(zip(names, next(csv.reader([line])), strict=True))
            spoiled = spoiler.spoil(row, done)
            for rule, field in consequences(spec, spoiler):
                injected.setdefault((spec.name, rule, field), []).append(number + 1)
            number += spoiled.count(b"\n") + 2
            # A blank line after each: lines must be counted, records must not.
            yield spoiled + b"\r\n\r\n"
            done += 1


def spoilers_of(spec: FileSpec, names: list[str]) -> Iterator[Spoiler]:
    """Every kind of fault that the columns at hand allow."""
    target = _spoilable(spec, names)
    yield Spoiler("fields-too-few", None, lambda row, _: _written(row).rpartition(b",")[0])
    yield Spoiler("fields-too-many", None, lambda row, _: _written(row) + b",")
    yield Spoiler("quotes", None, lambda row, _: _written({**row, target: ""}) + b'x"')
    yield Spoiler("quotes", None, lambda row, _: b'"a"b,' + _written(row))
    yield Spoiler("record-too-long", None, lambda _row, _: b"x" * 131_073)
    for rule, bad in (("encoding", b"\xe9"), ("nul", b"\0"), ("byte-order-mark", BOM)):
        yield Spoiler(rule, target, _with_bytes(spec, target, bad))
    yield Spoiler("line-break", target, _changed(spec, target, "two\nlines {}"))
    for column in (column for column in spec.columns if column.name in names):
        if column.required_value:
            yield Spoiler("value-missing", column.name, _changed(spec, column.name, " "))
        for rule, value in bad_values(column):
            yield Spoiler(rule, column.name, _changed(spec, column.name, value))
    for reference in spec.references:
        if reference.column in names:
            spoil = _changed(spec, reference.column, "nobody{}@home.example")
            yield Spoiler("reference-not-found", reference.column, spoil)
    for unique in spec.unique:
        field = " + ".join(unique.columns)
        yield Spoiler("duplicate", field, _kept(spec, unique.columns))


def bad_values(column: Column) -> Iterator[tuple[str, str]]:
    """The rules of one value, and a value that breaks each; `{}` stands for a number."""
    match column.kind:
        case "id":
            yield "id-format", "not an id {}"
        case "date":
            yield "date-format", "31.12.2026"
            yield "date-serial", "46258"
        case "email":
            yield "email-format", "nobody {} at home"
        case "phone":
            yield "phone-format", "555-{}"
        case "year":
            yield "year-format", "26/27"
        case "enum" | "boolean":
            yield "enum-value", "nonsense{}"
        case _:
            pass
    if column.max_length:
        yield "value-too-long", "very long {} " + "x" * column.max_length


def consequences(spec: FileSpec, spoiler: Spoiler) -> Iterator[tuple[str, str | None]]:
    """What is found on a spoiled line: the fault itself, and what follows from it."""
    of_bytes = spoiler.rule in ("encoding", "nul", "byte-order-mark")
    if spoiler.rule != "duplicate":
        yield spoiler.rule, None if of_bytes else spoiler.field
    if spoiler.field is None:
        return
    kept = tuple(spoiler.field.split(" + "))
    changed = set(_freshened(spec, kept)) | (set() if spoiler.rule == "duplicate" else {*kept})
    for unique in spec.unique:
        if changed.isdisjoint(unique.columns):
            yield "duplicate", " + ".join(unique.columns)
    refers = any(reference.column == spoiler.field for reference in spec.references)
    if refers and spoiler.rule not in ("value-missing", "reference-not-found", "duplicate"):
        yield "reference-not-found", spoiler.field
    column = spec.column(spoiler.field)
    if spoiler.rule == "line-break" and column and column.kind == "id":
        yield "id-format", column.name
    if (of_bytes or spoiler.rule == "line-break") and column and column.kind == "email":
        yield "email-format", column.name


def _spoilable(spec: FileSpec, names: list[str]) -> str:
    """A column of plain text, or the last that refers to another file."""
    plain = (column.name for column in spec.columns if column.kind == "text")
    keys = {name for unique in spec.unique for name in unique.columns}
    last = [reference.column for reference in spec.references if reference.column in names][-1:]
    return next(iter([*(name for name in plain if name in names and name not in keys), *last]))


def _fresh(spec: FileSpec, row: Row, number: int, kept: tuple[str, ...] = ()) -> Row:
    """The row with fresh values where a single column must be unique."""
    return row | dict.fromkeys(_freshened(spec, kept), f"fresh{number}@{spec.name}")


def _freshened(spec: FileSpec, kept: tuple[str, ...] = ()) -> Iterator[str]:
    """The columns that are unique by themselves and refer to nothing."""
    refer = {reference.column for reference in spec.references}
    for unique in spec.unique:
        if len(unique.columns) == 1 and unique.columns != kept and not refer & {*unique.columns}:
            yield unique.columns[0]


def _changed(spec: FileSpec, name: str, value: str) -> Callable[[Row, int], bytes]:
    return lambda row, number: _written(
        {**_fresh(spec, row, number), name: value.replace("{}", f"{spec.name}{number}")}
    )


def _with_bytes(spec: FileSpec, name: str, bad: bytes) -> Callable[[Row, int], bytes]:
    def spoil(row: Row, number: int) -> bytes:
        marked = _written({**_fresh(spec, row, number), name: f"@@{spec.name}{number}"})
        return marked.replace(b"@@", bad)

    return spoil


def _kept(spec: FileSpec, columns: tuple[str, ...]) -> Callable[[Row, int], bytes]:
    return lambda row, number: _written(_fresh(spec, row, number, columns))


def _written(row: Row) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(row.values())
    return out.getvalue().removesuffix("\r\n").encode()
