"""The rules for the values of a column: white space, formats and lengths."""

import re
from collections.abc import Callable
from datetime import date

from sync_core.formats import Column
from sync_core.validation.checks.values import WHITE, ColumnValues, FindInvalid
from sync_core.validation.records.layout import Mask

_EMAIL_OR_EMPTY = rf"\A(?:[^@{WHITE}]+@[^@{WHITE}.]+(?:\.[^@{WHITE}.]+)+)?\z"
_PHONE_OR_EMPTY = r"\A(?:\+[1-9][0-9]{1,14})?\z"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_DAY_NUMBER = re.compile(r"[1-6][0-9]{4}")
_YEAR = re.compile(r"[0-9]{4}")
_BOOLEANS = ("true", "false")
_MAX_REMEMBERED = 100_000


def value_checks(column: Column) -> dict[str, FindInvalid]:
    """The rules for a column's values, by rule id, each with the function that applies it."""
    checks: dict[str, FindInvalid] = {}
    match column.kind:
        case "id" | "ids" | "username":
            checks["id-format"] = _find_white_space
        case "email":
            checks["email-format"] = _find_other_than(_EMAIL_OR_EMPTY)
        case "date":
            checks["date-format"] = _DistinctValueCheck(lambda v: _is_date(v) or _is_day_number(v))
            checks["date-serial"] = _DistinctValueCheck(lambda v: not _is_day_number(v))
        case "phone":
            checks["phone-format"] = _find_other_than(_PHONE_OR_EMPTY)
        case "year":
            checks["year-format"] = _DistinctValueCheck(lambda v: bool(_YEAR.fullmatch(v)))
        case "boolean":
            checks["enum-value"] = _DistinctValueCheck(lambda v: v.lower() in _BOOLEANS)
        case "text" | "name" | "enum" | "code" | "grade":
            pass
    if column.max_length:
        checks["value-too-long"] = _find_longer_than(column.max_length)
    return checks


def _find_white_space(values: ColumnValues) -> Mask | None:
    mask = values.has_white_space
    return None if mask is None else values.except_blank(mask)


def _find_other_than(pattern: str) -> FindInvalid:
    def find(values: ColumnValues) -> Mask | None:
        # Columns with such a pattern are often optional, and many of their values are null.
        if values.present.str.contains(pattern).all():
            return None
        return values.except_blank(~values.text.str.contains(pattern))

    return find


def _find_longer_than(limit: int) -> FindInvalid:
    return lambda values: values.except_blank(values.text.str.len_chars() > limit)


class _DistinctValueCheck:
    """Finds invalid values by checking each distinct value once.

    This suits dates and codes, which have few distinct values. Valid values are remembered for the
    next batch, up to a limit that bounds memory.
    """

    def __init__(self, is_valid: Callable[[str], bool]) -> None:
        self._is_valid = is_valid
        self._known_valid: set[str] = set()

    def __call__(self, values: ColumnValues) -> Mask | None:
        unknown = [value for value in values.distinct if value not in self._known_valid]
        invalid = [value for value in unknown if value.strip() and not self._is_valid(value)]
        if len(self._known_valid) < _MAX_REMEMBERED:
            self._known_valid |= set(unknown) - set(invalid)
        return values.text.is_in(invalid).to_numpy() if invalid else None


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_day_number(value: str) -> bool:
    """Whether the value may be a date as spreadsheets store it: 10000 (1927) to 69999 (2091)."""
    return bool(_DAY_NUMBER.fullmatch(value))
