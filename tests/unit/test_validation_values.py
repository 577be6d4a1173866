"""Values, unique keys and references; wordings are those of the service if it has one."""

import sys

import pytest

from sync_core.model.messages import Finding
from tests.unit.validation_kit import CLEAN, GUARDIANS, check, check_with, faults, only_finding

STUDENT = "SIS ID,School SIS ID,Username"
MANY = "".join(f"n{number},Name\n" for number in range(200))
USER = "Email,First Name,Last Name,Phone,SIS ID"


def student(*rows: str, extra: str = "") -> Finding:
    return only_finding(check_with("student.csv", "\n".join([STUDENT + extra, *rows])))


def is_accepted(extra: str, value: str) -> bool:
    validation = check_with("student.csv", f'{STUDENT},{extra}\ns1,N,ann,"{value}"\n')
    assert all(finding.field == extra for finding in validation.findings)
    return not validation.findings


@pytest.mark.parametrize("blank", ["", " ", "\t", '""', "\u3000"])
def test_a_blank_value_is_missing_data(blank: str) -> None:
    finding = student("s1,N,ann", f"s2,N,{blank}", f"s3,N,{blank}")
    assert finding.description == "2 row(s) have missing data for the field - Username"
    assert (finding.type, finding.rows) == ("Error", (3, 4))


def test_blank_ids_are_only_reported_as_missing() -> None:
    assert faults(check_with("student.csv", f"{STUDENT}\n,,ann\n,,bob\n")) == [
        ("student.csv", "value-missing", "SIS ID", (2, 3)),
        ("student.csv", "value-missing", "School SIS ID", (2, 3)),
    ]


@pytest.mark.parametrize(
    ("row", "rule"),
    [('"",Name', "value-missing"), ("n x,Name", "id-format"), (",Name", "value-missing")],
)
def test_one_irregular_value_among_many_regular_ones_is_found(row: str, rule: str) -> None:
    content = f"SIS ID,Name\nN,North\n\n{MANY}{row}\n{MANY.replace('n', 'm')}"
    for variant in (content, content.removesuffix("\n")):
        found = faults(check_with("school.csv", variant))
        assert found == [("school.csv", rule, "SIS ID", (204,))]


def test_an_unclosed_quotation_mark_hides_nothing_in_a_file_without_a_final_line_end() -> None:
    content = f'SIS ID,Name\nN,North\nX,"open\n{MANY}n x,Name\n{MANY.replace("n", "m")}'
    assert faults(check_with("school.csv", content.removesuffix("\n"))) == [
        ("school.csv", "quotes", None, (3,)),
        ("school.csv", "id-format", "SIS ID", (204,)),
    ]


@pytest.mark.parametrize("rows", [300_000, pytest.param(1_100_000, marks=pytest.mark.slow)])
def test_if_all_rows_are_repeated_the_count_is_complete(rows: int) -> None:
    once = "".join(f"{number},N\n" for number in range(rows))
    content = f"SIS ID,Name\nN,North\n{once}{once}"
    finding = only_finding(check_with("school.csv", content, block=2 << 20))
    assert (finding.rule, finding.count) == ("duplicate", rows)
    assert finding.rows == tuple(range(rows + 3, rows + 103))


@pytest.mark.parametrize("repeated", [1, 40])
def test_every_white_space_character_in_an_id_is_found_on_its_line(repeated: int) -> None:
    # With spaces in the names, no row is simple ASCII, so IDs are searched for white space.
    every = map(chr, range(sys.maxunicode + 1))
    characters = [each for each in every if each.isspace() and each not in "\r\n"]
    ids = [f"n{white}{number}" for number in range(repeated) for white in characters]
    rows = [f"p{number},Plain Name\n{bad},Other Name" for number, bad in enumerate(ids)]
    finding = only_finding(check_with("school.csv", "\n".join(["SIS ID,Name", "N,N N", *rows])))
    assert (finding.rule, finding.count) == ("id-format", len(ids))
    assert finding.rows == tuple(4 + 2 * number for number in range(len(ids)))[:100]


def test_a_value_of_any_white_space_character_alone_is_missing() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    white = [each for each in every if each.isspace() and each not in "\r\n"]
    # Letters before, between and after the white space of other scripts: none of them is blank.
    rows = [f"p{number},{name}" for number, name in enumerate([*white, "École", "Школа", "학교"])]
    finding = only_finding(check_with("school.csv", "\n".join(["SIS ID,Name", "N,N N", *rows])))
    assert (finding.rule, finding.count) == ("value-missing", len(white))


@pytest.mark.parametrize("value", ["s 1", " s1", "s1 ", "s\u00a01", "s\t1"])
def test_white_space_in_an_id_is_an_invalid_format(value: str) -> None:
    finding = student(f"{value},N,ann")
    assert finding.description == "1 row(s) have an invalid format for the field - SIS ID"
    assert (finding.type, finding.rule) == ("Error", "id-format")


def test_an_invalid_optional_value_is_a_warning() -> None:
    finding = student("s1,N,ann,4/2/2010", extra=",Birthdate")
    assert finding.description == "1 row(s) have an invalid format for the field - Birthdate"
    assert (finding.type, finding.rule) == ("Warning", "date-format")


@pytest.mark.parametrize("value", ["2010-04-02", "20100402", "2012-02-29", ""])
def test_an_iso_8601_date_is_accepted(value: str) -> None:
    assert is_accepted("Birthdate", value)


@pytest.mark.parametrize(
    "value",
    ["2010-4-2", "02.04.2010", "2011-02-29", "2010-13-01", "2010-W14-5", "20100402T00", "٢٠١٠٠٤٠٢"],
)
def test_any_other_date_is_invalid(value: str) -> None:
    assert not is_accepted("Birthdate", value)


@pytest.mark.parametrize("value", ["a@b.example", "o'neil+x@mail.b.example", "é@b.example"])
def test_a_valid_email_address_is_accepted(value: str) -> None:
    assert is_accepted("Secondary Email", value)


@pytest.mark.parametrize(
    "value", ["ann", "a@b", "a@@b.example", "a b@c.example", "a@b..example", "a@b.", "@b.example"]
)
def test_an_invalid_email_address_is_reported(value: str) -> None:
    assert not is_accepted("Secondary Email", value)


@pytest.mark.parametrize(
    ("phone", "fault"),
    [
        ("+14255550100", None),
        ("", None),
        ("425-555-0100", "phone-format"),
        ("+0425550100", "phone-format"),
        ("+1234567890123456", "phone-format"),
    ],
)
def test_the_phone_number_of_a_guardian_must_be_e_164(phone: str, fault: str | None) -> None:
    validation = check_with("user.csv", f"{USER}\np@home.example,Pat,Example,{phone},\n")
    assert [(f.rule, f.type) for f in validation.findings] == (
        [(fault, "Warning")] if fault else []
    )


@pytest.mark.parametrize(
    ("role", "fault"), [("Parent", None), ("pARENT", None), ("", None), ("Uncle", "enum-value")]
)
def test_the_role_of_a_guardian_is_listed_in_any_case(role: str, fault: str | None) -> None:
    content = f"SIS ID,Email,Role\ns1,p@home.example,{role}\n"
    validation = check_with("guardianrelationship.csv", content)
    assert [(f.rule, f.type) for f in validation.findings] == (
        [(fault, "Warning")] if fault else []
    )


def test_rows_that_repeat_an_earlier_value_are_counted() -> None:
    finding = student("s1,N,ann", "s2,N,bob", "s3,N,ann", "s4,N,ann", "s5,N,Ann")
    assert finding.description == (
        "3 duplicates found in column Username which requires values to be Unique."
    )
    assert (finding.type, finding.rule, finding.rows) == ("Warning", "duplicate", (4, 5, 6))


@pytest.mark.parametrize("block", [8, 30, 1000])
def test_duplicates_within_and_between_blocks_are_counted_once(block: int) -> None:
    rows = ["N,North", "N,North", "S,South", "E,East", "N,North", "N,North", "S,South", "W,West"]
    validation = check_with("school.csv", "\n".join(["SIS ID,Name", *rows]), block=block)
    assert faults(validation) == [("school.csv", "duplicate", "SIS ID", (3, 6, 7, 8))]
    assert only_finding(validation).count == 4


def test_ids_that_differ_in_case_are_different() -> None:
    assert check_with("student.csv", f"{STUDENT}\ns1,N,ann\nS1,N,bob\n").findings == ()


def test_the_same_id_in_two_files_is_two_people() -> None:
    teachers = str(CLEAN["teacher.csv"]).replace("t1", "s1")
    assert check({**CLEAN, "teacher.csv": teachers}).findings == ()


def test_email_addresses_that_differ_in_case_are_the_same() -> None:
    user = f"{USER}\nP@Home.example,Pat,Example,,\np@home.EXAMPLE,Pat,Example,,\n"
    files = {**CLEAN, **GUARDIANS, "user.csv": user}
    assert faults(check(files)) == [("user.csv", "duplicate", "Email", (3,))]


def test_a_pair_must_be_unique_but_its_values_may_repeat() -> None:
    rows = "Section SIS ID,SIS ID\nc1,s1\nc1,s2\nc1,s1\n"
    finding = only_finding(check_with("studentenrollment.csv", rows))
    assert (finding.type, finding.rule, finding.rows) == ("Warning", "duplicate", (4,))
    assert "in column Section SIS ID + SIS ID which" in finding.description


def test_a_pair_with_a_missing_value_is_not_a_duplicate() -> None:
    rows = "Section SIS ID,SIS ID\nc1,s1\nc1,\nc1,\n"
    assert only_finding(check_with("studentenrollment.csv", rows)).rule == "value-missing"


def test_a_pair_with_an_email_address_is_not_case_sensitive() -> None:
    content = "SIS ID,Email,Role\ns1,p@home.example,\ns1,P@Home.example,\n"
    finding = only_finding(check_with("guardianrelationship.csv", content))
    assert (finding.rule, finding.rows) == ("duplicate", (3,))


def test_pairs_that_are_equal_when_joined_are_different() -> None:
    section = "SIS ID,School SIS ID,Section Name\nc1,N,Maths\nc1s,N,Art\n"
    students = f"{STUDENT}\ns1,N,ann\n1,N,bob\n"
    enrolled = "Section SIS ID,SIS ID\nc1,s1\nc1s,1\n"
    files = {**CLEAN, "section.csv": section, "student.csv": students}
    roster = "Section SIS ID,SIS ID\n"
    validation = check({**files, "studentenrollment.csv": enrolled, "teacherroster.csv": roster})
    assert validation.findings == ()


def test_a_dangling_reference_is_an_error() -> None:
    finding = only_finding(
        check_with("teacherroster.csv", "Section SIS ID,SIS ID\nc1,t1\nc1,T1\nc1,s1\n")
    )
    assert finding.description == (
        "2 row(s) have referenced data not found in source. Field - SIS ID"
    )
    assert (finding.type, finding.rows) == ("Error", (3, 4))


def test_a_dangling_relationship_is_a_warning() -> None:
    content = "SIS ID,Email,Role\ns9,p@home.example,\ns1,q@home.example,\n"
    validation = check_with("guardianrelationship.csv", content)
    assert [(f.type, f.rule, f.field, f.rows) for f in validation.findings] == [
        ("Warning", "reference-not-found", "SIS ID", (2,)),
        ("Warning", "reference-not-found", "Email", (3,)),
    ]


def test_findings_are_ordered_by_file_then_rule_then_column() -> None:
    found = faults(
        check(
            {
                "teacher.csv": f"{STUDENT}\n,N,\n",
                "student.csv": f"{STUDENT}\ns1,X,\ns 1,X,ann\n\ns2,N\n",
                "school.csv": "SIS ID,Name\nN,\n",
            }
        )
    )
    assert [(file, rule, field) for file, rule, field, _ in found] == [
        ("school.csv", "value-missing", "Name"),
        ("student.csv", "fields-too-few", None),
        ("student.csv", "value-missing", "Username"),
        ("student.csv", "id-format", "SIS ID"),
        ("student.csv", "reference-not-found", "School SIS ID"),
        ("teacher.csv", "value-missing", "SIS ID"),
        ("teacher.csv", "value-missing", "Username"),
    ]


def test_a_finding_never_contains_a_value() -> None:
    canary = "Quagga"
    files = {
        "school.csv": f"SIS ID,Name,{canary}\n{canary} 1,{canary},{canary}\n{canary},,\n",
        "student.csv": (
            f"{STUDENT},Birthdate,Secondary Email\n{canary},{canary},{canary},{canary},{canary}\n"
            f'{canary},x{canary},{canary},"{canary}\n",{canary}\n{canary}"\n{canary}\0\n'
        ),
        "teacher.csv": f"{canary},{canary}\n{canary}\n",
    }
    findings = check(files).findings
    assert len({finding.rule for finding in findings}) >= 10
    assert canary not in str(findings)


@pytest.mark.parametrize(
    ("school", "refers"),
    [("7", "007"), ("007", "7"), ("07", "007"), ("0", "000"), ("000", "0")],
)
def test_leading_zeros_that_differ_have_a_second_finding(school: str, refers: str) -> None:
    files = {
        "school.csv": f"SIS ID,Name\n{school},North\n",
        "student.csv": f"{STUDENT}\ns1,{school},ann\ns2,{refers},bob\ns3,0008,eve\n",
        "teacher.csv": f"{STUDENT}\nt1,{school},cleo\n",
    }
    findings = check(files).findings
    assert [(f.type, f.rule, f.field, f.rows) for f in findings] == [
        ("Error", "reference-not-found", "School SIS ID", (3, 4)),
        ("Information", "leading-zeros", "School SIS ID", (3,)),
    ]


@pytest.mark.parametrize(("value", "rule"), [("46258", "date-serial"), ("9/1/2026", "date-format")])
def test_a_spreadsheet_day_number_has_its_own_rule(value: str, rule: str) -> None:
    assert student(f"s1,N,ann,{value}", extra=",Birthdate").rule == rule


def test_a_text_too_long_for_the_directory_is_a_warning() -> None:
    fits = student(f"s1,N,ann,{'é' * 65}", f"s2,N,bob,{'é' * 64}", extra=",First Name")
    assert (fits.type, fits.rule, fits.rows) == ("Warning", "value-too-long", (2,))
