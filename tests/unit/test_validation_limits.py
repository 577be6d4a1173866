"""What only some targets do not take: many rows in a file, and some characters in class IDs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import FORMATS
from sync_core.model.target_kinds import (
    CLASSIC,
    DRY_RUN,
    INDUSTRY_DATA,
    NO_LIMITS,
    FileLimits,
    TargetKind,
    file_limits,
)
from tests.unit.validation_kit import CLASSES, CLEAN, check, faults, only_finding

SECTION = "SIS ID,School SIS ID,Section Name"


def sections(*ids: str, limits: FileLimits = CLASSIC.file_limits) -> list[tuple[int, ...]]:
    """The lines of findings in a file of classes with these IDs."""
    rows = [f'"{each.replace(chr(34), chr(34) * 2)}",N,Maths' for each in ids]
    files = {
        **CLEAN,
        "section.csv": "\n".join([SECTION, *rows]),
        "studentenrollment.csv": "Section SIS ID,SIS ID\n",
        "teacherroster.csv": "Section SIS ID,SIS ID\n",
    }
    found = check(files, limits=limits).findings
    assert {(each.rule, each.type, each.field) for each in found} <= {
        ("class-id-characters", "Warning", "SIS ID")
    }
    return [each.rows for each in found]


@pytest.mark.parametrize("kind", [CLASSIC, DRY_RUN, None])
@pytest.mark.parametrize("name", sorted(CLASSIC.formats))
def test_a_set_for_the_classic_api_or_an_unknown_target_has_its_limits(
    kind: TargetKind | None, name: str
) -> None:
    limits = file_limits(kind, name)
    assert limits.rows == 500_000
    assert set(limits.class_id_characters) == set('@()\\[]";:.<>,')


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((INDUSTRY_DATA, name) for name in sorted(INDUSTRY_DATA.formats)),
        *(
            (kind, name)
            for kind in (DRY_RUN, None)
            for name in sorted({*FORMATS} - CLASSIC.formats)
        ),
    ],
)
def test_other_targets_and_formats_have_none(kind: TargetKind | None, name: str) -> None:
    assert file_limits(kind, name) == NO_LIMITS


@pytest.mark.parametrize("block", [30, 1 << 20])
def test_a_file_with_more_rows_than_the_limit_has_one_warning(block: int) -> None:
    enrolled = "Section SIS ID,SIS ID\nc1,s1\n\nc1,s2\nc1,s3\n"
    student = str(CLEAN["student.csv"]) + "s3,N,eve\n"
    files = {**CLEAN, **CLASSES, "student.csv": student, "studentenrollment.csv": enrolled}
    assert check(files, block=block, limits=FileLimits(rows=3)).findings == ()
    found = check(files, block=block, limits=FileLimits(rows=2)).findings
    assert [(each.type, each.file_name, each.rule, each.rows) for each in found] == [
        ("Warning", name, "rows-over-limit", ())
        for name in ("student.csv", "studentenrollment.csv")
    ]


def test_the_warning_names_the_limit() -> None:
    rows = "".join(f"s{number},N,u{number}\n" for number in range(1001))
    files = {**CLEAN, "student.csv": f"SIS ID,School SIS ID,Username\n{rows}"}
    finding = only_finding(check(files, limits=FileLimits(rows=1000)))
    assert finding.description == "The file has more than 1,000 rows, the limit of the classic API"


def test_malformed_rows_count_because_the_service_gets_them_too() -> None:
    files = {**CLEAN, "school.csv": "SIS ID,Name\nN,North\nS\n"}
    assert ("school.csv", "rows-over-limit", None, ()) in faults(
        check(files, limits=FileLimits(rows=1))
    )


@pytest.mark.parametrize("character", CLASSIC.file_limits.class_id_characters)
def test_a_character_that_a_mail_nickname_must_not_have_is_a_warning(character: str) -> None:
    assert sections("7A", f"7{character}A", f"{character}7A", "8B", f"9{character}") == [(3, 4, 6)]


@pytest.mark.parametrize("allowed", ["7A", "7-A", "7_A", "7/A", "7+A", "7Ä", "\u73ed7"])
def test_other_characters_are_accepted(allowed: str) -> None:
    assert sections(allowed) == []


def test_without_limits_the_ids_of_classes_are_free() -> None:
    assert sections("7A;wi(1)", "8B@hist", limits=NO_LIMITS) == []


def test_only_classes_are_groups() -> None:
    people = "SIS ID,School SIS ID,Username\n{},N.1,{}\n"
    files = {
        "school.csv": "SIS ID,Name\nN.1,North\n",
        "student.csv": people.format("s;1", "ann.beck"),
        "teacher.csv": people.format("t(1)", "cleo.dahl"),
    }
    assert check(files, limits=CLASSIC.file_limits).findings == ()


# An equals sign at the start, a number with an exponent or #REF! would be damaged IDs.
ID = st.text(st.sampled_from('ab\u00e9\u4e2d@()\\[]";:.<>,-_/&'), min_size=1, max_size=5)


@settings(deadline=None, max_examples=40)
@given(ids=st.lists(ID, min_size=1, max_size=6, unique=True))
def test_the_lines_are_those_of_the_ids_with_such_a_character(ids: list[str]) -> None:
    refused = set(CLASSIC.file_limits.class_id_characters)
    lines = tuple(line for line, each in enumerate(ids, start=2) if refused & set(each))
    assert sections(*ids) == ([lines] if lines else [])
