"""Codes that are not on the list of their column."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import Column
from sync_core.validation.engine import validate
from tests.unit.validation_kit import (
    CLEAN_V2_1,
    SDS_V2_1,
    check_with_v2_1,
    csv_file,
    only_finding,
)

HINT = ". No row has a known value, so it looks like another language or another list"


def columns_of_codes() -> Iterator[tuple[str, Column]]:
    for spec in SDS_V2_1.files:
        yield from ((spec.name, column) for column in spec.columns if column.kind == "enum")


CODES = dict(enumerate(columns_of_codes()))
every_list = pytest.mark.parametrize(
    ("name", "column"),
    CODES.values(),
    ids=[f"{name} {column.name}" for name, column in CODES.values()],
)


def with_codes(name: str, field: str, codes: list[str]) -> str:
    """The clean file with as many different rows as there are codes."""
    header, first, *_ = str(CLEAN_V2_1[name]).splitlines()
    names, row = header.split(","), first.split(",")
    rows = [
        [f"x{number}" if names[at] == "sourcedId" else value for at, value in enumerate(row)]
        for number in range(len(codes))
    ]
    for values, code in zip(rows, codes, strict=True):
        values[names.index(field)] = code
    return "\n".join([header, *(",".join(values) for values in rows)])


def found_in(name: str, field: str, codes: list[str]) -> list[tuple[str, tuple[int, ...]]]:
    """The types and lines of the findings about codes."""
    validation = check_with_v2_1(name, with_codes(name, field, codes))
    return [(each.type, each.rows) for each in validation.findings if each.rule == "enum-value"]


def test_only_the_lists_that_no_tenant_can_extend_are_closed() -> None:
    closed = {(name, column.name) for name, column in CODES.values() if column.closed}
    assert closed == {
        ("academicSessions.csv", "type"),
        ("roles.csv", "role"),
        ("enrollments.csv", "role"),
    }


@every_list
def test_an_unlisted_code_is_an_error_only_where_the_list_is_closed(
    name: str, column: Column
) -> None:
    codes = [column.values[0], "nonsense", column.values[1], "Schüler"]
    assert found_in(name, column.name, codes) == [("Error" if column.closed else "Warning", (3, 5))]


@every_list
def test_every_listed_code_is_accepted_in_any_case(name: str, column: Column) -> None:
    codes = [code.upper() for code in column.values] + [code.lower() for code in column.values]
    assert found_in(name, column.name, codes) == []


@every_list
def test_a_doubtful_code_is_a_warning(name: str, column: Column) -> None:
    codes = [column.values[0], *map(str.title, column.doubtful)]
    lines = tuple(range(3, 3 + len(column.doubtful)))
    assert found_in(name, column.name, codes) == ([("Warning", lines)] if lines else [])


def test_unlisted_and_doubtful_codes_are_two_findings_of_one_rule() -> None:
    assert found_in("roles.csv", "role", ["student", "parent", "Lehrer", "aide"]) == [
        ("Error", (4,)),
        ("Warning", (3, 5)),
    ]


@every_list
@pytest.mark.parametrize("block", [40, 1 << 20])
def test_if_no_row_has_a_known_code_the_finding_names_the_likely_cause(
    name: str, column: Column, block: int
) -> None:
    content = with_codes(name, column.name, ["Lehrer", "Schüler", "Elève", "учитель"])
    validation = check_with_v2_1(name, content, block=block)
    (finding,) = (each for each in validation.findings if each.rule == "enum-value")
    assert finding.description == (
        f"4 row(s) have an invalid format for the field - {column.name}{HINT}"
    )
    assert finding.rows == (2, 3, 4, 5)


@pytest.mark.parametrize("known", ["teacher", "PARENT"])
@pytest.mark.parametrize("block", [40, 1 << 20])
def test_one_known_or_doubtful_code_shows_that_it_is_no_other_language(
    known: str, block: int
) -> None:
    content = with_codes("roles.csv", "role", ["Lehrer", known, "Lehrer", "Schüler"])
    validation = check_with_v2_1("roles.csv", content, block=block)
    assert any(each.rule == "enum-value" for each in validation.findings)
    assert HINT not in str(validation.findings)


def test_a_column_that_may_be_blank_decides_nothing_and_gets_no_hint() -> None:
    content = "userSourcedId,orgSourcedId,role,isPrimary\nu1,N,student,ja\nu2,N,student,nein\n"
    finding = only_finding(check_with_v2_1("roles.csv", content))
    assert (finding.type, finding.field) == ("Warning", "isPrimary")
    assert finding.description == "2 row(s) have an invalid format for the field - isPrimary"


LISTED = [code.lower() for _, column in CODES.values() for code in column.values]


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.text("abcdefgäß", min_size=1, max_size=6), min_size=1, max_size=4).filter(
        lambda codes: not set(codes) & {*LISTED, "aide", "aid"}
    )
)
def test_any_column_of_unknown_words_gets_the_hint(codes: list[str]) -> None:
    for name, column in CODES.values():
        content = with_codes(name, column.name, codes)
        given = [csv_file(name, content)]
        assert HINT in str(validate(SDS_V2_1, given, is_whole=False).findings)
