"""Missing files, encodings, quotation marks, fields and lines: findings have exact line numbers."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest

from sync_core.model.messages import MESSAGE_ROWS
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile
from tests.unit.validation_kit import (
    CLASSES,
    CLEAN,
    GUARDIANS,
    SDS_V1,
    check,
    check_with,
    csv_file,
    faults,
    only_finding,
)

HEADER = "SIS ID,Name\n"


def school(content: str | bytes) -> list[tuple[str, str | None, tuple[int, ...]]]:
    """The findings of a school file in an otherwise clean set: rule, field and line numbers."""
    found = faults(check_with("school.csv", content))
    return [(rule, field, lines) for file, rule, field, lines in found if file == "school.csv"]


def test_a_clean_set_has_no_findings_and_its_rows_are_counted() -> None:
    validation = check({**CLEAN, **CLASSES, **GUARDIANS})
    assert validation.findings == ()
    assert validation.rows == {
        "school.csv": 1,
        "student.csv": 2,
        "teacher.csv": 1,
        "section.csv": 1,
        "studentenrollment.csv": 2,
        "teacherroster.csv": 1,
        "user.csv": 1,
        "guardianrelationship.csv": 1,
    }


def test_the_order_in_which_files_are_given_does_not_matter() -> None:
    backwards = dict(reversed({**CLEAN, **CLASSES, **GUARDIANS}.items()))
    assert check(backwards).findings == ()


def test_a_missing_required_file_is_reported_by_name() -> None:
    finding = only_finding(check({name: CLEAN[name] for name in ("school.csv", "student.csv")}))
    assert (finding.type, finding.file_name, finding.rule) == (
        "Error",
        "teacher.csv",
        "file-missing",
    )
    assert "teacher.csv" in finding.description


@pytest.mark.parametrize("name", ["Teachers.csv", "teacher_20261120.csv", "teacher.csv.gz"])
def test_a_file_that_is_probably_meant_to_be_a_missing_one_is_named(name: str) -> None:
    files = [csv_file(each, CLEAN[each]) for each in ("school.csv", "student.csv")]
    others = [csv_file(each, "x\n") for each in ("notes.txt", name)]
    (finding,) = validate(SDS_V1, files, others=others).findings
    assert finding.description.endswith(
        f"RequiredFileNotFound error. The export contains {name} instead."
    )


def test_the_missing_files_of_an_incomplete_group_are_reported_by_name() -> None:
    validation = check({**CLEAN, "section.csv": CLASSES["section.csv"]})
    assert faults(validation) == [
        ("studentenrollment.csv", "file-missing", None, ()),
        ("teacherroster.csv", "file-missing", None, ()),
    ]


@pytest.mark.parametrize("names", [["students.csv"], ["School.csv"], ["school.csv", "school.csv"]])
def test_an_unknown_or_repeated_file_name_is_a_value_error(names: list[str]) -> None:
    with pytest.raises(ValueError, match=r"sds-v1 takes one file each of school\.csv"):
        validate(SDS_V1, [csv_file(name, HEADER) for name in names])


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\n\r\n"])
def test_a_file_without_any_text_is_empty(content: bytes) -> None:
    validation = check_with("school.csv", content)
    assert ("school.csv", "file-empty", None, ()) in faults(validation)
    assert validation.rows["school.csv"] == 0


def test_references_into_an_unreadable_file_are_not_checked() -> None:
    assert faults(check_with("school.csv", b"")) == [("school.csv", "file-empty", None, ())]


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("blank_lines", ["", "\n", "\r\n\n"])
def test_a_required_file_with_only_a_header_is_one_error(name: str, blank_lines: str) -> None:
    header = str(CLEAN[name]).partition("\n")[0]
    files = {**CLEAN, **CLASSES, name: f"{header}\n{blank_lines}"}
    finding = only_finding(check(files))
    assert (finding.type, finding.file_name, finding.rule) == ("Error", name, "file-without-rows")
    assert finding.description == "The file has a header but no rows"


def test_a_required_file_whose_only_row_is_malformed_is_not_without_rows() -> None:
    found = faults(check_with("school.csv", f"{HEADER}N\n"))
    assert found[0] == ("school.csv", "fields-too-few", None, (2,))
    assert "file-without-rows" not in {rule for _, rule, _, _ in found}


def test_files_of_a_group_may_have_only_a_header_but_references_into_them_are_dangling() -> None:
    headers = {name: str(content).partition("\n")[0] + "\n" for name, content in CLASSES.items()}
    assert check({**CLEAN, **headers}).findings == ()
    found = faults(check_with("section.csv", headers["section.csv"]))
    assert found == [
        ("studentenrollment.csv", "reference-not-found", "Section SIS ID", (2, 3)),
        ("teacherroster.csv", "reference-not-found", "Section SIS ID", (2,)),
    ]


def test_a_reference_into_a_file_with_only_a_header_says_so() -> None:
    validation = check({**CLEAN, **CLASSES, "section.csv": "SIS ID,School SIS ID,Section Name\n"})
    descriptions = {finding.description for finding in validation.findings}
    assert {text.partition("Field - ")[2] for text in descriptions} == {
        "Section SIS ID. section.csv has no row with a SIS ID"
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfSIS ID,Name\nN,North\n",
        b"SIS ID,Name\r\nN,North\r\n",
        b"SIS ID,Name\r\nN,North",
        b"SIS ID,Name\nN,North\r\n",
        b'"SIS ID","Name"\n"N","North"\n',
        b'SIS ID,Name\nN,"The ""old"" school, north"\n',
        b'SIS ID,Name\nN,""""\n',
        "SIS ID,Name\nN,Ørsted 学校\n".encode(),
        b"\nSIS ID,Name\n\n\r\nN,North\n\n",
        b"Name,SIS ID\nNorth,N\n",
    ],
)
@pytest.mark.parametrize("block", [1, 2, 1 << 20])
def test_all_valid_forms_of_csv_are_accepted(content: bytes, block: int) -> None:
    validation = check_with("school.csv", content, block=block)
    assert validation.findings == ()
    assert validation.rows["school.csv"] == 1


def test_a_byte_order_mark_is_allowed_only_at_the_start() -> None:
    found = faults(check_with("school.csv", HEADER + "\ufeffN,North\n"))
    assert {rule for _, rule, _, _ in found} == {"byte-order-mark", "reference-not-found"}
    assert ("school.csv", "byte-order-mark", None, (2,)) in found


def test_utf_16_is_recognised_by_its_mark_alone() -> None:
    assert school("學校代碼,名\n".encode("utf-16")) == [("utf-16", None, ())]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_recognised_with_and_without_a_mark(codec: str) -> None:
    assert school("SIS ID,Name\nN,North\n".encode(codec)) == [("utf-16", None, ())]


@pytest.mark.parametrize("tail", [b"", b"\n", b"X" * 200_000])
def test_carriage_returns_alone_are_not_line_ends(tail: bytes) -> None:
    assert school(b"SIS ID,Name\rN,North\r" + tail) == [("line-ends", None, ())]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_recognised(separator: str) -> None:
    content = "SIS ID,Name\nN,North\n".replace(",", separator)
    assert school(content) == [("separator", None, (1,))]


def test_invalid_utf_8_is_reported_by_line_and_its_record_can_be_referred_to() -> None:
    students = b"SIS ID,School SIS ID,Username\ns1,N,jos\xe9\ns2,N,bob\ns3,N,ren\xe9\n"
    enrolled = "Section SIS ID,SIS ID\nc1,s1\nc1,s2\nc1,s3\n"
    files = {**CLEAN, **CLASSES, "student.csv": students, "studentenrollment.csv": enrolled}
    assert faults(check(files)) == [("student.csv", "encoding", None, (2, 4))]


def test_a_character_cut_off_by_the_end_of_the_file_is_reported() -> None:
    assert school(HEADER.encode() + "N,Sømme".encode()[:-4]) == [("encoding", None, (2,))]


def test_a_nul_is_reported_by_line() -> None:
    assert school(HEADER + "N,North\nS,So\0uth\n") == [("nul", None, (3,))]


@pytest.mark.parametrize(
    "line",
    ['x"y,z', '"x"y,z', ' "x",z', 'x,"y" ', 'x,y"', '"x,"y",z"', 'x,"y""'],
)
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_a_misplaced_quotation_mark_affects_only_its_own_record(line: str, block: int) -> None:
    content = f'{HEADER}N,North\n{line}\nS,"South"\nW,\n'
    validation = check_with("school.csv", content, block=block)
    assert faults(validation) == [
        ("school.csv", "quotes", None, (3,)),
        ("school.csv", "value-missing", "Name", (5,)),
    ]
    assert validation.rows["school.csv"] == 4


@pytest.mark.parametrize("line", ['="N",North', 'N,="7"', 'N,"North",="7"', '="N'])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_a_formula_that_only_excel_understands_is_named(line: str, block: int) -> None:
    content = f'{HEADER}N,North\n{line}\nS,"a=""b"""\nW,x"\n'
    assert faults(check_with("school.csv", content, block=block)) == [
        ("school.csv", "quotes", None, (5,)),
        ("school.csv", "formula", None, (3,)),
    ]


@pytest.mark.parametrize("line", ['x,y"', 'x"",y', 'x,"y"z', '"x"y,""'])
def test_a_misplaced_quotation_mark_among_many_good_ones_is_found(line: str) -> None:
    good = "".join(f'"{number}","Name"\n' for number in range(200))
    assert school(f"{HEADER}N,North\n{good}{line}\n") == [("quotes", None, (203,))]


def test_an_unclosed_quotation_mark_does_not_hide_the_following_rows() -> None:
    rest = "".join(f"{number},\n" for number in range(50_000))
    validation = check_with("school.csv", HEADER + 'N,North\nQ,"South\n' + rest)
    quotes, missing = validation.findings
    assert (quotes.rule, quotes.rows) == ("quotes", (3,))
    assert (missing.rule, missing.count) == ("value-missing", 50_000)


def test_a_quoted_field_longer_than_the_record_limit_counts_as_unclosed() -> None:
    content = f'{HEADER}N,North\nQ,"{"x" * 65_536}\nS,{"x" * 65_536}"\nW,\n'
    assert school(content) == [("quotes", None, (3, 4)), ("value-missing", "Name", (5,))]


LONG_LINE = b"x" * (1 << 20)
MANY_LINES = (b"x" * 1023 + b"\n") * 1024


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (HEADER, LONG_LINE),
        (HEADER + 'N,"', MANY_LINES),
        ("SIS ID,", LONG_LINE),
        ('SIS ID,"', MANY_LINES),
    ],
    ids=["row in one line", "row in quotes", "header in one line", "header in quotes"],
)
def test_an_endless_record_does_not_use_much_memory(start: str, part: bytes) -> None:
    def blocks() -> Iterator[bytes]:
        return itertools.chain([start.encode()], itertools.repeat(part, 32))

    tracemalloc.start()
    try:
        validate(SDS_V1, [CsvFile("school.csv", blocks)])
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_records_with_another_number_of_fields_than_the_header_are_reported() -> None:
    content = HEADER + "N,North\nX\nY,Y,Y\nZ,,Z\n"
    assert school(content) == [
        ("fields-too-few", None, (3,)),
        ("fields-too-many", None, (4, 5)),
    ]


@pytest.mark.parametrize("irregular", ["s\0", "s ", '"s"', "s\ufeff", "sé", "s\r", "s", ""])
@pytest.mark.parametrize("between", [0, 5, 150])
def test_a_short_record_never_hides_a_long_one(irregular: str, between: int) -> None:
    rows = [f"S{number},not checked,School" for number in range(200)]
    short = f"{irregular},x" if irregular else ""
    lines = ["SIS ID,Other,Name", *rows[:40], short, *rows[40:][:between], "T,x,Tall,x"]
    found = {rule: lines for rule, _, lines in school("\n".join([*lines, *rows[190:], ""]))}
    assert found["fields-too-many"] == (len(lines),)
    assert found.get("fields-too-few") == ((42,) if irregular else None)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_blank_lines_of_a_file_with_one_column_are_no_rows(line_end: str) -> None:
    ids = [f"S{number}" for number in range(200)]
    lines = ["SIS ID", "N", *ids[:90], "", *ids[90:], "", "S1", ""]
    validation = check_with("school.csv", line_end.join(lines))
    assert validation.rows["school.csv"] == 202
    assert [(rule, lines) for _, rule, _, lines in faults(validation)] == [
        ("header-missing", (1,)),
        ("duplicate", (205,)),
    ]


@pytest.mark.parametrize("quoted", ["Ann", '"Ann, B"'])
def test_a_short_record_beside_a_long_one_is_found_among_blank_last_values(quoted: str) -> None:
    rows = [f"s{number},N,user{number}," for number in range(300)]
    rows[7], rows[40], rows[41] = f"s7,N,user7,{quoted}", "s40,N,user40", "s41,N,user41,,"
    content = "\n".join(["SIS ID,School SIS ID,Username,First Name", *rows, ""])
    found = {rule: lines for _, rule, _, lines in faults(check_with("student.csv", content))}
    assert found == {"fields-too-few": (42,), "fields-padded": (43,)}


def test_a_malformed_record_counts_as_a_row_but_cannot_be_referred_to() -> None:
    validation = check_with("school.csv", HEADER + "N,No,rth\n")
    assert [(file, rule) for file, rule, _, _ in faults(validation)] == [
        ("school.csv", "fields-too-many"),
        ("student.csv", "reference-not-found"),
        ("teacher.csv", "reference-not-found"),
    ]
    assert validation.rows["school.csv"] == 1


@pytest.mark.parametrize("block", [211, 131_083, 1 << 20])
def test_lines_after_one_over_the_record_limit_are_validated(block: int) -> None:
    longest = "L," + "x" * (131_072 - 2)
    content = f"{HEADER}N,North\n{longest}\n{longest}x\nS,\n"
    found = faults(check_with("school.csv", content, block=block))
    assert found == [
        ("school.csv", "record-too-long", None, (4,)),
        ("school.csv", "value-missing", "Name", (5,)),
    ]


def test_a_record_over_the_limit_is_reported_even_if_its_number_of_fields_is_right() -> None:
    longest = "L," + "x" * (131_072 - 2)
    content = f"{HEADER}N,North\n{longest}\n{longest.replace('L', 'M')}x\nS,South\n"
    assert school(content) == [("record-too-long", None, (4,))]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_line_break_in_a_value_is_reported_and_lines_are_still_counted(line_break: str) -> None:
    content = f'{HEADER}N,"No{line_break}rth"\nS,\n'
    line_after = 3 if line_break == "\r" else 4
    assert school(content) == [
        ("value-missing", "Name", (line_after,)),
        ("line-break", "Name", (2,)),
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("S,So\0uth", [("nul", None, (3,))]),
        ("S,South,,", [("fields-padded", None, (3,))]),
        (",,,", [("row-empty", None, (3,))]),
        ('"S\nT",', [("value-missing", "Name", (3,)), ("line-break", "SIS ID", (3,))]),
    ],
)
@pytest.mark.parametrize("line_end", ["\r", "\r\n", ""])
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_a_carriage_return_at_the_end_of_the_file_is_not_part_of_a_value(
    row: str, expected: list[object], line_end: str, block: int
) -> None:
    validation = check_with("school.csv", f"{HEADER}N,North\r\n{row}{line_end}", block=block)
    found = [fault[1:] for fault in faults(validation) if fault[1] != "id-format"]
    assert found == expected


def test_a_line_break_in_an_unknown_column_is_reported_by_column_position() -> None:
    found = school('Zebra,SIS ID,Name\n"a\nb",N,"c\nd"\n')
    assert [fault for fault in found if fault[0] == "line-break"] == [
        ("line-break", "Name", (2,)),
        ("line-break", "column 1", (2,)),
    ]


def test_blank_lines_are_ignored_but_counted_in_line_numbers() -> None:
    validation = check_with("school.csv", "\nSIS ID,Name\n\n\nN,North\n\nS,\n")
    assert faults(validation) == [("school.csv", "value-missing", "Name", (7,))]
    assert validation.rows["school.csv"] == 2


def test_a_finding_has_the_full_count_and_the_first_line_numbers() -> None:
    finding = only_finding(check_with("school.csv", HEADER + "N,North\n" + "\n" + ",x\n" * 250))
    assert finding.count == 250
    assert finding.rows == tuple(range(4, 4 + MESSAGE_ROWS))


def test_an_error_of_the_stream_is_not_caught() -> None:
    def failing() -> Iterator[bytes]:
        yield HEADER.encode()
        raise ConnectionResetError("gone")

    files = [csv_file(name, content) for name, content in CLEAN.items() if name != "school.csv"]
    with pytest.raises(ConnectionResetError):
        validate(SDS_V1, [*files, CsvFile("school.csv", failing)])
