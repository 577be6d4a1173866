"""Every fault in every key column of every format."""

import pytest

from sync_core.formats import FORMATS, Column, FileSpec, Format, format_named
from sync_core.model.messages import Finding
from sync_core.validation.engine import validate
from tests.unit.damaged_values import FAULTS, WITHOUT_PLUS, of_rule, quoted
from tests.unit.validation_kit import csv_file

VALUES = {
    "id": "k1",
    "ids": "k1",
    "username": "k1@home.example",
    "email": "k1@home.example",
    "date": "2026-11-28",
    "year": "2026",
    "phone": "+14255550100",
    "boolean": "true",
}


def clean_row(spec: FileSpec) -> dict[str, str]:
    """A row in which every ID is the same, so that all references are found."""
    return {
        column.name: column.values[0] if column.values else VALUES.get(column.kind, "Text")
        for column in spec.columns
    }


def other_row(spec: FileSpec, number: int = 2) -> dict[str, str]:
    """A clean row with other unique values, which have this number."""
    refer = {reference.column for reference in spec.references}
    own = {name for unique in spec.unique for name in unique.columns if name not in refer}
    changed = {name: value.replace("k1", f"k{number}") for name, value in clean_row(spec).items()}
    return {
        name: changed[name] if name in own else value for name, value in clean_row(spec).items()
    }


def validated(fmt: Format, changed: FileSpec, *others: dict[str, str]) -> list[Finding]:
    """The findings in a set with one row in each file, and others in the changed file."""
    files = []
    for spec in fmt.files:
        rows = [clean_row(spec), *(others if spec == changed else [])]
        lines = [",".join(map(quoted, each.values())) for each in rows]
        header = ",".join(column.name for column in spec.columns)
        files.append(csv_file(spec.name, "\n".join([header, *lines])))
    return list(validate(fmt, files).findings)


def is_key(spec: FileSpec, column: Column) -> bool:
    refer = {reference.column for reference in spec.references}
    names = {name for unique in spec.unique for name in unique.columns} | refer
    return (
        column.kind in ("id", "email", "username")
        and column.required_value
        and column.name in names
    )


KEYS = [
    (fmt, spec, column)
    for fmt in FORMATS.values()
    for spec in fmt.files
    for column in spec.columns
    if is_key(spec, column)
]


@pytest.mark.parametrize(
    "key", KEYS, ids=[f"{fmt.name}-{spec.name}-{column.name}" for fmt, spec, column in KEYS]
)
def test_every_fault_is_an_error_in_every_key_column_of_every_format(
    key: tuple[Format, FileSpec, Column],
) -> None:
    fmt, spec, column = key
    values = [value for value in FAULTS if column.kind == "id" or value not in WITHOUT_PLUS]
    rows = [
        {**other_row(spec, number), column.name: value} for number, value in enumerate(values, 2)
    ]
    found = validated(fmt, spec, *rows)
    for line, value in enumerate(values, 3):
        errors = [
            lines
            for severity, field, lines in of_rule(found, FAULTS[value])
            if (severity, field) == ("Error", column.name)
        ]
        assert any(line in lines for lines in errors), value
    assert {each.file_name for each in found} == {spec.name}


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
def test_other_values_are_not_taken_for_damaged_ones(fmt: Format) -> None:
    found = {each.rule for spec in fmt.files for each in validated(fmt, spec, other_row(spec))}
    # The second row of a file without keys of its own repeats the first.
    assert found <= {"duplicate"}


@pytest.mark.parametrize(
    ("value", "weight"), [("#REF!", "Warning"), ("NULL", "Warning"), ("k\u200b1", "Error")]
)
@pytest.mark.parametrize(
    ("fmt", "file", "field"),
    [
        ("sds-v1", "section.csv", "Term SIS ID"),
        ("sds-v2.1", "roles.csv", "sessionSourcedId"),
        ("sds-v2.1", "classes.csv", "sessionSourcedIds"),
        ("sds-v2.1", "orgs.csv", "parentSourcedId"),
    ],
)
def test_damage_to_an_optional_id_is_a_warning_if_it_can_be_seen(
    fmt: str, file: str, field: str, value: str, weight: str
) -> None:
    spec = format_named(fmt).file(file)
    assert spec
    row = {**other_row(spec), field: f"k1,{value}" if field.endswith("s") else value}
    found = validated(format_named(fmt), spec, row)
    assert of_rule(found, FAULTS.get(value, "invisible-character")) == [(weight, field, (3,))]
