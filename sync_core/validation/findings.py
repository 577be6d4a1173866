"""Counts the broken rules of one file, in memory that does not grow with the number of faults."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import numpy.typing as npt

from sync_core.formats import FileSpec, Severity
from sync_core.formats.rules import RULES
from sync_core.model.messages import MESSAGE_ROWS, Finding

LineNumbers = npt.NDArray[np.intp]

_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_MAX_POSITIONS_SHOWN = 10
"""More column positions than this make a sentence unreadable."""


@dataclass
class _Entry:
    severity: Severity
    count: int = 0
    rows: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    hint: str = ""


class FindingCounter:
    """Counts faults by rule and field, and keeps the first `MESSAGE_ROWS` line numbers of each."""

    def __init__(self, spec: FileSpec, format_title: str = "") -> None:
        self._file, self._format = spec.name, format_title
        self._columns = [column.name for column in spec.columns]
        self._entries: dict[tuple[str, str | None, Severity], _Entry] = {}

    def add(
        self,
        rule: str,
        line: int | None = None,
        *,
        field: str | None = None,
        severity: Severity | None = None,
        position: int | None = None,
        hint: str = "",
    ) -> None:
        """Count one fault. `line` (physical) and `position` (of a column) both start at 1."""
        entry = self._entry(rule, field, severity)
        entry.count += 1
        entry.hint = hint
        if line is not None and len(entry.rows) < MESSAGE_ROWS and line not in entry.rows[-1:]:
            entry.rows.append(line)
        if position is not None:
            entry.positions.append(position)

    def add_lines(
        self,
        rule: str,
        lines: LineNumbers,
        *,
        count: int | None = None,
        field: str | None = None,
        severity: Severity | None = None,
    ) -> None:
        """Count one fault for each of `lines`, which are in ascending order.

        `count` replaces the number of lines when the caller kept only the first of them.
        """
        count = len(lines) if count is None else count
        if not count:
            return
        entry = self._entry(rule, field, severity)
        entry.count += count
        entry.rows += lines[: MESSAGE_ROWS - len(entry.rows)].tolist()

    def explain(self, rule: str, field: str, hint: str) -> None:
        """Add a hint to what has been counted for a rule and a field, if anything has."""
        for (counted_rule, counted_field, _), entry in self._entries.items():
            if (counted_rule, counted_field) == (rule, field):
                entry.hint = hint

    def findings(self) -> list[Finding]:
        """One finding for each rule, field and severity: by rule, then column, then severity."""
        ordered = sorted(self._entries.items(), key=lambda item: self._rank(*item[0]))
        return [self._finding(rule, field, entry) for (rule, field, _), entry in ordered]

    def _entry(self, rule: str, field: str | None, severity: Severity | None) -> _Entry:
        severity = severity or RULES[rule].severity
        return self._entries.setdefault((rule, field, severity), _Entry(severity))

    def _rank(self, rule: str, field: str | None, severity: Severity) -> tuple[int, int, str, int]:
        columns = self._columns
        column_index = columns.index(field) if field in columns else len(columns)
        return list(RULES).index(rule), column_index, field or "", _SEVERITIES.index(severity)

    def _finding(self, rule: str, field: str | None, entry: _Entry) -> Finding:
        positions = ", ".join(map(str, entry.positions[:_MAX_POSITIONS_SHOWN]))
        is_cut = len(entry.positions) > _MAX_POSITIONS_SHOWN
        description = RULES[rule].wording.format(
            file=self._file,
            format=self._format,
            field=field,
            count=entry.count,
            rows="1 row" if entry.count == 1 else f"{entry.count:,} rows",
            hint=entry.hint,
            position=positions + ", ..." if is_cut else positions,
        )
        return Finding(
            type=entry.severity,
            file_name=self._file,
            description=description,
            rule=rule,
            field=field,
            count=entry.count,
            rows=tuple(entry.rows),
        )


class FirstLines:
    """The number of rows that a check has found, and the first of their line numbers.

    For a check that learns only at the end of a file whether to report them.
    """

    def __init__(self, count: int = 0, lines: Sequence[int] = ()) -> None:
        self.count, self._first = count, np.array(lines, np.intp)

    def add(self, lines: LineNumbers) -> None:
        """Add rows by their line numbers, in any order."""
        self.count += len(lines)
        self._first = np.sort(np.concatenate([self._first, lines]))[:MESSAGE_ROWS]

    def report(
        self, counter: FindingCounter, rule: str, field: str, severity: Severity | None = None
    ) -> None:
        """Count one fault for each row."""
        counter.add_lines(rule, self._first, count=self.count, field=field, severity=severity)
