"""The numbers of a run beside those of the last sync: rows by file, people by school."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sync_core.formats import FORMATS
from sync_core.formats.entities import SCHOOL
from sync_core.model.holds import PreviewLine
from sync_core.report.data import ReportData
from sync_core.report.words import percent, shown, signed

SCHOOLS_SHOWN = 12
"""The most schools that a report lists, those with the largest changes first."""


class Count(NamedTuple):
    """A number beside the one of the last sync, which is None if there is none.

    `now` is None if it was not counted, if the file is not `here` or if it could not be read. `bar`
    and `bar_before` are shares of the larger of both, in percent; `bar_before` is 0 if it is not
    known what has changed.
    """

    now: int | None
    before: int | None
    here: bool = True
    is_unread: bool = False

    @property
    def change(self) -> str:
        if not self.here:
            return "missing"
        if self.now is None:
            return "not readable" if self.is_unread else ""
        if self.before is None:
            return "new"
        return signed(self.now - self.before)

    @property
    def share(self) -> str:
        if self.now is None or self.before is None:
            return ""
        return percent(self.now - self.before, self.before)

    @property
    def bar(self) -> int:
        return self._part(self.now)

    @property
    def bar_before(self) -> int:
        is_known = self.now is not None or not self.here
        return self._part(self.before) if is_known else 0

    def _part(self, number: int | None) -> int:
        largest = max(self.now or 0, self.before or 0)
        return round(100 * (number or 0) / largest) if largest else 0


class Named(NamedTuple):
    """A file or a kind of people, and its count."""

    name: str
    number: Count


class SchoolRow(NamedTuple):
    """A school, and its count of each kind in the order of the columns; None if it has none."""

    name: str
    counts: tuple[Count | None, ...]


class Schools(NamedTuple):
    """The schools with the largest changes. `more` are not listed."""

    kinds: tuple[str, ...]
    rows: tuple[SchoolRow, ...]
    more: int


def files(data: ReportData, unread: Collection[str]) -> Sequence[Named]:
    """The rows of every file of this export or the last sync, in the order of the format.

    Empty if no rows were counted. `unread` are files that could not be read.
    """
    if all(rows is None for rows in data.rows.values()):
        return []
    known = FORMATS.get(data.format_name)
    order = [spec.name for spec in known.files] if known else []
    before: Mapping[str, int] = data.before.files if data.before else {}
    names = [*order, *sorted({*data.rows, *before} - {*order})]
    return [
        Named(
            shown(name),
            Count(
                None if name in unread else data.rows.get(name),
                before.get(name),
                here=name in data.rows,
                is_unread=name in unread,
            ),
        )
        for name in names
        if name in data.rows or name in before
    ]


def are_compared(data: ReportData) -> bool:
    """Whether people are compared with those of the last sync."""
    return data.before is not None and any(line.before for line in data.changes)


def whole_feed(data: ReportData) -> Sequence[Named]:
    """The number of schools, people and sections in the whole feed."""
    return [
        Named(_plural(line.kind), Count(line.now, line.before))
        for line in data.changes
        if line.whole_feed
    ]


def schools(data: ReportData) -> Schools:
    """The people of each school."""
    lines = [line for line in data.changes if not line.whole_feed and line.kind != SCHOOL]
    kinds = tuple(dict.fromkeys(line.kind for line in lines))
    rows: dict[tuple[int | None, bool], dict[str, Count]] = {}
    for line in lines:
        rows.setdefault(_place(line), {})[line.kind] = Count(line.now, line.before)
    ordered = sorted(rows.items(), key=lambda row: -_largest(row[1]))
    named = tuple(
        SchoolRow(_school(data, place), tuple(counts.get(kind) for kind in kinds))
        for place, counts in ordered[:SCHOOLS_SHOWN]
    )
    more = max(0, len(ordered) - SCHOOLS_SHOWN) + data.schools_left_out
    return Schools(tuple(map(_plural, kinds)), named, more)


def _place(line: PreviewLine) -> tuple[int | None, bool]:
    return line.school_line, line.in_last_export


def _largest(counts: Mapping[str, Count]) -> int:
    return max(abs((count.now or 0) - (count.before or 0)) for count in counts.values())


def _school(data: ReportData, place: tuple[int | None, bool]) -> str:
    line, in_last_export = place
    file = next(_school_files(data.format_name), "its file")
    if line is None:
        return f"Schools not in {file}"
    if in_last_export:
        return f"Line {line} of the last {file}"
    return shown(data.school_names.get(line, "")) or f"Line {line} of {file}"


def _school_files(format_name: str) -> Iterator[str]:
    known = FORMATS.get(format_name)
    for source in known.entities.entities if known else ():
        if source.entity == SCHOOL:
            yield source.file


def _plural(kind: str) -> str:
    return "Other people" if kind == "other" else f"{shown(kind).capitalize()}s"
