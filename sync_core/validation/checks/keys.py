"""Identity at eight bytes a value: hashes find the candidates, and then the values decide.

A key is a 64-bit hash, seeded anew in every run; 0 stands for no value at all. Equal values have
equal keys, so a key that is not in a table proves that its value is not in the file. Keys that
repeat are only candidates: the caller compares what is in the records.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sync_core.validation.records.layout import Flags, Positions

Keys = npt.NDArray[np.uint64]

_HALF = np.uint64(32)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SORTED_TOGETHER = 1 << 19
_FEW = 1_000
_AT_ONCE = 250_000
_ROUNDS = 16
"""Where more keys repeat than that many times that many, memory grows rather than time."""


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


def repeated_keys(parts: Sequence[Keys]) -> Iterator[Keys]:
    """The keys that stand in several parts, each of which is sorted and distinct.

    Sorted, and in rounds: so many at a time that they are few beside all keys, and the rounds few.
    """
    total = sum(map(len, _repeated(parts)))
    at_once = max(_AT_ONCE, total // _ROUNDS)
    held, count = [np.zeros(0, np.uint64)], 0
    for repeated in _repeated(parts) if total else ():
        held.append(repeated)
        count += len(repeated)
        if count >= at_once:
            yield np.concatenate(held)
            held, count = held[:1], 0
    if count:
        yield np.concatenate(held)


def _repeated(parts: Sequence[Keys]) -> Iterator[Keys]:
    """The same, slice by slice."""
    for some in _slices(parts):
        some.sort()
        yield distinct([some[1:][some[1:] == some[:-1]]])


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
    """Which of many keys are among one or more that are sorted: by 16 bits, then exactly."""

    def __init__(self, few: Keys) -> None:
        self._few = few
        self._may_be: Flags = np.zeros(1 << 16, np.bool_)
        self._may_be[few >> np.uint64(48)] = True

    def of(self, keys: Keys) -> tuple[Positions, Positions]:
        """The rows of `keys` that are among the few, and the place of each among them."""
        rows = np.flatnonzero(self._may_be[keys >> np.uint64(48)])
        # In order they are looked up several times as fast.
        rows = rows[np.argsort(keys[rows])]
        some = keys[rows]
        places = np.searchsorted(self._few, some)
        are = self._few.take(places, mode="clip") == some
        rows, places = rows[are], places[are]
        order = np.argsort(rows)
        return rows[order], places[order]


def distinct(parts: Sequence[Keys]) -> Keys:
    """Every key once, sorted, without 0."""
    keys = np.concatenate([np.zeros(0, np.uint64), *parts])
    keys.sort()
    first = np.ones(len(keys), np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    distinct: Keys = keys[first & (keys != 0)]
    return distinct
