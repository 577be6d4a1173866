"""Reading a header: which column stands where, and what is wrong with it.

The text of a header that is not known is never shown: in a file without a header, the first line
is a person.
"""

from collections.abc import Mapping, Sequence

from sync_core.formats import FileSpec, Severity
from sync_core.validation.findings import Tally


def read_header(
    spec: FileSpec, headers: Sequence[str], line: int, tally: Tally
) -> Mapping[str, int]:
    """Column names to positions from 0.

    A near miss (case, spaces, punctuation, invisible characters) is reported and then read as the
    column that it means, so that one run shows what else is wrong.
    """
    positions = _positions(spec, headers, line, tally)
    for column in spec.columns:
        if column.required and column.name not in positions:
            tally.add("header-missing", line, field=column.name)
    return positions


def _positions(
    spec: FileSpec, headers: Sequence[str], line: int, tally: Tally
) -> Mapping[str, int]:
    meant = _names_meant(spec, headers)
    positions: dict[str, int] = {}
    for position, header in enumerate(headers):
        name = header if spec.column(header) else meant.get(_plain(header))
        place = position + 1
        if name is None:
            tally.add("header-unknown", line, place=place)
        elif name in positions:
            tally.add("header-duplicate", line, field=name, place=place)
        else:
            positions[name] = position
            if name != header:
                _report_misspelt(spec, name, header, (line, place), tally)
    return positions


def _report_misspelt(
    spec: FileSpec, name: str, header: str, where: tuple[int, int], tally: Tally
) -> None:
    column = spec.column(name)
    severity: Severity = "Error" if column and column.required else "Warning"
    line, place = where
    hint = _difference(name, header)
    tally.add("header-misspelt", line, field=name, place=place, severity=severity, hint=hint)


def _difference(name: str, header: str) -> str:
    """How a near miss differs, in words that hold nothing of it."""
    if header.strip() == name:
        return "it has white space at an end"
    if header.casefold() == name.casefold():
        return "its capital letters differ"
    if not header.isprintable():
        return "it has a character that cannot be seen"
    if header.replace(" ", "").casefold() == name.replace(" ", "").casefold():
        return "its spaces differ"
    return "its spaces or punctuation differ"


def _names_meant(spec: FileSpec, headers: Sequence[str]) -> dict[str, str]:
    absent = (column.name for column in spec.columns if column.name not in headers)
    return {_plain(name): name for name in absent}


def _plain(header: str) -> str:
    return "".join(filter(str.isalnum, header.casefold()))
