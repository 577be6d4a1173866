"""Which findings probably follow from others.

A reference is not found if the record that it refers to could not be read. Whoever fixes the file
with the unreadable records fixes both, so a report tells them apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sync_core.formats import FORMATS
from sync_core.formats.rules.file_types import FILE_TYPE_RULES
from sync_core.model.words import counted, listed
from sync_core.report.messages import Problem

FILE_MISSING = "file-missing"
FILE_EMPTY = frozenset({"file-empty", "file-without-rows"})

UNREADABLE_FILE = frozenset(
    {
        *(rule.id for rule in FILE_TYPE_RULES),
        "header-not-found",
        "line-above-header",
        "line-ends",
        "line-ends-doubled",
        "line-quoted",
        "print-out",
        "sep-line",
        "separator",
        "type-line",
    }
) - {FILE_MISSING, *FILE_EMPTY}
"""The rules after which no record of the file is read."""

UNREADABLE_ROWS = frozenset(
    {"encoding", "fields-too-few", "fields-too-many", "nul", "quotes", "record-too-long"}
)
"""The rules after which a record is not read, or its values are not those that were meant."""

UNREADABLE_VALUES = frozenset(
    {
        "byte-order-mark",
        "formula",
        "header-missing",
        "id-format",
        "id-spreadsheet",
        "invisible-character",
        "line-break",
        "lost-letters",
        "value-missing",
        "value-null",
    }
)
"""The rules after which a value of the column is not the one that others refer to."""

FOLLOWING = "reference-not-found"


class _Key(NamedTuple):
    file: str
    column: str


def causes(found: Sequence[Problem], format_name: str) -> Mapping[Problem, str]:
    """The probable cause of each finding that has one, in words that follow "because of"."""
    targets = _targets(format_name)
    because: dict[Problem, str] = {}
    for problem in found:
        if problem.rule == FOLLOWING:
            reasons = (
                _reason([each for each in found if each.file == key.file], key)
                for key in targets.get(_Key(problem.file, problem.column), ())
            )
            if words := listed(list(filter(None, reasons))):
                because[problem] = words
    return because


def _targets(format_name: str) -> Mapping[_Key, list[_Key]]:
    """The columns that each column refers to."""
    known = FORMATS.get(format_name)
    found: dict[_Key, list[_Key]] = {}
    for spec in known.files if known else ():
        for reference in spec.references:
            key = _Key(spec.name, reference.column)
            found.setdefault(key, []).append(_Key(reference.to_file, reference.to_column))
    return found


def _reason(in_file: Iterable[Problem], key: _Key) -> str:
    """What is wrong with the column that is referred to; empty if nothing is."""
    in_file = list(in_file)
    rules = {problem.rule for problem in in_file}
    if FILE_MISSING in rules:
        return f"the missing file {key.file}"
    if rules & FILE_EMPTY:
        return f"{key.file}, which has no rows"
    if rules & UNREADABLE_FILE:
        return f"{key.file}, which could not be read"
    if any(each.rule == "header-missing" and each.column == key.column for each in in_file):
        return f"the missing column {key.column} in {key.file}"
    rows = sum(each.times for each in in_file if each.rule in UNREADABLE_ROWS)
    values = sum(
        each.times
        for each in in_file
        if each.rule in UNREADABLE_VALUES and each.column == key.column
    )
    parts = [
        counted(rows, "unreadable row") if rows else "",
        counted(values, f"row with a wrong {key.column}", f"rows with a wrong {key.column}")
        if values
        else "",
    ]
    words = listed(list(filter(None, parts)))
    return f"{words} in {key.file}" if words else ""
