"""The values of one column in one batch: which are blank, which are wrong, and their keys."""

import re
from collections.abc import Callable
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.keys import Keys
from sync_core.validation.layout import Flags

# Python and Unicode count the four separators of ASCII as white space, Rust does not.
_SPACE = r"\s\x1c-\x1f"
_BLANK = rf"\A[{_SPACE}]*\z"
_NOT_AN_ID = rf"[{_SPACE}]"
_EMAIL = rf"\A[^@{_SPACE}]+@[^@{_SPACE}.]+(?:\.[^@{_SPACE}.]+)+\z"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_DAY_NUMBER = re.compile(r"[1-6][0-9]{4}")
_YEAR = re.compile(r"[0-9]{4}")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_BOOLEANS = ("true", "false")
_REMEMBERED = 100_000

Wrong = Callable[["Values"], Flags | None]
"""Which of the values break a rule, or None where none does; blank ones never do."""


class Values:
    """One column of a batch. What is worked out once is kept for the next check.

    `is_plain` promises that no value has white space, quotation marks or letters beyond ASCII.
    `seed` makes the keys of this run unlike those of any other.
    """

    def __init__(self, column: Column, series: pl.Series, seed: int, *, is_plain: bool) -> None:
        self._column, self._series, self._seed = column, series, seed
        self.is_plain = is_plain

    @cached_property
    def text(self) -> pl.Series:
        return self._series.fill_null("") if self._series.null_count() else self._series

    @cached_property
    def blank(self) -> Flags | None:
        """Where there is nothing but white space; None where there is something everywhere."""
        if self.is_plain:
            return self._series.is_null().to_numpy() if self._series.null_count() else None
        blank = self.text.str.contains(_BLANK)
        return blank.to_numpy() if blank.any() else None

    @cached_property
    def keys(self) -> Keys:
        """What the values are compared by; 0 where they are blank."""
        keys = keys_of(compared(self._column, self.text), self._seed)
        if self.blank is not None:
            keys[self.blank] = 0
        return keys

    def but_blank(self, flags: pl.Series) -> Flags | None:
        """The flags without those of blank values; None where none is left."""
        found: Flags = flags.to_numpy()
        if self.blank is not None:
            found = found & ~self.blank
        return found if found.any() else None


def compared(column: Column, text: pl.Series) -> pl.Series:
    """An address is the same in any case, because the service lower-cases it."""
    return text.str.to_lowercase() if column.kind == "email" else text


def keys_of(text: pl.Series, seed: int) -> Keys:
    hashes: Keys = text.hash(seed).to_numpy()
    return np.maximum(hashes, np.uint64(1))


def rules_of(column: Column) -> dict[str, Wrong]:
    """The rules that the values of a column must keep, by their ids."""
    rules: dict[str, Wrong] = {}
    match column.kind:
        case "id" | "ids":
            rules["id-format"] = _not_an_id
        case "email":
            rules["email-format"] = _not_an_email
        case "date":
            rules["date-format"] = _Distinct(lambda value: _is_date(value) or _is_day(value))
            rules["date-serial"] = _Distinct(lambda value: not _is_day(value))
        case "phone":
            rules["phone-format"] = _Distinct(lambda value: bool(_PHONE.fullmatch(value)))
        case "year":
            rules["year-format"] = _Distinct(lambda value: bool(_YEAR.fullmatch(value)))
        case "boolean" | "enum":
            known = frozenset(value.lower() for value in column.values or _BOOLEANS)
            rules["enum-value"] = _Distinct(lambda value: value.lower() in known)
        case "text":
            pass
    if column.max_length:
        rules["value-too-long"] = _longer_than(column.max_length)
    return rules


def _not_an_id(values: Values) -> Flags | None:
    if values.is_plain:
        return None
    return values.but_blank(values.text.str.contains(_NOT_AN_ID))


def _not_an_email(values: Values) -> Flags | None:
    return values.but_blank(~values.text.str.contains(_EMAIL))


def _longer_than(limit: int) -> Wrong:
    return lambda values: values.but_blank(values.text.str.len_chars() > limit)


class _Distinct:
    """Judges every distinct value once: columns of dates and codes repeat a few of them."""

    def __init__(self, is_right: Callable[[str], bool]) -> None:
        self._is_right = is_right
        self._right: set[str] = set()

    def __call__(self, values: Values) -> Flags | None:
        fresh = [value for value in values.text.unique().to_list() if value not in self._right]
        wrong = [value for value in fresh if not self._is_right(value)]
        if len(self._right) < _REMEMBERED:
            self._right |= set(fresh) - set(wrong)
        return values.but_blank(values.text.is_in(wrong)) if wrong else None


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_day(value: str) -> bool:
    """Whether it may be a day as a spreadsheet counts them, from 1927 to 2091."""
    return bool(_DAY_NUMBER.fullmatch(value))
