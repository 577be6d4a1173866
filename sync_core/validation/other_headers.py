"""Recognises first lines that are not the header of their file: another file's, or no header."""

import re
from collections.abc import Iterable, Sequence

from sync_core.formats import FORMATS, FileSpec, Format, is_similar, normalised_header
from sync_core.validation.first_lines import Recognised, fields_at

NO_COLUMN = "it has none of the columns of the format"
OTHER_FILE = "it is the header of {}"

OTHER_HEADERS_RULES = frozenset({"header-not-found", "not-text", "other-format"})
"""All rules that this module checks."""

_MAX_HEADERS = 200
"""No format has as many columns. More headers are not compared with its columns."""

_TEXT_BYTES = 4_096
"""Control characters are searched for in this many bytes."""

_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0e-\x19\x1b\x7f]")
"""Control characters that no text contains: not tab, line feed, form feed, return and Ctrl-Z."""


def other_header(
    text: bytes, lines: Sequence[tuple[int, str]], fmt: Format, spec: FileSpec
) -> Recognised | None:
    """What the file is, if its first line names no column of the file, or those of another file.

    `text` is the start of the file, `lines` are its first lines.
    """
    line, first = lines[0]
    # Only the first part of a file whose lines end with CR is its header.
    headers = fields_at(first.partition("\r")[0])[:_MAX_HEADERS]
    if found := _header_of_another_file(headers, fmt, spec):
        return found._replace(line=line)
    # The type of a session can be "schoolYear", which is the name of a column too.
    codes = {code for column in spec.columns for code in column.values}
    if any(_names_a_column(spec, header) for header in headers if header not in codes):
        return None
    if found := binary_content(text):
        return found
    return Recognised("header-not-found", NO_COLUMN, line)


def binary_content(start: bytes) -> Recognised | None:
    """Finds characters that no text contains at the start of a file."""
    head = start[:_TEXT_BYTES]
    if b"\0" in head:
        at_start = start.startswith(b"\0")
        return Recognised(
            "not-text", "it starts with a NUL character" if at_start else "it has NUL characters"
        )
    return Recognised("not-text", "it has control characters") if _CONTROL.search(head) else None


def _header_of_another_file(
    headers: Sequence[str], fmt: Format, spec: FileSpec
) -> Recognised | None:
    names = set(map(normalised_header, headers))
    if _required(spec) <= names:
        return None
    most, found = _known(spec, names), None
    for other_fmt in (fmt, *FORMATS.values()):
        for other in other_fmt.files:
            if _required(other) <= names and _known(other, names) > most:
                most, found = _known(other, names), (other_fmt, other)
    if found is None:
        return None
    other_fmt, other = found
    if other_fmt is fmt:
        return Recognised("header-not-found", OTHER_FILE.format(other.name))
    return Recognised("other-format", other_fmt.title)


def _names_a_column(spec: FileSpec, header: str) -> bool:
    name = normalised_header(header)
    return name in _names(spec) or any(is_similar(column.name, header) for column in spec.columns)


def _known(spec: FileSpec, names: Iterable[str]) -> int:
    return len(_names(spec).intersection(names))


def _names(spec: FileSpec) -> set[str]:
    return {normalised_header(column.name) for column in spec.columns}


def _required(spec: FileSpec) -> set[str]:
    return {normalised_header(column.name) for column in spec.columns if column.required}
