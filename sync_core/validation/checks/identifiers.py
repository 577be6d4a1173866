"""Finds IDs and names that were damaged after the student information system gave them out.

A reference repeats an ID of another record. It is therefore only checked if that ID is not found:
otherwise the fault is reported where the ID belongs.
"""

import unicodedata

import polars as pl

from sync_core.formats import Column
from sync_core.formats.rules.words import ERRORS_WITHOUT_MARK, MONTHS, NULL_WORDS
from sync_core.validation.checks.values import ColumnValues, FindInvalid
from sync_core.validation.records.layout import Mask

# Excel writes at least two digits after the plus; a class can be called 7E1.
_EXPONENT = r"[-+]?[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]{2,3}"
# Java and some databases write no plus. Three decimals tell such a number from a class 8.1E2.
_EXPONENT_WITHOUT_PLUS = r"[-+]?[0-9][.,][0-9]{3,}[eE]-?[0-9]{1,3}"
_WORDS = "|".join(word.replace("/", "\\/") for word in ERRORS_WITHOUT_MARK)
_ERROR = rf"#(?:#+|[¡¿]?[\p{{L}}/0_.]+[!?]|(?i:{_WORDS}))|Err:[0-9]{{3}}"
_SPREADSHEET = rf"\A(?:=|(?:{_EXPONENT}|{_ERROR})\z)"
_SPREADSHEET_OR_NUMBER = rf"\A(?:=|(?:{_EXPONENT}|{_EXPONENT_WITHOUT_PLUS}|{_ERROR})\z)"

# White space is a fault of its own, and so are NUL and byte order marks.
_INVISIBLE = r"[[\p{Cc}\p{Cf}]--[\s\x1c-\x1f\x00\x{feff}]]"
_REPLACEMENT = "\ufffd"

_MONTH = "|".join(sorted(set(MONTHS), key=len, reverse=True))
_DATE = (
    rf"\A(?:[0-9]{{1,2}}(?:-|\. ?)(?:{_MONTH})\.?(?:-[0-9]{{2,4}})?|(?:{_MONTH})\.?-[0-9]{{1,2}}"
    r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4})\z"
)


def identity_checks(column: Column) -> dict[str, FindInvalid]:
    """The rules for values that were damaged, by rule id, each with the function that finds them.

    Only keys, user names and names are checked: an email address only if it is required, because
    it is a key then.
    """
    checks: dict[str, FindInvalid] = {}
    is_id = column.kind in ("id", "ids")
    if is_id or column.kind == "username" or (column.kind == "email" and column.required_value):
        checks["id-spreadsheet"] = _find_numbers if is_id else _find_spreadsheet
        checks["value-null"] = _find_null_words
        checks["invisible-character"] = _find_invisible
        checks["lost-letters"] = _find_replacement
    if is_id:
        checks["id-date"] = _find_dates
    if column.kind == "name":
        checks["lost-letters"] = _find_replacement
    return checks


def _find_spreadsheet(values: ColumnValues) -> Mask | None:
    is_possible = any(mark in values.joined for mark in (b"=", b"+", b"#", b":"))
    return _matches(values.text, _SPREADSHEET) if is_possible else None


def _find_numbers(values: ColumnValues) -> Mask | None:
    is_possible = any(mark in values.joined for mark in (b"=", b"+", b"#", b":", b".", b","))
    return _matches(values.text, _SPREADSHEET_OR_NUMBER) if is_possible else None


def _find_null_words(values: ColumnValues) -> Mask | None:
    return values.find(NULL_WORDS)


def _find_invisible(values: ColumnValues) -> Mask | None:
    is_possible = any(map(_may_be_invisible, values.unusual))
    return _matches(values.text, _INVISIBLE) if is_possible else None


def _may_be_invisible(character: str) -> bool:
    # A character that is new to Python's tables may be known to those of the pattern.
    return unicodedata.category(character) in ("Cc", "Cf", "Cn") and not character.isspace()


def _find_replacement(values: ColumnValues) -> Mask | None:
    if not values.lost_letters:
        return None
    return _some(values.text.str.contains(_REPLACEMENT, literal=True))


def _find_dates(values: ColumnValues) -> Mask | None:
    is_possible = any(mark in values.joined for mark in (b"-", b".", b"/"))
    return _matches(values.text, _DATE) if is_possible else None


def _matches(text: pl.Series, pattern: str) -> Mask | None:
    return _some(text.str.contains(pattern))


def _some(found: pl.Series) -> Mask | None:
    mask: Mask = found.to_numpy()
    return mask if mask.any() else None
