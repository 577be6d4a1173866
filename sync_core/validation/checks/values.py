"""The values of one column in one batch: which are blank or invalid, and what their keys are."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np
import polars as pl

from sync_core.formats import Column
from sync_core.validation.checks.keys import Keys, SortedKeys, distinct_keys
from sync_core.validation.records.layout import SPACE, Mask

# Patterns of polars are those of Rust. Unlike Python's, their \s does not include the four ASCII
# separators \x1c to \x1f.
WHITE = r"\s\x1c-\x1f"
_CONTAINS_WHITE_SPACE = rf"[{WHITE}]"
_WHITE_SPACE = re.compile(r"\s")
_DELETE = 127

FindInvalid = Callable[["ColumnValues"], Mask | None]
"""Returns which values break a rule, or None if none does. Blank values never break one."""


class ColumnValues:
    """The values of one column in one batch. What is computed once is kept for other checks.

    The first `ascii_rows` values are simple ASCII: no white space, quotation marks or non-ASCII
    characters. `lost_letters`: some may contain U+FFFD. `seed` is the run's seed for keys.
    """

    def __init__(
        self,
        column: Column,
        series: pl.Series,
        seed: int,
        ascii_rows: int = 0,
        *,
        lost_letters: bool = True,
    ) -> None:
        self.lost_letters = lost_letters
        self._column, self._series, self._seed = column, series, seed
        self._ascii_rows = ascii_rows

    @cached_property
    def text(self) -> pl.Series:
        """The values, with an empty string for null."""
        return self._series.fill_null("") if self._series.null_count() else self._series

    @cached_property
    def present(self) -> pl.Series:
        """The values that are not null."""
        return self._series.drop_nulls() if self._series.null_count() else self._series

    @cached_property
    def distinct(self) -> list[str]:
        """Every value once."""
        found, rest = [], self.text
        while len(rest):
            found.append(rest[0])
            others = rest.filter(rest != rest[0])
            if len(others) > len(rest) // 2:
                return found + others.unique().to_list()
            # Where nearly all values are the same, comparing is faster than `unique`.
            rest = others
        return found

    @cached_property
    def joined(self) -> bytes:
        """All values in one UTF-8 text, to search for characters that few columns have."""
        text: bytes = self.text.str.join("").cast(pl.Binary).item()
        return text

    @cached_property
    def unusual(self) -> frozenset[str]:
        """The characters of all values that are white space, control characters or not ASCII."""
        joined = np.frombuffer(self.joined, np.uint8)
        # As signed integers, bytes above 127 are negative.
        is_unusual = (joined.view(np.int8) <= SPACE) | (joined == _DELETE)
        text = joined[is_unusual].tobytes().decode()
        # A set of the text itself would first make a text of each of its characters.
        codes = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32))
        return frozenset(map(chr, codes.tolist()))

    @cached_property
    def has_white_space(self) -> Mask | None:
        """Which values contain white space; None if none does."""
        if self._ascii_rows:
            return self._mask_from_rest([bool(_WHITE_SPACE.search(v)) for v in self._rest])
        if not any(map(str.isspace, self.unusual)):
            return None
        return self.text.str.contains(_CONTAINS_WHITE_SPACE).to_numpy()

    @cached_property
    def blank(self) -> Mask | None:
        """Which values are empty or only white space; None if none is."""
        if self._ascii_rows:
            blank = self._mask_from_rest([not v or v.isspace() for v in self._rest])
            if not self._series.null_count():
                return blank
            nulls: Mask = self._series.is_null().to_numpy()
            return nulls if blank is None else nulls | blank
        empty = self.text == ""
        is_possible = _may_begin_with_white_space(self.text) & ~empty
        mask: Mask = empty.to_numpy()
        if is_possible.any():
            # Arrays from polars can be read-only.
            mask = mask.copy()
            mask[is_possible.to_numpy()] = [
                v.isspace() for v in self.text.filter(is_possible).to_list()
            ]
        return mask if mask.any() else None

    @cached_property
    def comparable(self) -> pl.Series:
        """The values in the form in which equal values are equal texts.

        Email addresses become lower case, because the service lower-cases them, and user names,
        because the directory ignores their case. Codes have no case
        either; only those few that change are replaced, which is faster.
        """
        match self._column.kind:
            case "email" | "username":
                # Nearly all columns are in lower case. The joined text shows that faster.
                has_capital = self.joined != self.joined.lower() or any(
                    character != character.lower() for character in self.unusual
                )
                return self.text.str.to_lowercase() if has_capital else self.text
            case "enum" | "code" | "grade":
                one_spelling = _grade if self._column.kind == "grade" else _code
                spelt = {value: one_spelling(value) for value in self.distinct}
                changed = {value: code for value, code in spelt.items() if value != code}
                return self.text.replace(changed) if changed else self.text
            case _:
                return self.text

    @cached_property
    def keys(self) -> Keys:
        """The key of each value; 0 if it is blank."""
        keys = hash_keys(self.comparable, self._seed)
        return keys if self.blank is None else np.where(self.blank, np.uint64(0), keys)

    def find(self, words: Sequence[str]) -> Mask | None:
        """Which values are one of a few words; None if none is. The keys rule out nearly all."""
        rows, _ = _keys_of_words(self._column, tuple(words), self._seed).find(self.keys)
        if not rows.size:
            return None
        rows = rows[[value in words for value in self.text.gather(rows).to_list()]]
        if not rows.size:
            return None
        mask = np.zeros(len(self.text), np.bool_)
        mask[rows] = True
        return mask

    def except_blank(self, mask: pl.Series | Mask) -> Mask | None:
        """The mask without blank values; None if it is empty from the start."""
        found: Mask = mask.to_numpy() if isinstance(mask, pl.Series) else mask
        rows = np.flatnonzero(found)
        if not rows.size:
            return None
        is_blank = [not value or value.isspace() for value in self.text.gather(rows).to_list()]
        # Arrays from polars can be read-only, and masks are shared between checks.
        found = found.copy()
        found[rows[is_blank]] = False
        return found

    @cached_property
    def _rest(self) -> list[str]:
        """The values after the simple ASCII ones."""
        return [value or "" for value in self._series[self._ascii_rows :].to_list()]

    def _mask_from_rest(self, rest: list[bool]) -> Mask | None:
        """A mask of all values from one of the values after the simple ASCII ones."""
        if not any(rest):
            return None
        mask = np.zeros(len(self._series), np.bool_)
        mask[self._ascii_rows :] = rest
        return mask


@lru_cache(maxsize=64)
def _keys_of_words(column: Column, words: tuple[str, ...], seed: int) -> SortedKeys:
    keys = ColumnValues(column, pl.Series(words), seed).keys
    return SortedKeys(distinct_keys([keys]))


def _may_begin_with_white_space(text: pl.Series) -> pl.Series:
    # Comparing is many times as fast as a pattern. White space that is not ASCII is U+0085, U+00A0
    # or something between U+1680 and U+3000.
    is_possible, is_beyond_ascii = text < "!", text > "~"
    if is_beyond_ascii.any():
        is_possible |= is_beyond_ascii & (text < "\xa1")
        is_possible |= (text >= "\u1680") & (text < "\u3001")
    return is_possible


def _code(value: str) -> str:
    return value.lower() if value.strip() else ""


def _grade(value: str) -> str:
    code = _code(value)
    # Two digits are the usual spelling, so few values have to be replaced.
    return code.lstrip("0").zfill(2) if code.isascii() and code.isdigit() else code


def hash_keys(text: pl.Series, seed: int) -> Keys:
    """The keys of texts; never 0, which means a missing value."""
    hashes: Keys = text.hash(seed).to_numpy()
    return hashes if hashes.min(initial=1) else np.maximum(hashes, np.uint64(1))


def unpadded_keys(text: pl.Series, seed: int) -> Keys:
    """The keys of texts without leading zeros; all texts of zeros alone have the same key."""
    return hash_keys(text.str.strip_chars_start("0"), seed)
