"""Names what a guard counted, without an ID or a name: a school is named by its line."""

from collections.abc import Mapping
from typing import NamedTuple

from sync_core.formats import format_named
from sync_core.formats.entities import SCHOOL, SECTION, USER
from sync_core.guards.population import NO_SCHOOL, Members, Population

_PLURALS = {
    SCHOOL: "schools",
    SECTION: "sections",
    USER: "users",
    "student": "students",
    "teacher": "teachers",
}


class Subject(NamedTuple):
    """What was counted: a kind of entity or a file, in the whole feed or in one school.

    `school_line` is the school's line in `school_file` of this export, or, if `in_last_export`, of
    the last one. It is None for the whole feed, and for a school that is not in the file.
    """

    kind: str | None = None
    file: str | None = None
    is_school: bool = False
    school_line: int | None = None
    in_last_export: bool = False
    school_file: str = ""

    @property
    def text(self) -> str:
        """The subject in words."""
        if self.file or self.kind is None:
            return self.file or ""
        people = _PLURALS.get(self.kind, f"people with the role {self.kind}")
        if not self.is_school:
            return people
        if self.school_line is None:
            return f"{people} of a school that is not in {self.school_file}"
        export = " of the last export" if self.in_last_export else ""
        return f"{people} of the school on line {self.school_line} of {self.school_file}{export}"


class Places:
    """Where the schools of two nights are in their files."""

    def __init__(self, before: Population, now: Population, format_name: str) -> None:
        self._before, self._now = _lines(before.of(SCHOOL)), _lines(now.of(SCHOOL))
        sources = format_named(format_name).entities.entities
        # A format without schools has no people of a school either.
        self._file = next((source.file for source in sources if source.entity == SCHOOL), "")

    def feed(self, kind: str) -> Subject:
        """A kind in the whole feed."""
        return Subject(kind=kind)

    def subject(self, kind: str, school: int) -> Subject:
        """A kind in a school, given by its digest, or in the whole feed."""
        if school == NO_SCHOOL:
            return self.feed(kind)
        line = self._now.get(school)
        return Subject(
            kind=kind,
            is_school=True,
            school_line=self._before.get(school) if line is None else line,
            in_last_export=line is None and school in self._before,
            school_file=self._file,
        )


def _lines(schools: Members) -> Mapping[int, int]:
    if schools.lines is None:
        return {}
    return dict(zip(schools.ids.tolist(), schools.lines.tolist(), strict=True))
