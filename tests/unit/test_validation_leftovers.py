"""What tools leave in a file besides records: one finding each, and none that follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.validation.records.tail import TAIL_BYTES, Body, body_bounds
from tests.unit.validation_kit import CLASSES, CLEAN, check, faults, only_finding

STUDENT = "SIS ID,School SIS ID,Username"
ROWS = ("s1,N,ann", "s2,N,bob")
SET = {
    "school.csv": CLEAN["school.csv"],
    "studentenrollment.csv": CLASSES["studentenrollment.csv"],
}
"""The file that students refer to, and one that refers to students."""
BLOCKS = (7, 1 << 20)


def found(*lines: str, end: str = "\r\n", last: str = "\r\n") -> list[tuple[str, tuple[int, ...]]]:
    """The rule and the lines of all findings in a clean set with these lines as student file."""
    files = {**SET, "student.csv": end.join([STUDENT, *lines]) + last}
    checked = [check(files, block=block, is_whole=False) for block in BLOCKS]
    found, again = ([fault[1::2] for fault in faults(each)] for each in checked)
    assert found == again
    return [(str(rule), lines) for rule, lines in found if isinstance(lines, tuple)]


@pytest.mark.parametrize("empty", [",,", " , ,", '"","",""', ",,,,", ",", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_of_commas_have_one_finding(empty: str, end: str) -> None:
    assert found(*ROWS, empty, empty, end=end) == [("row-empty", (4, 5))]
    assert found(ROWS[0], empty, ROWS[1], end=end) == [("row-empty", (3,))]


def test_rows_of_commas_are_not_counted_as_rows() -> None:
    validation = check({**CLEAN, "student.csv": "\n".join([STUDENT, *ROWS, ",,", ",,,"])})
    assert validation.rows["student.csv"] == 2


def test_a_row_with_a_value_in_an_unknown_column_is_not_empty() -> None:
    files = {**CLEAN, "student.csv": f"{STUDENT},Zebra,Email\ns1,N,ann,,\ns2,N,bob,,\n,,,x,\n"}
    assert "value-missing" in {finding.rule for finding in check(files).findings}
    assert "row-empty" not in {finding.rule for finding in check(files).findings}


@pytest.mark.parametrize("commas", [",", ",,,"])
def test_commas_at_the_end_of_rows_have_one_finding(commas: str) -> None:
    assert found(*(row + commas for row in ROWS)) == [("fields-padded", (2, 3))]
    assert found(ROWS[0], ROWS[1] + commas, last="") == [("fields-padded", (3,))]


def test_values_before_commas_at_the_end_are_still_checked() -> None:
    assert found(*ROWS, "s3,N,,") == [("fields-padded", (4,)), ("value-missing", (4,))]


def test_more_values_than_headers_are_not_commas_at_the_end() -> None:
    assert found(*ROWS, "s3,N,cy,x,") == [("fields-too-many", (4,))]


@pytest.mark.parametrize("header", [STUDENT, '"SIS ID",School SIS ID,"Username"', "\x1a" + STUDENT])
def test_a_repeated_header_has_one_finding(header: str) -> None:
    assert found(ROWS[0], header, ROWS[1]) == [("header-repeated", (3,))]


def test_a_repeated_header_with_a_byte_order_mark_has_a_finding_for_each() -> None:
    rules = [rule for rule, _ in found(ROWS[0], "\ufeff" + STUDENT, ROWS[1])]
    assert rules == ["byte-order-mark", "header-repeated"]


@pytest.mark.parametrize("header", ["SIS ID", "SIS ID,"])
@pytest.mark.parametrize("mark", ["\ufeff", "\x1a"])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_repeated_header_whose_only_name_has_a_mark_is_found(
    header: str, mark: str, block: int
) -> None:
    row = header.replace("SIS ID", "s1")
    content = f"{header}\n{row}\n{mark}{header}\n{row}\n"
    validation = check({**SET, "student.csv": content}, block=block)
    lines = {finding.rule: finding.rows for finding in validation.findings}
    assert lines["header-repeated"] == (3,)
    assert validation.rows["student.csv"] == 2


@pytest.mark.parametrize("header", ['""', "\x1a", ",,", " ,,"])
@pytest.mark.parametrize("mark", ["\ufeff", "\x1a"])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_without_names_cannot_be_repeated(header: str, mark: str, block: int) -> None:
    row = mark + "," * header.count(",")
    validation = check({**SET, "student.csv": f"{header}\n{row}\n{row}\ns1\n"}, block=block)
    assert "header-repeated" not in {finding.rule for finding in validation.findings}


@pytest.mark.parametrize("header", [",,", " , ,", '"",,'])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_of_commas_is_no_header(header: str, block: int) -> None:
    content = f"{header}\ns1,N,ann\n{header}\n"
    validation = check({**SET, "student.csv": content}, block=block)
    rules = [one.rule for one in validation.findings if one.file_name == "student.csv"]
    assert rules == ["header-not-found"]


FOOTERS = [
    "(2 rows affected)",
    "(1,234 rows affected)",
    "(2 Zeilen betroffen)",
    "2 rows selected.",
    "  2 record(s) selected.",
    "2 rows in set (0.00 sec)",
    '"(2 rows)"',
    "Total,2,",
    "Total: 2",
    "Grand total,,2",
    "TOTAL STUDENTS,2",
    "Total number of students: 2",
    '"Record count:","2",""',
    "Rows=2",
    "Anzahl Datensätze: 2",
    "EOF",
    "End of file",
    "TRL,00002",
    "------------",
    "Completion time: 2026-11-20T01:02:03.0000000+01:00",
    "Report created by the school office",
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_text_below_the_records_has_one_finding(footer: str) -> None:
    assert found(*ROWS, footer) == [("footer", (4,))]
    assert found(*ROWS, "", footer, "", last="\r\n\r\n") == [("footer", (5,))]
    assert found(*ROWS, footer, last="\r\n\x1a") == [
        ("footer", (4,)),
        ("end-of-file-mark", (5,)),
    ]


def test_several_lines_below_the_records_have_one_finding() -> None:
    assert found(*ROWS, "-----", "Total: 2", "", "Completion time: now") == [("footer", (4, 5, 7))]


@pytest.mark.parametrize(
    "row", ["Total,N,cy", "EOF-1,N,cy", "s3 Rows,N,cy", "Total Learning,N,cy", "5,N,Rows"]
)
def test_a_last_record_that_only_begins_like_a_total_is_a_record(row: str) -> None:
    assert "footer" not in [rule for rule, _ in found(*ROWS, row)]


def test_the_end_of_a_quoted_field_is_not_below_the_records() -> None:
    rules = {rule for rule, _ in found(*ROWS, 's3,N,"c', '2 rows"')}
    assert "line-break" in rules
    assert "footer" not in rules


@pytest.mark.parametrize("cut", ["s3", "s3,N", "s3,"])
def test_a_file_that_was_cut_off_has_too_few_fields(cut: str) -> None:
    assert found(*ROWS, cut, last="") == [("fields-too-few", (4,))]


@pytest.mark.parametrize("last", ["\x1a", "\r\n\x1a", "\r\n\x1a\x1a\r\n", "\x1a\n"])
def test_ctrl_z_at_the_end_has_one_finding(last: str) -> None:
    line = 4 if last.startswith("\r\n") else 3
    assert found(*ROWS, last=last) == [("end-of-file-mark", (line,))]


def test_a_header_alone_is_never_below_the_records() -> None:
    for header in ("Total", "Report of pupils\n", "\n\ufeffEOF\n\n"):
        assert body_bounds(header.encode(), is_all=True)[0] == len(header.encode())


@pytest.mark.slow
@given(st.integers(0, 3000), st.sampled_from(FOOTERS), st.sampled_from([11, 100, 1 << 20]))
def test_text_below_the_records_is_found_in_files_of_any_size(
    padding: int, footer: str, block: int
) -> None:
    row = f"s3,N,{'x' * padding}"
    content = "\n".join([STUDENT, *ROWS, row, footer, ""])
    validation = check({"student.csv": content}, block=block, is_whole=False)
    rules = {finding.rule for finding in validation.findings}
    assert rules - {"value-missing", "value-too-long"} == {"footer"}


@pytest.mark.parametrize("size", [11, 100, TAIL_BYTES - 1, TAIL_BYTES])
def test_text_below_the_records_is_found_wherever_parts_of_the_file_end(size: int) -> None:
    # With the line end above it, the text fills the bytes that are searched, so none can be cut.
    footer = b"-" * (TAIL_BYTES - 2) + b"\n"
    for padding in range(1, 2 * TAIL_BYTES):
        records = b"SIS ID\n" + b"x" * padding + b"\n"
        data = records + footer
        parts = (data[start : start + size] for start in range(0, len(data), size))
        assert b"".join(Body(parts)) == records


def test_only_the_end_of_a_file_is_searched() -> None:
    lines = b"Total: 2\n" * 300
    end, _ = body_bounds(b"SIS ID\n" + lines, is_all=True)
    assert len(lines) - TAIL_BYTES < end < len(lines) - TAIL_BYTES + 20


def test_the_finding_says_what_to_do() -> None:
    files = {**CLEAN, "student.csv": "\n".join([STUDENT, *ROWS, "Total,2,", ""])}
    finding = only_finding(check(files))
    assert finding.type == "Error"
    assert finding.description == (
        "Text below the last record, such as a total or a row count, in 1 row"
    )
