"""Identity at eight bytes a value: hashes find the candidates, and then the values decide.

A key is a 64-bit hash, seeded anew in every run; 0 stands for no value at all. Equal values have
equal keys, so a key that is not in a table proves that its value is not in the file. Keys that
repeat are only candidates: the caller reads those records again and compares what is in them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sync_core.validation.layout import Flags, Positions

Keys = npt.NDArray[np.uint64]

EXAMINED = 20_000
"""Repeats whose values are compared; so many that more would not change what anybody does."""

_HALF = np.uint64(32)
_STEPS = np.uint64(0xFFFF)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SORTED_TOGETHER = 4 << 20


class KeyTable:
    """A set of keys, by open addressing in 16 bytes a key.

    The number of slots is prime, so that the steps of every key lead it to all of them.
    """

    def __init__(self, parts: Sequence[Keys]) -> None:
        keys = _distinct(parts)
        self._slots = np.zeros(_next_prime(2 * len(keys) + 3), np.uint64)
        self._size = np.uint64(len(self._slots))
        at = self._home(keys)
        while keys.size:
            free = self._slots[at] == 0
            self._slots[at[free]] = keys[free]
            left = self._slots[at] != keys
            keys, at = keys[left], self._next(at[left], keys[left])

    def lacking(self, keys: Keys) -> Positions:
        """The places of those keys that are not in the table; 0 is never lacking."""
        at = self._home(keys)
        rows = np.flatnonzero(self._slots.take(at) != keys)
        at = at.take(rows)
        lacking: list[Positions] = []
        while rows.size:
            found, wanted = self._slots.take(at), keys.take(rows)
            empty = found == 0
            if empty.any():
                lacking.append(rows[empty & (wanted != 0)])
            on = np.flatnonzero((found != wanted) & ~empty)
            rows, at = rows.take(on), self._next(at.take(on), wanted.take(on))
        return np.sort(np.concatenate([np.zeros(0, np.intp), *lacking]))

    def _home(self, keys: Keys) -> Positions:
        return (((keys >> _HALF) * self._size) >> _HALF).astype(np.intp)

    def _next(self, at: Positions, keys: Keys) -> Positions:
        steps = (keys & _STEPS).astype(np.intp) % (len(self._slots) - 1) + 1
        return (at + steps) % len(self._slots)


def combined(parts: Sequence[Keys]) -> Keys:
    """One key for several values together: 0 where one of them has no value."""
    keys = parts[0]
    for part in parts[1:]:
        both = np.maximum(keys * _ODD + part, np.uint64(1))
        keys = np.where((keys == 0) | (part == 0), np.uint64(0), both)
    return keys


@dataclass(frozen=True)
class Repeats:
    """Keys that occur again: `count` of them in all.

    `rows` are the first of them, `examined` in number and at most EXAMINED, and those they repeat.
    """

    count: int
    examined: int
    rows: Positions


@dataclass(frozen=True)
class Lacking:
    """Keys that are not in a table: how many in all, and the rows of the first of them."""

    count: int
    rows: Positions


def lacking_in(table: KeyTable, parts: Sequence[Keys]) -> Lacking:
    """The rows, counted over all `parts`, whose key is not in the table."""
    found, count, first_row = [np.zeros(0, np.intp)], 0, 0
    for part in parts:
        rows = table.lacking(part)
        if count < EXAMINED:
            found.append(rows[:EXAMINED] + first_row)
        count += len(rows)
        first_row += len(part)
    return Lacking(count, np.concatenate(found))


def repeats_in(parts: Sequence[Keys]) -> Repeats | None:
    """The rows whose key an earlier row has, counted over all `parts`; None if there are none."""
    count, repeated = _repeated(parts)
    if not count:
        return None
    first = _first_repeats(parts, repeated)
    wanted = _distinct([_taken(parts, first)])
    rows = _rows_of(parts, wanted)
    return Repeats(count, len(first), rows[rows <= first[-1]])


def _repeated(parts: Sequence[Keys]) -> tuple[int, Keys]:
    """How many keys repeat another, and the distinct keys that do so, sorted."""
    total = sum(map(len, parts))
    slices = total // _SORTED_TOGETHER + 1
    bounds = [(1 << 64) * number // slices for number in range(slices)]
    count, repeated = 0, [np.zeros(0, np.uint64)]
    for low, high in pairwise([*bounds, None]):
        some = _between(parts, low or 0, high)
        some.sort()
        again = some[1:][some[1:] == some[:-1]]
        count += len(again)
        repeated.append(_distinct([again]))
    return count, np.concatenate(repeated)


def _between(parts: Sequence[Keys], low: int, high: int | None) -> Keys:
    """All keys from `low` to below `high`, without 0, in one array and little beside it."""

    def inside(part: Keys) -> Flags:
        above: Flags = part >= np.uint64(max(low, 1))
        return above if high is None else above & (part < np.uint64(high))

    chosen_rows = [inside(part) for part in parts]
    some = np.empty(sum(int(np.count_nonzero(rows)) for rows in chosen_rows), np.uint64)
    end = 0
    for part, rows in zip(parts, chosen_rows, strict=True):
        chosen = part[rows]
        some[end : end + len(chosen)] = chosen
        end += len(chosen)
    return some


def _first_repeats(parts: Sequence[Keys], repeated: Keys) -> Positions:
    seen = np.zeros(len(repeated), np.bool_)
    members = _Members(repeated)
    found: list[Positions] = []
    first_row, left = 0, EXAMINED
    for part in parts:
        rows, index = members.of(part)
        distinct, firsts = np.unique(index, return_index=True)
        is_repeat = np.ones(len(rows), np.bool_)
        is_repeat[firsts[~seen[distinct]]] = False
        seen[distinct] = True
        found.append(first_row + rows[is_repeat][:left])
        left -= len(found[-1])
        first_row += len(part)
        if not left:
            break
    return np.concatenate(found)


def _rows_of(parts: Sequence[Keys], wanted: Keys) -> Positions:
    members = _Members(wanted)
    found, first_row = [np.zeros(0, np.intp)], 0
    for part in parts:
        found.append(first_row + members.of(part)[0])
        first_row += len(part)
    return np.concatenate(found)


def _taken(parts: Sequence[Keys], rows: Positions) -> Keys:
    ends = np.cumsum([len(part) for part in parts])
    index = np.searchsorted(ends, rows, side="right")
    return np.array(
        [parts[at][row - ends[at]] for at, row in zip(index.tolist(), rows.tolist(), strict=True)],
        np.uint64,
    )


class _Members:
    """Which of many keys are among a few: by their first 16 bits, then exactly."""

    def __init__(self, few: Keys) -> None:
        self._few = few
        self._may_be: Flags = np.zeros(1 << 16, np.bool_)
        self._may_be[few >> np.uint64(48)] = True

    def of(self, keys: Keys) -> tuple[Positions, Positions]:
        """The rows of `keys` that are among the few, and the place of each among them."""
        rows = np.flatnonzero(self._may_be[keys >> np.uint64(48)])
        index = np.searchsorted(self._few, keys[rows])
        index[index == len(self._few)] = 0
        are = self._few[index] == keys[rows] if self._few.size else np.zeros(0, np.bool_)
        return rows[are], index[are]


def _next_prime(number: int) -> int:
    """The first prime from an odd number on."""
    while any(number % divisor == 0 for divisor in range(3, math.isqrt(number) + 1, 2)):
        number += 2
    return number


def _distinct(parts: Sequence[Keys]) -> Keys:
    """Every key once, sorted, without 0."""
    keys = np.sort(np.concatenate([np.zeros(0, np.uint64), *parts]))
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    distinct: Keys = keys[first & (keys != 0)]
    return distinct
