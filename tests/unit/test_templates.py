"""What is generated from the formats, and that a format is data and nothing else."""

from pathlib import Path

from sync_core.cli.templates.templates import formats_document, template_files
from sync_core.formats import FORMATS, Column, FileSpec, Format, Reference, Unique, format_named
from sync_core.validation.engine import validate
from tests.unit.validation_kit import csv_file, faults

ROOT = Path(__file__).parents[2]

_NAME = Column(name="name", required=True, required_value=True, kind="id", source="toy")
TOYS = Format(
    name="toys",
    title="Toys",
    files=(
        FileSpec(
            name="boxes.csv",
            required=True,
            columns=(_NAME,),
            unique=(Unique(columns=("name",), severity="Error", source="toy"),),
        ),
        FileSpec(
            name="toys.csv",
            required=True,
            columns=(
                _NAME,
                Column(name="boxes", kind="ids", source="toy"),
                Column(name="colour", kind="enum", values=("red", "blue"), source="toy"),
                Column(name="made", kind="year", source="toy"),
                Column(name="loud", kind="boolean", source="toy"),
                Column(name="song", max_length=5, source="toy"),
            ),
            references=(
                Reference(
                    column="boxes",
                    to_file="boxes.csv",
                    to_column="name",
                    severity="Error",
                    source="toy",
                ),
            ),
        ),
    ),
)


def test_a_new_format_is_a_new_piece_of_data_and_nothing_else() -> None:
    boxes = "name\nA\nB\n\nA\n"
    toys = (
        "name,boxes,colour,made,loud,song\n"
        'bear,"A,B",Red,1999,TRUE,la\n'
        'ball,"A,C",pink,99,no,lalala\n'
        "kite,,,,,\n"
    )
    found = validate(TOYS, [csv_file("boxes.csv", boxes), csv_file("toys.csv", toys)])
    assert faults(found) == [
        ("boxes.csv", "duplicate", "name", (5,)),
        ("toys.csv", "year-format", "made", (3,)),
        ("toys.csv", "enum-value", "colour", (3,)),
        ("toys.csv", "enum-value", "loud", (3,)),
        ("toys.csv", "value-too-long", "song", (3,)),
        ("toys.csv", "reference-not-found", "boxes", (3,)),
    ]


def test_the_formats_document_is_written_from_the_formats() -> None:
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == formats_document()


def test_every_rule_of_a_format_is_in_its_document() -> None:
    text = formats_document()
    for fmt in FORMATS.values():
        assert f"(`{fmt.name}`)" in text
        for spec in fmt.files:
            assert f"### {spec.name}" in text
            assert all(f"| `{column.name}` |" in text for column in spec.columns)


def test_a_template_has_every_header_and_no_rows() -> None:
    files = template_files(format_named("sds-v1"))
    assert files["studentenrollment.csv"] == "Section SIS ID,SIS ID\r\n"
    assert list(files) == [spec.name for spec in format_named("sds-v1").files]


def test_an_export_made_from_the_template_lacks_only_rows() -> None:
    for fmt in FORMATS.values():
        files = [csv_file(name, text) for name, text in template_files(fmt).items()]
        found = [(each.file_name, each.rule) for each in validate(fmt, files).findings]
        required = [spec.name for spec in fmt.files if spec.required]
        assert found == [(name, "file-without-rows") for name in required]


def test_the_uk_variant_has_its_own_headers_and_the_same_rules() -> None:
    uk, v1 = format_named("sds-v1-uk"), format_named("sds-v1")
    people = "ID,School DfE Number,Username\n1,N,{}\n"
    files = {
        "school.csv": "DfE Number,Name,Postal Code\nN,North,AB1\n",
        "student.csv": people.format("ann"),
        "teacher.csv": people.format("cleo").replace("N,cleo", "X,cleo"),
    }
    found = validate(uk, [csv_file(name, text) for name, text in files.items()])
    assert faults(found) == [("teacher.csv", "reference-not-found", "School DfE Number", (2,))]
    for spec in uk.files:
        other = v1.file(spec.name)
        assert other
        assert len(spec.columns) == len(other.columns)
        assert all(
            reference.to_column in {"ID", "DfE Number", "SIS ID"} for reference in spec.references
        )
