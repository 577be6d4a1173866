"""Reads a header: finds the position of each column and reports what is wrong with it.

Findings never quote an unknown header: in a file without a header, the first line is a person.
"""

from collections.abc import Mapping, Sequence

from sync_core.formats import FileSpec, Severity, is_similar, normalised_header
from sync_core.validation.findings import FindingCounter

_MARK_AS_LETTERS = "\u00ef\u00bb\u00bf"
"""The UTF-8 byte order mark as Windows-1252 shows it."""


def read_header(
    spec: FileSpec, headers: Sequence[str], line: int, counter: FindingCounter
) -> Mapping[str, int]:
    """The index (from 0) of each column of the format that the header has.

    A misspelt header (different case, spaces, punctuation or invisible characters, or one different
    letter) is reported and then treated as the column it stands for, so that one run also shows
    what is wrong below it.
    """
    indexes = _column_indexes(spec, headers, line, counter)
    for column in spec.columns:
        if column.required and column.name not in indexes:
            counter.add("header-missing", line, field=column.name)
    return indexes


def _column_indexes(
    spec: FileSpec, headers: Sequence[str], line: int, counter: FindingCounter
) -> Mapping[str, int]:
    names = _names(spec, headers)
    indexes: dict[str, int] = {}
    for position, (header, name) in enumerate(zip(headers, names, strict=True), 1):
        if name is None:
            rule = "header-unknown" if header.strip() else "header-empty"
            counter.add(rule, line, position=position)
        elif name in indexes:
            counter.add("header-duplicate", line, field=name, position=position)
        else:
            indexes[name] = position - 1
            if name != header:
                column = spec.column(name)
                severity: Severity = "Error" if column and column.required else "Warning"
                counter.add(
                    "header-misspelt",
                    line,
                    field=name,
                    position=position,
                    severity=severity,
                    hint=_difference(name, header),
                )
    return indexes


def _names(spec: FileSpec, headers: Sequence[str]) -> list[str | None]:
    """The column that each header stands for; None if it stands for none."""
    absent = [column.name for column in spec.columns if column.name not in headers]
    by_spelling = {normalised_header(name): name for name in absent}
    names = [
        header if spec.column(header) else by_spelling.get(normalised_header(header))
        for header in headers
    ]
    for index, header in enumerate(headers):
        if names[index] is None:
            similar = (name for name in absent if name not in names and is_similar(name, header))
            names[index] = next(similar, None)
    return names


def _difference(name: str, header: str) -> str:
    """How a misspelt header differs from the right one, without quoting it."""
    if header.startswith(_MARK_AS_LETTERS):
        return "it starts with a byte order mark that was read as three letters"
    if normalised_header(header) != normalised_header(name):
        return "one letter is too many, missing or wrong"
    if header.strip() == name:
        return "it starts or ends with white space"
    if header.casefold() == name.casefold():
        return "upper and lower case differ"
    if not header.isprintable():
        return "it contains an invisible character"
    if header.replace(" ", "").casefold() == name.replace(" ", "").casefold():
        return "its spaces differ"
    return "its spaces or punctuation differ"
