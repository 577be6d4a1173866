"""The values of one column in one batch: which are blank, which are wrong, and their keys."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from itertools import islice

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.checks.keys import Keys
from sync_core.validation.records.layout import Flags

# Python and Unicode count the four separators of ASCII as white space, Rust does not.
_WHITE = r"\s\x1c-\x1f"
_BLANK = rf"\A[{_WHITE}]*\z"
_SPACED = rf"[{_WHITE}]"
_EMAIL_OR_NOTHING = rf"\A(?:[^@{_WHITE}]+@[^@{_WHITE}.]+(?:\.[^@{_WHITE}.]+)+)?\z"
_PHONE_OR_NOTHING = r"\A(?:\+[1-9][0-9]{1,14})?\z"
_SPACE = re.compile(r"\s")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_DAY_NUMBER = re.compile(r"[1-6][0-9]{4}")
_YEAR = re.compile(r"[0-9]{4}")
WHITE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Everything that counts as white space."""

_FEW = 64
_BOOLEANS = ("true", "false")
_REMEMBERED = 100_000

Wrong = Callable[["Values"], Flags | None]
"""Which of the values break a rule, or None where none does; blank ones never do."""


class Values:
    """One column of a batch. What is worked out once is kept for the next check.

    In the first `tight` rows there is no white space, no quotation mark and no letter beyond ASCII.
    `seed` makes the keys of this run unlike those of any other.
    """

    def __init__(self, column: Column, series: pl.Series, seed: int, tight: int = 0) -> None:
        self._column, self._series, self._seed = column, series, seed
        self._tight = tight

    @cached_property
    def text(self) -> pl.Series:
        return self._series.fill_null("") if self._series.null_count() else self._series

    @cached_property
    def distinct(self) -> list[str]:
        """Every value once."""
        return self.text.unique().to_list()

    @cached_property
    def spaced(self) -> Flags | None:
        """Where there is white space; None where there is none anywhere."""
        if self._tight:
            return self._flags([bool(_SPACE.search(value)) for value in self._loose_text])
        # A few spaces are found much faster in all of the text than by a pattern in each value.
        all_text: str = self.text.str.join("").item()
        found = (place for white in WHITE for place in _places_of(white, all_text))
        places = np.fromiter(islice(found, _FEW + 1), np.intp)
        if len(places) > _FEW:
            return self.text.str.contains(_SPACED).to_numpy()
        if not places.size:
            return None
        spaced = np.zeros(len(self.text), np.bool_)
        ends = np.cumsum(self.text.str.len_chars().to_numpy())
        spaced[np.searchsorted(ends, places, side="right")] = True
        return spaced

    @cached_property
    def blank(self) -> Flags | None:
        """Where there is nothing but white space; None where there is something everywhere."""
        if self._tight:
            blank = self._flags([not value or value.isspace() for value in self._loose_text])
            if not self._series.null_count():
                return blank
            nulls: Flags = self._series.is_null().to_numpy()
            return nulls if blank is None else nulls | blank
        empty: Flags = (self.text.str.len_bytes() == 0).to_numpy()
        if self.spaced is not None:
            rows = np.flatnonzero(self.spaced)
            empty = empty.copy()
            empty[rows] = self.text.gather(rows).str.contains(_BLANK).to_numpy()
        return empty if empty.any() else None

    @cached_property
    def _loose_text(self) -> list[str]:
        return [value or "" for value in self._series[self._tight :].to_list()]

    def _flags(self, loose: list[bool]) -> Flags | None:
        """Flags of all rows from those behind the tight ones; None where none is set."""
        if not any(loose):
            return None
        flags = np.zeros(len(self._series), np.bool_)
        flags[self._tight :] = loose
        return flags

    @cached_property
    def keys(self) -> Keys:
        """What the values are compared by; 0 where they are blank."""
        keys = keys_of(compared(self._column, self.text), self._seed)
        return keys if self.blank is None else np.where(self.blank, np.uint64(0), keys)

    def but_blank(self, flags: pl.Series | Flags) -> Flags | None:
        """The flags without those of blank values; None where there are none at all."""
        found: Flags = flags.to_numpy() if isinstance(flags, pl.Series) else flags
        rows = np.flatnonzero(found)
        if not rows.size:
            return None
        is_blank = [not value or value.isspace() for value in self.text.gather(rows).to_list()]
        found = found.copy()
        found[rows[is_blank]] = False
        return found


def _places_of(letter: str, text: str) -> Iterator[int]:
    place = text.find(letter)
    while place >= 0:
        yield place
        place = text.find(letter, place + 1)


def compared(column: Column, text: pl.Series) -> pl.Series:
    """An address is the same in any case, because the service lower-cases it."""
    return text.str.to_lowercase() if column.kind == "email" else text


def keys_of(text: pl.Series, seed: int) -> Keys:
    hashes: Keys = text.hash(seed).to_numpy()
    return hashes if hashes.min(initial=1) else np.maximum(hashes, np.uint64(1))


def unpadded_keys(text: pl.Series, seed: int) -> Keys:
    """Keys without leading zeros, so that all values of nothing but zeros have the same."""
    return keys_of(text.str.strip_chars_start("0"), seed)


def rules_of(column: Column) -> dict[str, Wrong]:
    """The rules that the values of a column must keep, by their ids."""
    rules: dict[str, Wrong] = {}
    match column.kind:
        case "id" | "ids":
            rules["id-format"] = _not_an_id
        case "email":
            rules["email-format"] = _unlike(_EMAIL_OR_NOTHING)
        case "date":
            rules["date-format"] = _Distinct(lambda value: _is_date(value) or _is_day(value))
            rules["date-serial"] = _Distinct(lambda value: not _is_day(value))
        case "phone":
            rules["phone-format"] = _unlike(_PHONE_OR_NOTHING)
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
    return None if values.spaced is None else values.but_blank(values.spaced)


def _unlike(pattern: str) -> Wrong:
    """Judges every value, where nearly all are different."""
    return lambda values: values.but_blank(~values.text.str.contains(pattern))


def _longer_than(limit: int) -> Wrong:
    return lambda values: values.but_blank(values.text.str.len_chars() > limit)


class _Distinct:
    """Judges every distinct value once: columns of dates and codes repeat a few of them."""

    def __init__(self, is_right: Callable[[str], bool]) -> None:
        self._is_right = is_right
        self._right: set[str] = set()

    def __call__(self, values: Values) -> Flags | None:
        fresh = [value for value in values.distinct if value not in self._right]
        wrong = [value for value in fresh if value.strip() and not self._is_right(value)]
        if len(self._right) < _REMEMBERED:
            self._right |= set(fresh) - set(wrong)
        return values.text.is_in(wrong).to_numpy() if wrong else None


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
