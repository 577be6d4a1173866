"""Missing, misspelt, repeated and unknown headers; findings never show personal data."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync_core.formats import FORMATS, Column, FileSpec, is_similar
from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.header import read_header
from tests.unit.validation_kit import check_with, faults, only_finding

SECTION = "SIS ID,School SIS ID,Section Name"


def section(header: str, *rows: str) -> list[tuple[str, str | None, tuple[int, ...]]]:
    """The findings of a section file: rule, field and line numbers."""
    found = faults(check_with("section.csv", "\n".join([header, *rows])))
    return [(rule, field, lines) for file, rule, field, lines in found if file == "section.csv"]


def test_a_required_header_that_is_missing_is_named_and_the_rest_is_still_checked() -> None:
    assert section("SIS ID,School SIS ID", "c1,N", ",N") == [
        ("header-missing", "Section Name", (1,)),
        ("value-missing", "SIS ID", (3,)),
    ]


def test_references_to_a_missing_column_are_not_checked() -> None:
    found = faults(check_with("section.csv", "School SIS ID,Section Name\nN,Maths\n"))
    assert found == [("section.csv", "header-missing", "SIS ID", (1,))]


@pytest.mark.parametrize(
    "spelling",
    [
        "Section Name ",
        "section name",
        "Section  Name",
        "SectionName",
        "Section_Name",
        "Section\xa0Name",
    ],
)
def test_a_misspelt_required_header_is_an_error(spelling: str) -> None:
    finding = only_finding(
        check_with("section.csv", f"SIS ID,School SIS ID,{spelling}\nc1,N,Maths\n")
    )
    assert (finding.type, finding.rule, finding.field) == (
        "Error",
        "header-misspelt",
        "Section Name",
    )
    assert "at position 3, " in finding.description


@pytest.mark.parametrize(
    ("spelling", "hint"),
    [
        ("Term StartDate ", "it starts or ends with white space"),
        ("ï»¿Term StartDate", "it starts with a byte order mark that was read as three letters"),
        ("term startdate", "upper and lower case differ"),
        ("Term Start Date", "its spaces differ"),
        ("\ufeffTerm StartDate", "it contains an invisible character"),
        ("Term_StartDate", "its spaces or punctuation differ"),
    ],
)
def test_the_finding_of_a_misspelt_header_says_how_it_differs(spelling: str, hint: str) -> None:
    finding = only_finding(check_with("section.csv", f"{SECTION},{spelling}\nc1,N,Maths,\n"))
    assert finding.description == (
        f"Misspelt header at position 4, expected Term StartDate: {hint}"
    )


def test_a_header_with_an_added_number_is_unknown() -> None:
    found = section("SIS ID,School SIS ID,Section Name 2", "c1,N,Maths")
    assert [rule for rule, _, _ in found] == ["header-missing", "header-unknown"]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [("Term Start Date", "Term StartDate"), ("Course SIS Id", "Course SIS ID")],
)
def test_a_misspelt_optional_header_is_a_warning(spelling: str, expected: str) -> None:
    finding = only_finding(check_with("section.csv", f"{SECTION},{spelling}\nc1,N,Maths,\n"))
    assert (finding.type, finding.rule, finding.field) == ("Warning", "header-misspelt", expected)


def test_a_second_byte_order_mark_is_part_of_the_first_header() -> None:
    assert section(f"\ufeff\ufeff{SECTION}") == [("header-misspelt", "SIS ID", (1,))]


def test_a_column_with_a_misspelt_header_is_still_validated() -> None:
    assert section("sis id,School SIS ID,Section Name", "c1,N,Maths", ",N,Maths") == [
        ("header-misspelt", "SIS ID", (1,)),
        ("value-missing", "SIS ID", (3,)),
    ]


def test_a_misspelt_header_next_to_the_exact_one_is_an_unknown_column() -> None:
    assert section(f"sis id,{SECTION}", "x,c1,N,Maths") == [("header-unknown", None, (1,))]


def test_of_a_repeated_header_only_the_first_column_is_validated() -> None:
    found = section(f"{SECTION},SIS ID,SIS ID", "c1,N,Maths,x,x", ",N,Maths,x,x")
    assert found == [("header-duplicate", "SIS ID", (1,)), ("value-missing", "SIS ID", (3,))]


def test_the_finding_of_a_repeated_header_names_its_positions() -> None:
    finding = only_finding(check_with("section.csv", f"{SECTION},SIS ID,SIS ID\nc1,N,Maths,x,x\n"))
    assert finding.type == "Error"
    assert finding.count == 2
    assert finding.description == "Duplicate header SIS ID at position 4, 5"


def test_unknown_headers_are_information_and_their_text_is_not_shown() -> None:
    finding = only_finding(check_with("section.csv", f"{SECTION},Zebra,Quagga\nc1,N,Maths,,\n"))
    assert (finding.type, finding.rule, finding.count) == ("Information", "header-unknown", 2)
    assert "at position 4, 5 " in finding.description
    assert "Zebra" not in finding.description


@pytest.mark.parametrize("extra", [",", ",,", ', ,""'])
def test_commas_at_the_end_of_all_lines_are_information(extra: str) -> None:
    finding = only_finding(check_with("section.csv", f"{SECTION}{extra}\nc1,N,Maths{extra}\n"))
    assert (finding.type, finding.rule) == ("Information", "header-empty")
    assert finding.count == extra.count(",")


def without_a_letter(name: str) -> list[str]:
    return [name[:i] + name[i + 1 :] for i, letter in enumerate(name) if letter.isalpha()]


def with_a_letter(name: str, letter: str) -> list[str]:
    return [name[:i] + letter + name[i:] for i in range(len(name) + 1)]


def with_another_letter(name: str, letter: str) -> list[str]:
    return [name[:i] + letter + name[i + 1 :] for i, old in enumerate(name) if old.isalpha()]


COLUMNS = sorted(
    {(spec, column) for fmt in FORMATS.values() for spec in fmt.files for column in spec.columns},
    key=lambda pair: (pair[0].name, pair[1].name),
)


@given(st.data(), st.sampled_from(COLUMNS), st.sampled_from("zq"))
def test_a_header_with_one_wrong_letter_is_expected_by_its_name(
    data: st.DataObject, place: tuple[FileSpec, Column], letter: str
) -> None:
    spec, column = place
    wrong = with_a_letter(column.name, letter)
    wrong += without_a_letter(column.name) if len(column.name) > 2 else []
    wrong += with_another_letter(column.name, letter) if len(column.name) > 4 else []
    header = data.draw(st.sampled_from(wrong))
    assume(header.casefold() != column.name.casefold())
    names = [other.name if other != column else header for other in spec.columns]
    counter = FindingCounter(spec)
    indexes = read_header(spec, names, 1, counter)
    assert indexes[column.name] == names.index(header)
    (finding,) = counter.findings()
    assert (finding.rule, finding.field) == ("header-misspelt", column.name)
    assert finding.type == ("Error" if column.required else "Warning")
    assert finding.description.endswith(f"expected {column.name}: {ONE_LETTER}")


ONE_LETTER = "one letter is too many, missing or wrong"


@pytest.mark.parametrize(
    ("name", "header", "similar"),
    [
        ("sessionSourcedIds", "sessionSourcedId", True),
        ("grade", "grades", True),
        ("Username", "Usrename", True),
        ("Username", "Usernames2", False),
        ("Section Name", "Section Name 2", False),
        ("Zone", "Phone", False),
        ("Zip", "Zap", False),
        ("Name", "", False),
    ],
)
def test_only_one_letter_may_differ(name: str, header: str, similar: bool) -> None:
    assert is_similar(name, header) is similar


def test_no_two_columns_of_a_file_are_similar() -> None:
    for fmt in FORMATS.values():
        for spec in fmt.files:
            for one, other in itertools.combinations(spec.columns, 2):
                assert not is_similar(one.name, other.name), (spec.name, one.name, other.name)


def test_of_two_similar_headers_only_the_first_stands_for_the_column() -> None:
    found = section(f"{SECTION},Term Nam,Term Names", "c1,N,Maths,a,b")
    assert found == [("header-misspelt", "Term Name", (1,)), ("header-unknown", None, (1,))]


def test_the_description_stays_short_with_hundreds_of_unknown_headers() -> None:
    extra = "," * 500
    finding = only_finding(check_with("section.csv", f"{SECTION}{extra}\nc1,N,Maths{extra}\n"))
    assert finding.count == 500
    assert len(finding.description) < 120


def test_a_first_line_with_personal_data_is_not_shown() -> None:
    validation = check_with("student.csv", "s1,N,ann.grade@school.example\ns2,N,bob\n")
    assert [finding.rule for finding in validation.findings] == ["header-not-found"]
    assert "ann" not in str(validation.findings)


def test_columns_can_be_in_any_order() -> None:
    header = "Status,Section Name,Term StartDate,School SIS ID,Periods,SIS ID"
    assert section(header, "Active,Maths,2026-09-01,N,1,c1") == []


def test_a_header_with_a_misplaced_quotation_mark_is_unreadable() -> None:
    assert section(f'{SECTION},"Periods', "c1,N,Maths,1") == [("quotes", None, (1,))]
