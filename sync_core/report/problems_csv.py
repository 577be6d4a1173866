"""Writes all findings and messages as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from sync_core.report.causes import causes
from sync_core.report.data import ReportData
from sync_core.report.messages import Problem, problems

HEADER = (
    "severity",
    "file",
    "column",
    "count",
    "first lines",
    "problem",
    "fix",
    "probably because of",
    "rule",
    "reported by",
)

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins with one of these may be run as a formula by a spreadsheet."""


def problems_csv(data: ReportData) -> str:
    """Every finding, and every message of the service with possible cell values masked.

    Contains no cell values. Lines end with CR LF. Cells that a spreadsheet may take for a formula
    begin with an apostrophe.
    """
    return _written([HEADER, *_rows(data)])


def exports_csv(reports: Iterable[ReportData], unread: Iterable[tuple[str, str]]) -> str:
    """The problems of several exports, with the export in the first column.

    `unread` are those that could not be read, with the reason.
    """
    rows = [(data.source, *row) for data in reports for row in _rows(data)]
    lost = [(name, "error", "", "", "1", "", why, "", "", "", "validation") for name, why in unread]
    return _written([("export", *HEADER), *rows, *lost])


def _written(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(neutral, row) for row in rows)
    return text.getvalue()


def _rows(data: ReportData) -> Iterator[tuple[str, ...]]:
    found = problems(data)
    because = causes(found, data.format_name)
    for problem in found:
        yield _cells(problem, because.get(problem, ""))


def neutral(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(problem: Problem, because: str) -> tuple[str, ...]:
    return (
        problem.level,
        problem.file,
        problem.column,
        str(problem.times),
        " ".join(map(str, problem.lines)),
        problem.text,
        problem.fix,
        because,
        problem.rule,
        "validation" if problem.rule else "School Data Sync",
    )
