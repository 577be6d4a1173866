"""Identity at eight bytes a value: hashes find the candidates, and then the values decide.

A key is a 64-bit hash, seeded anew in every run; 0 stands for no value at all. Equal values have
equal keys, so a key that is not in a table proves that its value is not in the file. Keys that
repeat are only candidates: the caller compares what is in the records.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sync_core.validation.layout import Flags, Positions

Keys = npt.NDArray[np.uint64]

EXAMINED = 20_000
"""Repeats in other parts whose values are compared: more would not change what anybody does."""

_HALF = np.uint64(32)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SORTED_TOGETHER = 1 << 19
_FEW = 1_000
_MANY = 1_000_000


class KeyTable:
    """A set of keys in some 16 bytes a key: slots in levels, then a short sorted rest.

    In each level a key has one place, and of several keys with the same place one stays there. The
    others go on to the next level, multiplied by an odd number, which gives them other places and
    loses nothing.
    """

    def __init__(self, parts: Sequence[Keys]) -> None:
        keys = distinct(parts)
        self._levels: list[Keys] = []
        while len(keys) > _FEW:
            slots = np.zeros(len(keys) * 3 // 2, np.uint64)
            at = _places(keys, slots)
            slots[at] = keys
            self._levels.append(slots)
            keys = keys[slots[at] != keys] * _ODD
        self._rest = np.sort(keys)

    def lacking(self, keys: Keys) -> Positions:
        """The places of those keys that are not in the table; 0 is never lacking."""
        rows = None
        for slots in self._levels:
            # The places are never out of bounds, and so need no check.
            found = slots.take(_places(keys, slots), mode="clip")
            missed = np.flatnonzero(found != keys)
            rows = missed if rows is None else rows.take(missed)
            keys = keys.take(missed) * _ODD
        lacking = np.flatnonzero((keys != 0) & ~_among(self._rest, keys))
        return lacking if rows is None else rows.take(lacking)


def _places(keys: Keys, slots: Keys) -> Positions:
    places = keys >> _HALF
    places *= np.uint64(len(slots))
    places >>= _HALF
    return places.view(np.intp)


def _among(few: Keys, keys: Keys) -> Flags:
    """Which of the keys are among a few that are sorted."""
    if not few.size:
        return np.zeros(len(keys), np.bool_)
    found: Flags = few.take(np.searchsorted(few, keys), mode="clip") == keys
    return found


def combined(parts: Sequence[Keys]) -> Keys:
    """One key for several values together: 0 where one of them has no value."""
    keys, *others = parts
    for part in others:
        both = keys * _ODD
        both += part
        np.maximum(both, np.uint64(1), out=both)
        if not (keys.min(initial=1) and part.min(initial=1)):
            both[(keys == 0) | (part == 0)] = 0
        keys = both
    return keys


@dataclass(frozen=True)
class Repeats:
    """Keys that stand in several parts: so many `count` beyond the first of each.

    `examined` of them are in the first parts, and have the `keys`, sorted; `parts` are the indexes
    of those parts that hold one of these keys.
    """

    count: int
    examined: int
    keys: Keys
    parts: Sequence[int]


def repeats_in(parts: Sequence[Keys]) -> Repeats | None:
    """The keys that stand in several parts, each sorted and distinct; None if there are none."""
    count, repeated = _repeats(parts)
    if not count:
        return None
    if count > _MANY:
        # Where most rows are repeats, as in a file appended to itself, its first parts will do.
        enough = bisect_left(range(len(parts)), EXAMINED, key=lambda n: _repeats(parts[:n])[0])
        parts = parts[:enough]
        _, repeated = _repeats(parts)
    members = Members(repeated)
    seen = np.zeros(len(repeated), np.bool_)
    again = np.zeros(len(repeated), np.bool_)
    examined = looked_at = 0
    for part in parts:
        _, places = members.of(part)
        examined += int(np.count_nonzero(seen[places]))
        again[places[seen[places]]] = True
        seen[places] = True
        looked_at += 1
        if examined >= EXAMINED:
            break
    keys = repeated[again]
    wanted = Members(keys)
    holding = [index for index, part in enumerate(parts[:looked_at]) if wanted.of(part)[0].size]
    return Repeats(count, examined, keys, holding)


def _repeats(parts: Sequence[Keys]) -> tuple[int, Keys]:
    """How many keys repeat another, and the distinct keys that do so, sorted, if not too many."""
    count, repeated = 0, [np.zeros(0, np.uint64)]
    for some in _slices(parts):
        some.sort()
        again = some[1:][some[1:] == some[:-1]]
        count += len(again)
        if count <= _MANY:
            repeated.append(distinct([again]))
    return count, np.concatenate(repeated)


def _slices(parts: Sequence[Keys]) -> Iterator[Keys]:
    """All keys in slices that follow each other; the parts are sorted, the slices are not.

    The keys are spread evenly, so the slices are of about the same size, and never all at hand.
    """
    slices = sum(map(len, parts)) // _SORTED_TOGETHER + 1
    bounds = np.array([(1 << 64) * number // slices for number in range(slices)], np.uint64)
    cuts = [[*np.searchsorted(part, bounds).tolist(), len(part)] for part in parts]
    for number in range(slices):
        between = (
            part[cut[number] : cut[number + 1]] for part, cut in zip(parts, cuts, strict=True)
        )
        yield np.concatenate([np.zeros(0, np.uint64), *between])


class Members:
    """Which of many keys are among a few that are sorted: by 16 bits of them, then exactly."""

    def __init__(self, few: Keys) -> None:
        self._few = few
        self._may_be: Flags = np.zeros(1 << 16, np.bool_)
        self._may_be[few >> np.uint64(48)] = True

    def of(self, keys: Keys) -> tuple[Positions, Positions]:
        """The rows of `keys` that are among the few, and the place of each among them."""
        rows = np.flatnonzero(self._may_be[keys >> np.uint64(48)])
        some = keys[rows]
        are = np.flatnonzero(_among(self._few, some))
        return rows[are], np.searchsorted(self._few, some[are])


def distinct(parts: Sequence[Keys]) -> Keys:
    """Every key once, sorted, without 0."""
    keys = np.concatenate([np.zeros(0, np.uint64), *parts])
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    distinct: Keys = keys[first & (keys != 0)]
    return distinct
