"""Verification of uploaded SDS V1 files, as the start page and the format pages describe it.

The four message patterns and the severities are documented. The texts for a missing file or header,
and for an unreadable file, are this simulator's own, because the service's are not published. There
is one message per file, rule and field, with a count and without row numbers.
"""

import csv
import io
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct


class Message(Struct, frozen=True, rename="camel"):
    """An `educationFileSynchronizationVerificationMessage`."""

    type: Literal["Error", "Warning"]
    file_name: str
    description: str


class Layout(Struct, frozen=True):
    """The requirements of one file: column names, and the file and column of each reference."""

    required: tuple[str, ...]
    headers_only: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()


_SCHOOL = ("School SIS ID", "school.csv", "SIS ID")
_SECTION = ("Section SIS ID", "section.csv", "SIS ID")
_PERSON = Layout(
    required=("SIS ID", "School SIS ID", "Username"),
    unique=("SIS ID", "Username"),
    references=(_SCHOOL,),
)
LAYOUTS: Mapping[str, Layout] = {
    "guardianrelationship.csv": Layout(
        required=("SIS ID", "Email"),
        headers_only=("Role",),
        references=(("SIS ID", "student.csv", "SIS ID"), ("Email", "user.csv", "Email")),
    ),
    "school.csv": Layout(required=("SIS ID", "Name"), unique=("SIS ID",)),
    "section.csv": Layout(
        required=("SIS ID", "School SIS ID", "Section Name"),
        unique=("SIS ID",),
        identifiers=("SIS ID",),
        references=(_SCHOOL,),
    ),
    "student.csv": _PERSON,
    "studentenrollment.csv": Layout(
        required=("Section SIS ID", "SIS ID"),
        references=(_SECTION, ("SIS ID", "student.csv", "SIS ID")),
    ),
    "teacher.csv": _PERSON,
    "teacherroster.csv": Layout(
        required=("Section SIS ID", "SIS ID"),
        references=(_SECTION, ("SIS ID", "teacher.csv", "SIS ID")),
    ),
    "user.csv": Layout(
        required=("Email", "First Name", "Last Name"), headers_only=("Phone", "SIS ID")
    ),
}
# Files that have to be delivered together. The first group is required.
_GROUPS = (
    ("school.csv", "student.csv", "teacher.csv"),
    ("section.csv", "studentenrollment.csv", "teacherroster.csv"),
    ("user.csv", "guardianrelationship.csv"),
)


class Table(Struct):
    """One parsed file: its header and the values of each column."""

    header: list[str]
    columns: dict[str, list[str]]


def verify(files: Mapping[str, bytes]) -> list[Message]:
    """Messages about the files, whose names are compared case-insensitively."""
    contents = {name.lower(): content for name, content in files.items()}
    messages = list(_missing_files(contents))
    tables: dict[str, Table] = {}
    for name in sorted(contents.keys() & LAYOUTS.keys()):
        try:
            tables[name] = _parse(contents[name])
        except (UnicodeDecodeError, csv.Error):
            messages.append(Message("Error", name, "File is not a CSV file in UTF-8"))
    for name, table in tables.items():
        messages.extend(_verify_table(name, table, tables))
    return messages


def _missing_files(contents: Mapping[str, bytes]) -> Iterator[Message]:
    for group in _GROUPS:
        if group is _GROUPS[0] or any(name in contents for name in group):
            for name in group:
                if name not in contents:
                    yield Message("Error", name, "File not found")


def _parse(content: bytes) -> Table:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    header = next(rows, [])
    columns: dict[str, list[str]] = {name: [] for name in header}
    for row in rows:
        if not row:
            continue
        values = dict(zip(header, row, strict=False))
        for name, column in columns.items():
            column.append(values.get(name, ""))
    return Table(header, columns)


def _verify_table(name: str, table: Table, tables: Mapping[str, Table]) -> Iterator[Message]:
    layout = LAYOUTS[name]
    yield from _header(name, layout, table)
    for field in layout.required:
        yield from _missing_data(name, field, table.columns.get(field, []))
    for field, values in table.columns.items():
        yield from _invalid_format(name, field, values, identifier=field in layout.identifiers)
    for field in layout.unique:
        yield from _duplicates(name, field, table.columns.get(field, []))
    for field, target, key in layout.references:
        if target in tables:
            known = frozenset(tables[target].columns.get(key, []))
            yield from _dangling(name, field, table.columns.get(field, []), known)


def _header(name: str, layout: Layout, table: Table) -> Iterator[Message]:
    for field in layout.required + layout.headers_only:
        if field not in table.columns:
            yield Message("Error", name, f"Header not found - {field}")
    for field, count in Counter(table.header).items():
        if count > 1:
            yield Message("Error", name, f"Header found more than once - {field}")


def _missing_data(name: str, field: str, values: list[str]) -> Iterator[Message]:
    if count := sum(not value.strip() for value in values):
        yield Message("Error", name, f"{count} row(s) have missing data for the field - {field}")


def _invalid_format(
    name: str, field: str, values: list[str], *, identifier: bool
) -> Iterator[Message]:
    """No value may contain a line break, and no section identifier any white space."""
    forbidden = string.whitespace if identifier else "\r\n"
    present = [value for value in values if value.strip()]
    if count := sum(any(character in value for character in forbidden) for value in present):
        yield Message(
            "Error", name, f"{count} row(s) have an invalid format for the field - {field}"
        )


def _duplicates(name: str, field: str, values: list[str]) -> Iterator[Message]:
    present = [value for value in values if value.strip()]
    if count := len(present) - len(set(present)):
        text = f"{count} duplicates found in column {field} which requires values to be Unique."
        yield Message("Warning", name, text)


def _dangling(name: str, field: str, values: list[str], known: frozenset[str]) -> Iterator[Message]:
    if count := sum(bool(value.strip()) and value not in known for value in values):
        text = f"{count} row(s) have referenced data not found in source. Field - {field}"
        yield Message("Error", name, text)
