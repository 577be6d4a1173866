"""Which file of a format a wrong name is probably meant for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.formats import FORMATS, Format
from sync_core.model.likely_names import ENDINGS, Likely, likely_file

V1, V2_1 = FORMATS["sds-v1"], FORMATS["sds-v2.1"]

FILES = [(fmt, spec.name) for fmt in FORMATS.values() for spec in fmt.files]
EACH_FILE = st.sampled_from(FILES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("students.csv", "student.csv"),
        ("schools.csv", "school.csv"),
        ("student_enrollment.csv", "studentenrollment.csv"),
        ("teacher-roster.csv", "teacherroster.csv"),
        ("lincoln_student.csv", "student.csv"),
        ("copy of student.csv", "student.csv"),
        ("studnet.csv", "student.csv"),
        ("student", "student.csv"),
    ],
)
def test_a_similar_name_is_paired(name: str, expected: str) -> None:
    assert likely_file(name, V1) == Likely("similar-name", expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("class.csv", "classes.csv"),
        ("org.csv", "orgs.csv"),
        ("academic_sessions.csv", "academicSessions.csv"),
        ("enrolments.csv", "enrollments.csv"),
    ],
)
def test_a_singular_of_v2_1_is_paired(name: str, expected: str) -> None:
    assert likely_file(name, V2_1) == Likely("similar-name", expected)


@pytest.mark.parametrize(
    "name",
    ["student_20261120.csv", "20261120-student.csv", "student (2).csv", "student.csv.20261120"],
)
def test_a_dated_or_numbered_name_is_paired(name: str) -> None:
    assert likely_file(name, V1) == Likely("dated-name", "student.csv")


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("student.csv.gz", Likely("compressed", "student.csv")),
        ("students_20261120.csv.gz", Likely("compressed", "student.csv")),
        ("export.7z", Likely("compressed")),
        ("student.csv.pgp", Likely("encrypted", "student.csv")),
        ("school.csv.filepart", Likely("unfinished", "school.csv")),
        ("student.xlsx", Likely("other-type", "student.csv")),
        ("student.csv.txt", Likely("other-type", "student.csv")),
    ],
)
def test_the_end_of_a_name_says_what_the_file_is(name: str, likely: Likely) -> None:
    assert likely_file(name, V1) == likely


@pytest.mark.parametrize(
    "name", ["readme.txt", "photos.jpg", ".keep", "", "a", "20261120.csv", "ü"]
)
def test_a_name_that_is_like_no_file_of_the_format_is_not_paired(name: str) -> None:
    assert likely_file(name, V1) is None


@given(EACH_FILE, st.dates(), st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%d.%m.%Y"]))
def test_every_file_is_paired_whatever_date_its_name_has(
    file: tuple[Format, str], day: date, style: str
) -> None:
    fmt, name = file
    stem = name.removesuffix(".csv").lower()
    assert likely_file(f"{stem}_{day:{style}}.csv", fmt) == Likely("dated-name", name)


@given(EACH_FILE, st.sampled_from(sorted(ENDINGS)))
def test_every_file_is_paired_whatever_it_is_packed_with(
    file: tuple[Format, str], ending: str
) -> None:
    fmt, name = file
    assert likely_file(name.lower() + ending, fmt) == Likely(ENDINGS[ending], name)


@pytest.mark.slow
@given(st.text(max_size=300))
def test_any_name_has_an_answer(name: str) -> None:
    likely = likely_file(name.lower(), V1)
    assert likely is None or likely.expected is None or V1.file(likely.expected)
