"""What the formats promise: the published columns, and data that hangs together."""

import pytest

from sync_core.formats import FORMATS, FileSpec, Format, format_named

SDS_V1 = format_named("sds-v1")

every_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)


def spec_of(name: str) -> FileSpec:
    spec = SDS_V1.file(name)
    assert spec is not None
    return spec


def test_a_name_that_is_no_format_is_answered_with_the_names_that_are() -> None:
    with pytest.raises(ValueError, match=r"'sds-v9'.*sds-v1"):
        format_named("sds-v9")


def test_a_set_needs_schools_students_and_teachers() -> None:
    assert SDS_V1.required_files() == {"school.csv", "student.csv", "teacher.csv"}


def test_classes_and_guardians_come_whole_or_not_at_all() -> None:
    assert SDS_V1.groups == {
        "classes": {"section.csv", "studentenrollment.csv", "teacherroster.csv"},
        "guardians": {"user.csv", "guardianrelationship.csv"},
    }


@pytest.mark.parametrize("spelling", ["StudentEnrollment.csv", "studentenrollment.CSV"])
def test_a_file_is_found_in_any_case_and_has_one_upload_spelling(spelling: str) -> None:
    assert spec_of(spelling).name == "studentenrollment.csv"


def test_a_file_of_no_format_is_not_found() -> None:
    assert SDS_V1.file("students.csv") is None
    assert SDS_V1.file("student") is None


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("school.csv", "SIS ID,Name"),
        ("section.csv", "SIS ID,School SIS ID,Section Name"),
        ("student.csv", "SIS ID,School SIS ID,Username"),
        ("teacher.csv", "SIS ID,School SIS ID,Username"),
        ("studentenrollment.csv", "Section SIS ID,SIS ID"),
        ("teacherroster.csv", "Section SIS ID,SIS ID"),
        ("user.csv", "Email,First Name,Last Name,Phone,SIS ID"),
        ("guardianrelationship.csv", "SIS ID,Email,Role"),
    ],
)
def test_the_required_headers_are_the_published_minimum(name: str, headers: str) -> None:
    required = [column.name for column in spec_of(name).columns if column.required]
    assert required == headers.split(",")


FULL_HEADERS = {
    "school.csv": """
        SIS ID,Name,School Number,School NCES_ID,State ID,Grade Low,Grade High,Principal SIS ID,
        Principal Name,Principal Secondary Email,Address,City,State,Country,Zip,Phone,Zone""",
    "section.csv": """
        SIS ID,School SIS ID,Section Name,Section Number,Term SIS ID,Term Name,Term StartDate,
        Term EndDate,Course SIS ID,Course Name,Course Number,Course Description,Course Subject,
        Periods,Status""",
    "student.csv": """
        SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email,
        Student Number,Middle Name,Grade,Status,Birthdate,Graduation Year,
        Mailing Address,Mailing City,Mailing State,Mailing Zip,Mailing Latitude,Mailing Longitude,
        Mailing Country,Residence Address,Residence City,Residence State,Residence Zip,
        Residence Latitude,Residence Longitude,Residence Country,Gender,ELL Status,FederalRace""",
    "teacher.csv": """
        SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Teacher Number,Status,
        Middle Name,Secondary Email,Title,Qualification,Grade""",
}


@pytest.mark.parametrize("name", FULL_HEADERS)
def test_the_full_headers_are_the_published_ones(name: str) -> None:
    published = [header.strip() for header in FULL_HEADERS[name].split(",")]
    assert [column.name for column in spec_of(name).columns] == published


def test_only_what_a_contact_may_lack_has_a_header_without_a_value() -> None:
    blank = {
        (spec.name, column.name)
        for spec in SDS_V1.files
        for column in spec.columns
        if column.required and not column.required_value
    }
    assert blank == {
        ("user.csv", "Phone"),
        ("user.csv", "SIS ID"),
        ("guardianrelationship.csv", "Role"),
    }


@every_format
def test_a_reference_points_to_a_column_of_its_own_file_or_of_one_further_up(fmt: Format) -> None:
    seen: dict[str, FileSpec] = {}
    for spec in fmt.files:
        seen[spec.name] = spec
        for reference in spec.references:
            assert spec.column(reference.column)
            assert seen[reference.to_file].column(reference.to_column)


@every_format
def test_what_is_referred_to_is_the_first_column_of_a_key(fmt: Format) -> None:
    for reference in (reference for spec in fmt.files for reference in spec.references):
        target = fmt.file(reference.to_file)
        assert target
        assert reference.to_column in {unique.columns[0] for unique in target.unique}


@every_format
def test_a_part_of_a_key_that_may_be_blank_is_a_code(fmt: Format) -> None:
    # All blanks of a code are the same value; white space in other columns is not compared.
    for spec in fmt.files:
        for unique in spec.unique:
            parts = [column for name in unique.columns if (column := spec.column(name))]
            assert all(part.required_value or part.kind in ("code", "grade") for part in parts)


@every_format
def test_what_must_be_unique_is_a_column_of_the_file(fmt: Format) -> None:
    for spec in fmt.files:
        for unique in spec.unique:
            assert unique.columns
            assert all(spec.column(name) for name in unique.columns)


@every_format
def test_names_differ_even_when_case_and_spacing_are_ignored(fmt: Format) -> None:
    for spec in fmt.files:
        plain = ["".join(filter(str.isalnum, column.name)).lower() for column in spec.columns]
        assert len(plain) == len(set(plain))
    names = [spec.name.lower() for spec in fmt.files]
    assert len(names) == len(set(names))


@every_format
def test_only_an_enum_has_a_list_of_values(fmt: Format) -> None:
    for spec in fmt.files:
        for column in spec.columns:
            assert bool(column.values) == (column.kind == "enum")
            assert column.required or not column.required_value
