"""Recognises what a tool puts above the header, and separators other than commas."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sync_core.formats import FileSpec, normalised_header

_MAX_HEADER_LINE = 10
"""The header is searched for in this many lines."""

_SEP_LINE = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)
_TYPE_LINE = re.compile(r'"?#TYPE\s.*', re.IGNORECASE)
_DASHES = re.compile(r"(?=.*---)[-+|,;\t ]+")
_RULER = re.compile(r"(?=.*---)[+|,;\t ]*-+(?:[+|,;\t ]+-+)+[+|,;\t ]*")
"""Dashes below the names of two columns or more. One row of dashes may underline a title."""

_SEPARATORS = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "vertical bars",
    ":": "colons",
    "^": "carets",
    "~": "tildes",
    " ": "spaces",
}
_UNUSUAL_SEPARATORS = "!#$%&'()*+-./<=>?@[\\]`{}§¤¬¦\x01\x1c\x1d\x1e\x1f"
CERTAIN_SEPARATORS = ";\t|"
"""For these one known column is enough: names of columns never contain them."""


class Recognised(NamedTuple):
    """What a file is instead of CSV in the format: the rule it breaks, and the rule's `hint`.

    The hint never quotes the file. `line` starts at 1; it is None for a fault of the whole file.
    """

    rule: str
    hint: str = ""
    line: int | None = None


FIRST_LINES_RULES = frozenset(
    {"sep-line", "type-line", "print-out", "separator", "line-above-header", "line-quoted"}
)
"""All rules that this module checks."""


def first_lines(text: bytes) -> list[tuple[int, str]]:
    """The lines among the first ones that are not empty, with their numbers."""
    lines = text.decode(errors="replace").split("\n")[:_MAX_HEADER_LINE]
    numbered = ((number, line.removesuffix("\r")) for number, line in enumerate(lines, 1))
    return [(number, line) for number, line in numbered if line]


def fields_at(line: str, separator: str = ",") -> list[str]:
    """The fields of a line that may be malformed: one or more."""
    try:
        # The reader finds none in a line that is only a carriage return.
        return next(csv.reader([line], delimiter=separator)) or [""]
    except csv.Error:
        return line.split(separator)


def tool_output(spec: FileSpec | None, lines: Sequence[tuple[int, str]]) -> Recognised | None:
    """Finds a first line that only Excel or PowerShell understands, and dashes below the header."""
    (line, first), rest = lines[0], lines[1:]
    for rule, pattern in (("sep-line", _SEP_LINE), ("type-line", _TYPE_LINE)):
        if pattern.fullmatch(first):
            separator = _separator(spec, rest[0][1]) if spec and rest else None
            hint = f", and fields are separated by {separator}, not commas" if separator else ""
            return Recognised(rule, hint, line)
    if rest and _DASHES.fullmatch(rest[0][1]):
        return Recognised("print-out", line=rest[0][0])
    return None


def misplaced_header(spec: FileSpec, lines: Sequence[tuple[int, str]]) -> Recognised | None:
    """Finds another separator, and lines above the header."""
    line, first = lines[0]
    fields = fields_at(first)
    if _known_columns(spec, fields) and len(fields) > 1:
        return None
    if len(fields) == 1 and _known_columns(spec, fields_at(fields[0])) > 1:
        return Recognised("line-quoted", line=line)
    if separator := _separator(spec, first) or _separator(spec, fields[0]):
        return Recognised("separator", separator, line)
    if _known_columns(spec, fields):
        return None
    return _line_above_header(spec, lines)


def _line_above_header(spec: FileSpec, lines: Sequence[tuple[int, str]]) -> Recognised | None:
    line = lines[0][0]
    for number, text in lines[1:]:
        if _RULER.fullmatch(text):
            return Recognised("print-out", line=number)
    for number, text in lines[1:]:
        # Nobody is called like two columns, so such a line is the header.
        if _known_columns(spec, fields_at(text)) > 1:
            return Recognised("line-above-header", f"line {number}", line)
        if separator := _separator(spec, text):
            hint = f"line {number}, where fields are separated by {separator}, not commas"
            return Recognised("line-above-header", hint, line)
    return None


def _known_columns(spec: FileSpec, headers: Sequence[str]) -> int:
    """How many columns of the format there are among some headers."""
    known = {normalised_header(column.name) for column in spec.columns}
    return len(known & set(map(normalised_header, headers)))


def _separator(spec: FileSpec, header: str) -> str | None:
    """The name of the character, other than a comma, that separates the columns of a header."""
    for separator in _possible_separators(header):
        pieces = fields_at(header, separator)
        needed = 1 if separator in CERTAIN_SEPARATORS and len(pieces) > 1 else 2
        if _known_columns(spec, pieces) >= needed:
            return _SEPARATORS.get(separator, "another character")
    return None


def _possible_separators(header: str) -> Iterator[str]:
    separators = (*_SEPARATORS, *_UNUSUAL_SEPARATORS)
    return (separator for separator in separators if separator in header)
