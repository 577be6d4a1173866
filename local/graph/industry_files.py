"""Validation of one upload's files, and the counts that a run makes of them.

Codes, messages and lists are those of the documented validate sample. The required files of a
format are from the format pages. Names are compared case-sensitively. A file that was never flushed
counts as missing.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from local.graph.industry_documents import FileFormat, PublicError

Files = Mapping[str, bytes]


class Layout(Struct, frozen=True):
    """The files of a format, and the files whose rows a run counts."""

    required: tuple[str, ...]
    expected: tuple[str, ...]
    others: tuple[str, ...]
    organizations: str
    people: tuple[str, ...]
    groups: str
    memberships: tuple[str, ...]


LAYOUTS: Mapping[FileFormat, Layout] = {
    "schoolDataSyncV1": Layout(
        required=("school.csv", "student.csv", "teacher.csv"),
        expected=("section.csv", "studentenrollment.csv", "teacherroster.csv"),
        others=("user.csv", "guardianrelationship.csv"),
        organizations="school.csv",
        people=("student.csv", "teacher.csv"),
        groups="section.csv",
        memberships=("studentenrollment.csv", "teacherroster.csv"),
    ),
    "schoolDataSyncV2Rev1": Layout(
        required=("orgs.csv", "users.csv", "roles.csv"),
        expected=("classes.csv", "enrollments.csv"),
        others=(
            "academicSessions.csv",
            "courses.csv",
            "demographics.csv",
            "userFlags.csv",
            "relationships.csv",
        ),
        organizations="orgs.csv",
        people=("users.csv",),
        groups="classes.csv",
        memberships=("enrollments.csv",),
    ),
}


class Findings(Struct, frozen=True):
    """The lists of a `fileValidateOperation`."""

    errors: list[PublicError]
    warnings: list[PublicError]
    validated: list[str]


class Counts(Struct, frozen=True):
    """The counts of one flow in a run: rows, and people by role."""

    organizations: int = 0
    people: int = 0
    groups: int = 0
    memberships: int = 0
    roles: Mapping[str, int] = {}


def check(file_format: FileFormat, files: Files) -> Findings:
    layout = LAYOUTS[file_format]
    known = (*layout.required, *layout.expected, *layout.others)
    return Findings(
        [
            _missing(name, "RequiredFileNotFound", "validate required file")
            for name in layout.required
            if name not in files
        ],
        [
            _missing(name, "OptionalFileNotFound", "validate file")
            for name in layout.expected
            if name not in files
        ],
        [name for name in known if name in files],
    )


def count(file_format: FileFormat, files: Files) -> Counts:
    layout = LAYOUTS[file_format]
    return Counts(
        _rows(files, layout.organizations),
        sum(_rows(files, name) for name in layout.people),
        _rows(files, layout.groups),
        sum(_rows(files, name) for name in layout.memberships),
        _roles(file_format, files),
    )


def _missing(name: str, code: str, doing: str) -> PublicError:
    return PublicError(code, f"When trying to {doing} {name} encountered {code} error.", name)


def _roles(file_format: FileFormat, files: Files) -> dict[str, int]:
    if file_format == "schoolDataSyncV1":
        return {"student": _rows(files, "student.csv"), "teacher": _rows(files, "teacher.csv")}
    rows = csv.DictReader(_lines(files, "roles.csv"))
    return dict(sorted(Counter(row.get("role") or "" for row in rows).items()))


def _rows(files: Files, name: str) -> int:
    return max(sum(1 for row in csv.reader(_lines(files, name)) if row) - 1, 0)


def _lines(files: Files, name: str) -> io.StringIO:
    return io.StringIO(files.get(name, b"").decode("utf-8-sig", "replace"), newline="")
