"""The oracle's part on IDs and names that were damaged on the way. Values are never blank here."""

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.oracle_findings import Known, Row, is_blank
from sync_core.formats import Column, FileSpec
from sync_core.formats.rules.words import ERRORS_WITHOUT_MARK, MONTHS, NULL_WORDS

_LOOKS_LIKE_A_DATE = (
    r"\d{1,2}(-|\. ?)MONTH\.?(-\d{2,4})?",
    r"MONTH\.?-\d{1,2}",
    r"\d{1,2}/\d{1,2}/\d{4}",
    r"\d{1,2}\.\d{1,2}\.\d{4}",
)


def items_of(column: Column, value: str) -> list[str]:
    """The value, or the items of a list, without blanks."""
    items = value.split(",") if column.kind == "ids" else [value]
    return [item for item in items if not is_blank(item)]


def damages(column: Column, items: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The rules about damage that one of the items breaks, with their severities."""
    yield from dict.fromkeys(each for item in items for each in _damages(column, item))


def damaged_columns(
    spec: FileSpec, rows: Sequence[Row], column_indexes: Mapping[str, int], known: Known
) -> Iterator[tuple[str, int, str, str]]:
    """The rule, line, field and severity of damage to columns not looked up in another file."""
    looked_up = {
        reference.column
        for reference in spec.references
        if (reference.to_file, reference.to_column) in known
    }
    for column in spec.columns:
        if column.name not in column_indexes or column.name in looked_up:
            continue
        present = [(line, values[column.name]) for line, values in rows]
        present = [(line, value) for line, value in present if not is_blank(value)]
        for line, value in present:
            for rule, weight in damages(column, items_of(column, value)):
                yield rule, line, column.name, weight
        for rule, lines in _column_faults(column, present):
            weight = "Information" if rule == "username-domain" else "Warning"
            for line in lines:
                yield rule, line, column.name, weight


def _damages(column: Column, value: str) -> Iterator[tuple[str, str]]:
    weight = "Error" if column.required_value else "Warning"
    if "\ufffd" in value and (_is_key(column) or column.kind == "name"):
        yield "lost-letters", "Warning" if column.kind == "name" else weight
    if not _is_key(column):
        return
    is_id = column.kind in ("id", "ids")
    if value.startswith("=") or _is_error(value) or _is_number(value, without_plus=is_id):
        yield "id-spreadsheet", weight
    if value in NULL_WORDS:
        yield "value-null", weight
    if any(map(_is_invisible, value)):
        yield "invisible-character", "Error"
    if is_id and _is_date(value):
        yield "id-date", "Warning"


def _is_key(column: Column) -> bool:
    is_required_email = column.kind == "email" and column.required_value
    return is_required_email or column.kind in ("id", "ids", "username")


def _column_faults(
    column: Column, values: Sequence[tuple[int, str]]
) -> Iterator[tuple[str, Sequence[int]]]:
    """The rules that the column as a whole breaks, and their lines."""
    if column.kind == "id":
        if all(re.fullmatch("[0-9]+[.]0", value) for _, value in values):
            yield "id-decimal", [line for line, _ in values]
        long = [(line, value) for line, value in values if re.fullmatch("[1-9][0-9]{15,29}", value)]
        rounded = [line for line, value in long if not value[15:].strip("0")]
        if len(rounded) >= len(long) / 2:
            yield "id-digits", rounded
    if column.domain and values and not any("@" in value for _, value in values):
        yield "username-domain", [0]


def _is_error(value: str) -> bool:
    if re.fullmatch("##+|Err:[0-9]{3}", value):
        return True
    if not value.startswith("#"):
        return False
    word = value[1:].removeprefix("¡").removeprefix("¿")
    is_word = bool(word[:-1]) and all(letter.isalpha() or letter in "/0_." for letter in word[:-1])
    return (is_word and word[-1] in "!?") or value[1:].upper() in ERRORS_WITHOUT_MARK


def _is_number(value: str, *, without_plus: bool) -> bool:
    mantissa, _, exponent = value.lower().partition("e")
    match = re.fullmatch("[-+]?([0-9]+)([.,][0-9]+)?", mantissa)
    if match is None:
        return False
    if re.fullmatch("[+][0-9]{2,3}", exponent):
        return True
    is_precise = len(match[1]) == 1 and len(match[2] or "") > len(".99")
    return without_plus and is_precise and bool(re.fullmatch("-?[0-9]{1,3}", exponent))


def _is_invisible(letter: str) -> bool:
    return (
        unicodedata.category(letter) in ("Cc", "Cf")
        and not letter.isspace()
        and letter not in "\0\ufeff"
    )


def _is_date(value: str) -> bool:
    return any(pattern.fullmatch(value) for pattern in _dates())


@functools.cache
def _dates() -> Sequence[re.Pattern[str]]:
    months = f"({'|'.join(map(re.escape, MONTHS))})"
    return [re.compile(text.replace("MONTH", months), re.ASCII) for text in _LOOKS_LIKE_A_DATE]
