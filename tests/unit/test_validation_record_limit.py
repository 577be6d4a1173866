"""The longest record that is read has 131,072 bytes, wherever it is and in whatever blocks."""

import pytest

from tests.unit.validation_kit import check, faults

pytestmark = pytest.mark.slow

LIMIT = 131_072
HEADER = "SIS ID,Name"
PLACES = {
    "first row": (f"{HEADER}\n", "\nN,North\n"),
    "row in the middle": (f"{HEADER}\nN,North\n", "\nS,South\n"),
    "last row": (f"{HEADER}\nN,North\n", "\n"),
    "last row without a line end": (f"{HEADER}\nN,North\n", ""),
}
"""What is above and below a row in a file of schools."""

BELOW_A_HEADER = {"with rows": "\nN,North,\n", "alone": "\n", "alone without a line end": ""}
TWO_LINES = {"early break": ('"\n', '"'), "late break": ('"', '\n"')}
"""How the last field of a record of two lines starts and ends."""

EACH_PLACE = pytest.mark.parametrize(("above", "below"), PLACES.values(), ids=PLACES)
EACH_BELOW = pytest.mark.parametrize("below", BELOW_A_HEADER.values(), ids=BELOW_A_HEADER)
EACH_BREAK = pytest.mark.parametrize(("start", "end"), TWO_LINES.values(), ids=TWO_LINES)
# Lines of letters are checked together, a line with a space is read alone.
EACH_LINE = pytest.mark.parametrize("start", ["", "x "], ids=["letters", "letters and a space"])

Found = list[tuple[str, tuple[int, ...]]]


def found(record: str, above: str, below: str) -> Found:
    """The rules that a file of schools breaks, with their lines, counted from that of the record.

    The file is read in small blocks, in blocks that end at and near the limit, and in one block.
    """
    content, limit = above + record + below, len(above) + LIMIT
    each: list[Found] = []
    for block in (10_000, limit - 1, limit, limit + 1, 1 << 21):
        validation = check({"school.csv": content}, block=block, is_whole=False)
        each.append([(rule, rows) for _, rule, _, rows in faults(validation)])
    assert each == [each[0]] * len(each)
    lines_above = above.count("\n")
    return [(rule, tuple(row - lines_above for row in rows)) for rule, rows in each[0]]


def record(first: str, size: int, start: str = "", end: str = "") -> str:
    """A record of this size: the first fields, and one that starts and ends in this way."""
    start = f"{first},{start}"
    return start + "x" * (size - len(start) - len(end)) + end


@EACH_PLACE
@EACH_LINE
def test_a_row_as_long_as_the_limit_is_accepted(above: str, below: str, start: str) -> None:
    assert found(record("L", LIMIT, start), above, below) == []


@EACH_PLACE
@EACH_LINE
def test_a_row_one_byte_over_the_limit_is_refused(above: str, below: str, start: str) -> None:
    assert found(record("L", LIMIT + 1, start), above, below) == [("record-too-long", (1,))]


@EACH_PLACE
@EACH_BREAK
def test_a_row_of_two_lines_as_long_as_the_limit_is_accepted(
    above: str, below: str, start: str, end: str
) -> None:
    assert found(record("L", LIMIT, start, end), above, below) == [("line-break", (1,))]


@EACH_PLACE
@EACH_BREAK
def test_both_lines_of_a_row_one_byte_over_the_limit_are_refused(
    above: str, below: str, start: str, end: str
) -> None:
    assert found(record("L", LIMIT + 1, start, end), above, below) == [("quotes", (1, 2))]


@EACH_PLACE
def test_a_line_over_the_limit_is_refused_for_its_size_and_not_for_its_quotation_mark(
    above: str, below: str
) -> None:
    longest, longer = (record("L", size, '"') + '\n"' for size in (LIMIT, LIMIT + 1))
    assert found(longest, above, below) == [("quotes", (1, 2))]
    assert found(longer, above, below) == [("record-too-long", (1,)), ("quotes", (2,))]


@pytest.mark.parametrize(
    ("start", "end"), [("", ""), *TWO_LINES.values()], ids=["one line", *TWO_LINES]
)
def test_a_header_as_long_as_the_limit_is_accepted(start: str, end: str) -> None:
    longest = record(HEADER, LIMIT, start, end)
    assert found(longest, "", "\nN,North,\n") == [("header-unknown", (1,))]


@EACH_BELOW
def test_a_header_one_byte_over_the_limit_is_refused(below: str) -> None:
    assert found(record(HEADER, LIMIT + 1), "", below) == [("record-too-long", (1,))]


@EACH_BELOW
@EACH_BREAK
def test_a_header_of_two_lines_one_byte_over_the_limit_is_refused(
    below: str, start: str, end: str
) -> None:
    assert found(record(HEADER, LIMIT + 1, start, end), "", below) == [("quotes", (1,))]


def test_a_header_without_a_line_end_may_be_as_long_as_the_limit() -> None:
    rules = [rule for rule, _ in found(record(HEADER, LIMIT), "", "")]
    assert sorted(rules) == ["file-without-rows", "header-unknown"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (LIMIT - 1, ("line-ends", ())),
        (LIMIT, ("record-too-long", (1,))),
        (LIMIT + 1, ("record-too-long", (1,))),
    ],
)
def test_a_carriage_return_is_searched_for_only_in_a_first_line_up_to_the_limit(
    before: int, expected: tuple[str, tuple[int, ...]]
) -> None:
    assert found(record(HEADER, before) + "\rx", "", "\n") == [expected]
