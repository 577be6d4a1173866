"""What a held export would change: for each school and kind, with the lines of this export."""

from collections.abc import Mapping

import msgspec

from sync_core.guards.preview import preview
from sync_core.model.holds import PreviewLine
from tests.unit.guards_kit import compared, night, numbered, v1, v21


def previewed(
    before: Mapping[str, str], now: Mapping[str, str], format_name: str = "sds-v1"
) -> list[PreviewLine]:
    old, new = night(before, format_name), night(now, format_name)
    comparison = compared(old, new)
    return list(
        preview(
            old.population, new.population, comparison.difference, comparison.places, format_name
        )
    )


def test_every_kind_comes_first_then_the_schools_that_change() -> None:
    before = v1([("s1", "N"), ("s2", "N"), ("s3", "S")], [("t1", "N")])
    now = v1([("s1", "N"), ("s2", "S"), ("s3", "S"), ("s4", "S")], [("t1", "N")])
    found = previewed(before, now)
    assert [(line.kind, line.before, line.now) for line in found if line.whole_feed] == [
        ("school", 2, 2),
        ("student", 3, 4),
        ("teacher", 1, 1),
    ]
    schools = [line for line in found if not line.whole_feed]
    assert sorted(schools, key=lambda line: line.school_line or 0) == [
        PreviewLine(
            kind="student",
            file="student.csv",
            school_line=2,
            whole_feed=False,
            before=2,
            now=1,
            removed=0,
            moved=1,
            changed_role=0,
            added=0,
        ),
        PreviewLine(
            kind="student",
            file="student.csv",
            school_line=3,
            whole_feed=False,
            before=1,
            now=3,
            removed=0,
            moved=0,
            changed_role=0,
            added=1,
            rows=(3, 5),
        ),
    ]


def test_a_school_that_is_gone_is_named_by_its_line_in_the_last_export() -> None:
    found = previewed(v1(numbered(2, "S")), v1([], schools=["N"]))
    (line,) = (line for line in found if not line.whole_feed)
    assert (line.school_line, line.in_last_export, line.removed) == (3, True, 2)


def test_only_the_first_rows_are_listed() -> None:
    found = previewed(v1(), v1(numbered(150)))
    (line,) = (line for line in found if not line.whole_feed)
    assert line.added == 150
    assert line.rows == tuple(range(2, 102))


def test_people_by_role_are_in_the_file_of_roles() -> None:
    found = previewed(v21([]), v21([("u1", "N", "nurse")]), "sds-v2.1")
    assert {line.kind: line.file for line in found} == {
        "school": "orgs.csv",
        "user": "users.csv",
        "nurse": "roles.csv",
    }


def test_no_id_is_in_it() -> None:
    found = previewed(v1([("s-ann-4711", "N")]), v1([("s-bob-4712", "S")]))
    assert b"471" not in msgspec.json.encode(found)
