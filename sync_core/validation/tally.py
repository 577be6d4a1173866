"""Counting what is wrong with one file, in bounded space."""

from dataclasses import dataclass, field

from sync_core.formats import FileSpec, Severity
from sync_core.messages import MESSAGE_ROWS, Finding
from sync_core.validation.rules import RULES

_PLACES = 10  # as many positions as still read well in a sentence


@dataclass
class _Entry:
    severity: Severity
    count: int = 0
    rows: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


class Tally:
    """The broken rules of one file: counts, and the first `MESSAGE_ROWS` line numbers of each."""

    def __init__(self, spec: FileSpec) -> None:
        self._file = spec.name
        self._columns = [column.name for column in spec.columns]
        self._entries: dict[tuple[str, str | None], _Entry] = {}

    def add(
        self,
        rule: str,
        line: int | None = None,
        *,
        field: str | None = None,
        severity: Severity | None = None,
        place: int | None = None,
    ) -> None:
        """Count one fault. `line` is physical, `place` the position of a column, both from 1."""
        entry = self._entries.get((rule, field))
        if entry is None:
            entry = _Entry(severity or RULES[rule].severity)
            self._entries[rule, field] = entry
        entry.count += 1
        if line is not None and len(entry.rows) < MESSAGE_ROWS and line not in entry.rows[-1:]:
            entry.rows.append(line)
        if place is not None:
            entry.places.append(place)

    def findings(self) -> list[Finding]:
        """One for each rule and field, in the order of the rules, then of the columns."""
        ordered = sorted(self._entries.items(), key=lambda item: self._rank(*item[0]))
        return [self._finding(rule, field, entry) for (rule, field), entry in ordered]

    def _rank(self, rule: str, field: str | None) -> tuple[int, int, str]:
        columns = self._columns
        place = columns.index(field) if field in columns else len(columns)
        return list(RULES).index(rule), place, field or ""

    def _finding(self, rule: str, field: str | None, entry: _Entry) -> Finding:
        places = ", ".join(map(str, entry.places[:_PLACES]))
        description = RULES[rule].wording.format(
            file=self._file,
            field=field,
            count=entry.count,
            place=places + ", …" if len(entry.places) > _PLACES else places,
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
