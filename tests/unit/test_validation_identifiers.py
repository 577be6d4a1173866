"""IDs, user names and names that were damaged on the way, most often by a spreadsheet."""

import sys
from unicodedata import category

import pytest

from sync_core.model.messages import Finding
from sync_core.validation.engine import validate
from sync_core.validation.model import Validation
from tests.unit.damaged_values import FAULTS, WITHOUT_PLUS, of_rule, quoted
from tests.unit.validation_kit import CLASSES, CLEAN, SDS_V2_1, check, check_with, csv_file, faults

STUDENT = "SIS ID,School SIS ID,Username,First Name"


def student(*rows: str) -> list[Finding]:
    return list(check_with("student.csv", "\n".join([STUDENT, *rows, ""])).findings)


@pytest.mark.parametrize(("value", "rule"), FAULTS.items())
def test_a_damaged_id_is_an_error(value: str, rule: str) -> None:
    found = student("s1,N,ann,Ann", f"{quoted(value)},N,bob,Bob")
    assert [(each.type, each.rule, each.field, each.rows) for each in found] == [
        ("Error", rule, "SIS ID", (3,))
    ]


@pytest.mark.parametrize(
    ("value", "rule"), [item for item in FAULTS.items() if item[0] not in WITHOUT_PLUS]
)
def test_a_damaged_user_name_is_an_error(value: str, rule: str) -> None:
    found = student("s1,N,ann,Ann", f"s2,N,{quoted(value)},Bob")
    assert of_rule(found, rule) == [("Error", "Username", (3,))]


@pytest.mark.parametrize(
    "value",
    [
        *("7E1", "10E3", "1E10", "8.1E2", "7E+1", "12E-05", "#1", "#A", "1#REF!", "A=1", "A+1"),
        *("NULLER", "nuLl1", "None1", "N", "NA", "P1.0", "7-Art", "10-MAR", "7.1.26", "Err:5"),
        *("2026-11-28", "d\u00e9j\u00e0", "\u5b66\u751f", "123456789012345", "1234567890123456"),
    ],
)
def test_an_id_that_only_resembles_a_damaged_one_is_accepted(value: str) -> None:
    assert student("s1,N,ann,Ann", f"{value},N,bob,Bob") == []


@pytest.mark.parametrize("name", ["Null", "NULL", "None", "#REF!", "=1", "Ann\u200bMarie", "7-Jan"])
def test_the_name_of_a_person_may_be_any_word(name: str) -> None:
    assert student(f"s1,N,ann,{name}") == []


@pytest.mark.parametrize("white", [" ", "\u00a0", "\u2009", "\t", "\u3000"])
def test_white_space_in_a_user_name_is_an_error(white: str) -> None:
    rows = [f"s1,N,ann{white},Ann", f"s2,N,{white}bob,Bob", f"s3,N,cy{white}d,Cy", "s4,N,dee,Dee"]
    assert of_rule(student(*rows), "id-format") == [("Error", "Username", (2, 3, 4))]


def test_letters_lost_from_a_name_are_a_warning() -> None:
    found = student("s1,N,ann,Ren\ufffd", "s2,N,bob,René")
    assert of_rule(found, "lost-letters") == [("Warning", "First Name", (2,))]
    assert len(found) == 1


def test_every_control_or_format_character_is_invisible() -> None:
    letters = map(chr, range(sys.maxunicode))
    hidden = [letter for letter in letters if category(letter) in ("Cc", "Cf")]
    hidden = [letter for letter in hidden if not letter.isspace() and letter not in "\0\ufeff"]
    rows = [f"s{number}{letter}x,N,u{number},Ann" for number, letter in enumerate(hidden)]
    (found,) = student(*rows)
    assert (found.rule, found.count) == ("invisible-character", len(hidden))


@pytest.mark.parametrize(
    "value", ["7-Jan", "Jan-07", "07. Jan", "7-Jan-26", "07-janv.", "1/7/2026", "07.01.2026"]
)
def test_an_id_that_became_a_date_is_a_warning(value: str) -> None:
    section = f"SIS ID,School SIS ID,Section Name\nc1,N,Maths\n{value},N,Art\n"
    found = list(check_with("section.csv", section).findings)
    assert of_rule(found, "id-date") == [("Warning", "SIS ID", (3,))]
    assert all(each.type == "Warning" or each.rule == "id-format" for each in found)


@pytest.mark.parametrize("block", [40, 1 << 20])
def test_ids_that_all_end_with_0_are_one_warning(block: int) -> None:
    rows = "".join(f"{number}.0,N,user{number}\n" for number in range(1, 40))
    content = f"SIS ID,School SIS ID,Username\n{rows}"
    validation = check_with("student.csv", content, block=block)
    assert faults(validation) == [("student.csv", "id-decimal", "SIS ID", tuple(range(2, 41)))]
    assert validation.findings[0].type == "Warning"
    some = check_with("student.csv", content + "s1,N,ann\n", block=block)
    assert some.findings == ()


@pytest.mark.parametrize("block", [40, 1 << 20])
def test_zeros_after_15_digits_are_a_warning(block: int) -> None:
    values = ["1234567890123450", "1234567890123460", "s3", "123456789012345000"]
    rows = "".join(f"{value},N,u{value}\n" for value in values)
    content = f"SIS ID,School SIS ID,Username\n{rows}"
    validation = check_with("student.csv", content, block=block)
    assert faults(validation) == [("student.csv", "id-digits", "SIS ID", (2, 3, 5))]
    assert validation.findings[0].type == "Warning"


def test_long_ids_of_which_some_end_with_zero_by_chance_are_accepted() -> None:
    rows = [f"{1234567890123450 + number},N,u{number},Ann" for number in range(20)]
    assert student(*rows) == []


@pytest.mark.parametrize(
    ("school", "refers", "rule"),
    [
        ("1001", "1001.0", "decimal-ending"),
        ("1001.0", "1001", "decimal-ending"),
        ("01001", "1001.0", "decimal-ending"),
        ("1001.0", "01001", "decimal-ending"),
        ("0", "0.0", "decimal-ending"),
        ("01001.0", "1001.0", "leading-zeros"),
    ],
)
def test_a_reference_that_only_an_ending_0_separates_has_a_second_finding(
    school: str, refers: str, rule: str
) -> None:
    files = {
        "school.csv": f"SIS ID,Name\n{school},North\nx,South\n",
        "student.csv": f"{STUDENT}\ns1,{school},ann,\ns2,{refers},bob,\ns3,1002.0,eve,\n",
        "teacher.csv": f"{STUDENT}\nt1,{school},cleo,\n",
    }
    assert [(f.type, f.rule, f.field, f.rows) for f in check(files).findings] == [
        ("Error", "reference-not-found", "School SIS ID", (3, 4)),
        ("Information", rule, "School SIS ID", (3,)),
    ]


def test_a_damaged_reference_is_explained_where_it_is_not_found() -> None:
    content = "Section SIS ID,SIS ID\nc1,s1\nc1,2.02601E+11\n#REF!,NULL\n7-Jan,s\u200b2\n"
    found = faults(check_with("studentenrollment.csv", content))
    assert [(rule, field, rows) for _, rule, field, rows in found] == [
        ("id-spreadsheet", "Section SIS ID", (4,)),
        ("id-spreadsheet", "SIS ID", (3,)),
        ("value-null", "SIS ID", (4,)),
        ("invisible-character", "SIS ID", (5,)),
        ("id-date", "Section SIS ID", (5,)),
        ("reference-not-found", "Section SIS ID", (4, 5)),
        ("reference-not-found", "SIS ID", (3, 4, 5)),
    ]


def test_a_damaged_id_is_reported_where_it_belongs_and_not_where_it_is_repeated() -> None:
    students = f"{STUDENT}\n2.02601E+11,N,ann,Ann\n"
    enrolled = "Section SIS ID,SIS ID\nc1,2.02601E+11\n"
    files = {**CLEAN, **CLASSES, "student.csv": students, "studentenrollment.csv": enrolled}
    assert faults(check(files)) == [("student.csv", "id-spreadsheet", "SIS ID", (2,))]


@pytest.mark.parametrize("block", [20, 60, 1 << 20])
def test_one_id_with_different_user_names_is_an_error(block: int) -> None:
    rows = ["1,N,ann", "2,N,bob", "1,N,cy", "1,N,ANN", "3,N,dee", "2,N,bob", "1,N,cy", "3,N,eve"]
    content = "\n".join(["SIS ID,School SIS ID,Username", *rows, ""])
    found = list(check_with("student.csv", content, block=block).findings)
    assert of_rule(found, "id-shared") == [("Error", "SIS ID", (4, 8, 9))]
    assert of_rule(found, "duplicate") == [
        ("Warning", "SIS ID", (4, 5, 7, 8, 9)),
        ("Warning", "Username", (5, 7, 8)),
    ]


def test_a_person_of_two_schools_with_one_user_name_stays_a_warning() -> None:
    found = student("s1,N,ann,Ann", "s1,N,Ann,Ann")
    assert {each.type for each in found} == {"Warning"}


def test_a_row_without_a_user_name_does_not_show_a_shared_id() -> None:
    found = student("s1,N,,Ann", "s1,N,ann,Ann", "s1,N,bob,Bob")
    assert of_rule(found, "id-shared") == [("Error", "SIS ID", (4,))]


def users(*names: str) -> Validation:
    rows = "".join(f"u{number},{name}\n" for number, name in enumerate(names))
    files = {
        "orgs.csv": "sourcedId,name,type\nN,North,school\n",
        "users.csv": f"sourcedId,username\n{rows}",
        "roles.csv": "userSourcedId,orgSourcedId,role\nu0,N,student\n",
    }
    return validate(SDS_V2_1, [csv_file(name, text, block=30) for name, text in files.items()])


def test_user_names_without_any_domain_are_one_information() -> None:
    (found,) = users("ann", "bob", "cy").findings
    assert (found.type, found.rule, found.count, found.rows) == (
        "Information",
        "username-domain",
        1,
        (),
    )
    assert users("ann", "bob", "cy@elm.example").findings == ()
