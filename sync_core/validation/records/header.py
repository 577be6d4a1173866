"""Reads a header: finds the position of each column and reports what is wrong with it.

Findings never quote an unknown header: in a file without a header, the first line is a person.
"""

from collections.abc import Mapping, Sequence

from sync_core.formats import FileSpec, Severity, normalised_header
from sync_core.validation.findings import FindingCounter


def read_header(
    spec: FileSpec, headers: Sequence[str], line: int, counter: FindingCounter
) -> Mapping[str, int]:
    """The index (from 0) of each column of the format that the header has.

    A misspelt header (different case, spaces, punctuation or invisible characters) is reported and
    then treated as the column it stands for, so that one run also shows what is wrong below it.
    """
    indexes = _column_indexes(spec, headers, line, counter)
    for column in spec.columns:
        if column.required and column.name not in indexes:
            counter.add("header-missing", line, field=column.name)
    return indexes


def _column_indexes(
    spec: FileSpec, headers: Sequence[str], line: int, counter: FindingCounter
) -> Mapping[str, int]:
    absent = (column.name for column in spec.columns if column.name not in headers)
    absent_by_spelling = {normalised_header(name): name for name in absent}
    indexes: dict[str, int] = {}
    for position, header in enumerate(headers, 1):
        exact = spec.column(header)
        name = header if exact else absent_by_spelling.get(normalised_header(header))
        if name is None:
            counter.add("header-unknown", line, position=position)
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


def _difference(name: str, header: str) -> str:
    """How a misspelt header differs from the right one, without quoting it."""
    if header.strip() == name:
        return "it starts or ends with white space"
    if header.casefold() == name.casefold():
        return "upper and lower case differ"
    if not header.isprintable():
        return "it contains an invisible character"
    if header.replace(" ", "").casefold() == name.replace(" ", "").casefold():
        return "its spaces differ"
    return "its spaces or punctuation differ"
