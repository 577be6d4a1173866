"""The engine against simple reference implementations, on generated files."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.validation.records.layout import GOOD, lay_out
from sync_core.validation.records.lines import decoded, fields_of
from sync_core.validation.records.outline import verified_outline
from sync_core.validation.records.reading import FileReader, LineBlock
from tests.unit.validation_kit import CLEAN, check

CELLS = st.sampled_from(["", " ", "s1", "s2", "S1", "s 1", "N", "n", 'a"b', "a,b", "a\nb", "é"])
STUDENTS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)
RAW_TEXT = st.text(alphabet='a,"\n\r', max_size=40)
BLOCKS = st.integers(1, 7) | st.integers(8, 150)
"""Many blocks to a record, and many records to a block."""
HEADER = ("SIS ID", "School SIS ID", "Username")


def written(rows: Sequence[Sequence[str]], quote_all: bool, line_end: str) -> str:
    out = io.StringIO()
    writer = csv.writer(
        out, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL, lineterminator=line_end
    )
    writer.writerows([HEADER, *rows])
    return out.getvalue()


def expected_counts(rows: Sequence[Sequence[str]]) -> Counter[tuple[str, str | None]]:
    """The number of rows that break each rule, by (rule, field), counted row by row."""
    if not rows:
        return Counter({("file-without-rows", None): 1})
    counts: Counter[tuple[str, str | None]] = Counter()
    for position, field in enumerate(HEADER):
        values = [row[position] for row in rows]
        present = [value for value in values if value.strip()]
        counts["value-missing", field] = len(values) - len(present)
        counts["line-break", field] = sum("\n" in value for value in values)
        counts["id-format", field] = sum(value.split() != [value] for value in present)
        if field == "SIS ID":
            counts["duplicate", field] = len(present) - len(set(present))
            counts["id-shared", field] = len(list(rows_with_shared_id(rows)))
        elif field == "Username":
            counts["duplicate", field] = len(present) - len({value.lower() for value in present})
        else:
            counts["reference-not-found", field] = sum(value != "N" for value in present)
    return +counts


def rows_with_shared_id(rows: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The rows whose user name differs from the first one that their ID has."""
    first_names: dict[str, str] = {}
    for row in rows:
        sis_id, _, name = row
        has_both = sis_id.strip() and name.strip()
        if has_both and first_names.setdefault(sis_id, name.lower()) != name.lower():
            yield row


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(STUDENTS, st.booleans(), st.sampled_from(["\n", "\r\n"]), BLOCKS)
def test_counts_equal_those_of_a_row_by_row_count(
    rows: list[tuple[str, str, str]], quote_all: bool, line_end: str, block: int
) -> None:
    content = written(rows, quote_all, line_end)
    files = {"school.csv": CLEAN["school.csv"], "student.csv": content}
    validation = check(files, block=block, is_whole=False)
    counts = {(finding.rule, finding.field): finding.count for finding in validation.findings}
    records = [row for row in rows if any(value.strip(" ") for value in row)]
    empty = Counter({("row-empty", None): len(rows) - len(records)})
    assert counts == expected_counts(records) + empty
    assert validation.rows["student.csv"] == len(records)


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2), max_size=8), st.booleans())
def test_fields_equal_those_of_the_csv_module(rows: list[list[str]], quote_all: bool) -> None:
    content = written(rows, quote_all, "\n").encode()
    layout = lay_out(content, at_end=True)
    records = [content[start:end] for start, end in zip(layout.starts, layout.ends, strict=True)]
    fields = [fields_of(decoded(record.removesuffix(b"\n"))) for record in records]
    assert fields == list(csv.reader(io.StringIO(content.decode())))


def expected_records(text: str) -> Iterator[tuple[int, bool]]:
    """The line of each record, and whether it is well-formed, by character (RFC 4180)."""
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    number = 0
    while number < len(lines):
        taken = lines_of_record(lines[number:])
        if taken or lines[number] not in ("", "\r"):
            yield number + 1, taken > 0
        number += max(taken, 1)


def lines_of_record(lines: Sequence[str]) -> int:
    """How many lines the record at the start takes; 0 for a blank line or bad quoting."""
    if lines[0] in ("", "\r"):
        return 0
    state = "start"
    for taken, line in enumerate(lines, start=1):
        for character in line.removesuffix("\r"):
            state = next_state(state, character)
        if state == "broken":
            return 0
        if state != "quoted":
            return taken
    return 0


def next_state(state: str, character: str) -> str:
    match state, character:
        case (("start" | "unquoted" | "closed"), ","):
            return "start"
        case (("start" | "closed"), '"'):
            return "quoted"
        case (("start" | "unquoted"), other) if other != '"':
            return "unquoted"
        case "quoted", '"':
            return "closed"
        case "quoted", _:
            return "quoted"
    return "broken"


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(text=RAW_TEXT, block=st.integers(1, 200), width=st.integers(1, 3))
def test_records_equal_those_of_a_character_by_character_reading(
    text: str, block: int, width: int
) -> None:
    # The generated text must not be the first line: a carriage return there is another fault.
    reader = FileReader([f"H\n{text}".encode()], block)
    header = reader.header()
    assert header
    read = [(header.line, True)]
    for line_block in reader.blocks(width):
        read += sorted(outlined_records(line_block, width))
    assert read == list(expected_records(f"H\n{text}"))


def outlined_records(block: LineBlock, width: int) -> Iterator[tuple[int, bool]]:
    """The line of each record of a block, and whether it is well-formed."""
    outline = block.outline if block.outline.is_verified else verified_outline(block.data, width)
    yield from ((block.line + line, True) for line in list(outline.regular_lines))
    if irregular := outline.irregular:
        lines = irregular.layout.first_line + block.line
        yield from zip(lines.tolist(), (irregular.layout.fault == GOOD).tolist(), strict=True)


@settings(deadline=None, max_examples=300)
@given(text=RAW_TEXT, width=st.integers(1, 3))
def test_verified_regular_lines_have_as_many_fields_as_the_header(text: str, width: int) -> None:
    content = text.encode()
    outline = verified_outline(content, width)
    regular = b"".join(content[start:end] for start, end in outline.regular_spans).decode()
    widths = [len(fields) for fields in csv.reader(regular.split("\n")) if fields]
    assert widths == [width] * len(outline.regular_lines)


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=60), block=BLOCKS)
def test_the_block_size_does_not_change_the_result(content: bytes, block: int) -> None:
    students = b"SIS ID,School SIS ID,Username\n" + content
    files = {"student.csv": students, "school.csv": content}
    assert check(files, block=block, is_whole=False) == check(files, is_whole=False)
