"""What a value of each kind looks like."""

import re
from collections.abc import Callable
from datetime import date

from sync_core.formats import Column

_ID = re.compile(r"\S+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")


def is_blank(value: str) -> bool:
    """Nothing but white space is no data."""
    return not value or value.isspace()


def comparable(column: Column) -> Callable[[str], str]:
    """What two values of the column are compared by."""
    return str.lower if column.kind == "email" else str


def format_of(column: Column) -> tuple[str, Callable[[str], bool]] | None:
    """The rule for values of the column, and whether a value that is not blank keeps it."""
    match column.kind:
        case "id":
            return "id-format", lambda value: _ID.fullmatch(value) is not None
        case "date":
            return "date-format", _is_date
        case "email":
            return "email-format", lambda value: _EMAIL.fullmatch(value) is not None
        case "phone":
            return "phone-format", lambda value: _PHONE.fullmatch(value) is not None
        case "enum":
            known = {value.lower() for value in column.values}
            return "enum-value", lambda value: value.lower() in known
        case "text":
            return None


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
