"""Sets of keys. A key is the 64-bit hash of a value, with a new random seed for every run.

Equal values have equal keys. A key that is not in a table proves that its value is not in the file.
Equal keys do not prove equal values, so callers compare the values. Key 0 means a missing value.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sync_core.validation.records.layout import IntArray, Mask

Keys = npt.NDArray[np.uint64]

_HALF = np.uint64(32)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_KEYS_PER_SLICE = 1 << 19
_MAX_SORTED_REST = 1_000
_KEYS_PER_PASS = 250_000
_MAX_PASSES = 16
"""At most 16 passes. Beyond 16 times 250,000 repeated keys, each pass uses more memory."""


class KeyTable:
    """A set of keys that takes about 16 bytes per key: hash tables in levels, and a sorted rest.

    A key has one slot in each level. If several keys have the same slot, one of them takes it and
    the others go on to the next level. There they are multiplied by an odd number, which gives them
    other slots and, modulo 2**64, keeps different keys different.
    """

    def __init__(self, parts: Sequence[Keys]) -> None:
        keys = distinct_keys(parts)
        self._levels: list[Keys] = []
        while len(keys) > _MAX_SORTED_REST:
            slots = np.zeros(len(keys) * 3 // 2, np.uint64)
            slot_indexes = _slot_indexes(keys, slots)
            # Of several keys with the same slot, numpy keeps the last one written.
            slots[slot_indexes] = keys
            self._levels.append(slots)
            keys = keys[slots[slot_indexes] != keys] * _MULTIPLIER
        self._rest = np.sort(keys)

    @property
    def is_empty(self) -> bool:
        """Whether there is no key in the table."""
        return not self._levels and not self._rest.size

    def find_missing(self, keys: Keys) -> IntArray:
        """The indexes of those keys that are not in the table. Key 0 never counts as missing."""
        indexes = None
        for slots in self._levels:
            # Slot indexes are always in bounds; `clip` spares numpy the check for it.
            found = slots.take(_slot_indexes(keys, slots), mode="clip")
            missed = np.flatnonzero(found != keys)
            indexes = missed if indexes is None else indexes.take(missed)
            keys = keys.take(missed) * _MULTIPLIER
        missing = np.flatnonzero((keys != 0) & ~_is_in_sorted(self._rest, keys))
        return missing if indexes is None else indexes.take(missing)


def _slot_indexes(keys: Keys, slots: Keys) -> IntArray:
    """The upper half of each key, scaled to the number of slots. That is faster than a modulo."""
    indexes = keys >> _HALF
    indexes *= np.uint64(len(slots))
    indexes >>= _HALF
    return indexes.view(np.intp)


def _is_in_sorted(sorted_keys: Keys, keys: Keys) -> Mask:
    if not sorted_keys.size:
        return np.zeros(len(keys), np.bool_)
    found: Mask = sorted_keys.take(np.searchsorted(sorted_keys, keys), mode="clip") == keys
    return found


def combine_keys(parts: Sequence[Keys]) -> Keys:
    """One key per row for the keys of several columns; 0 if one of a row's keys is 0."""
    keys, *others = parts
    for part in others:
        # Multiplying first makes (a, b) differ from (b, a).
        combined = keys * _MULTIPLIER
        combined += part
        np.maximum(combined, np.uint64(1), out=combined)
        if not (keys.min(initial=1) and part.min(initial=1)):
            combined[(keys == 0) | (part == 0)] = 0
        keys = combined
    return keys


def repeated_keys(parts: Sequence[Keys]) -> Iterator[Keys]:
    """The keys that occur in more than one part, sorted, one array per pass over the file.

    Each of the parts is sorted and distinct. `_KEYS_PER_PASS` bounds memory, `_MAX_PASSES` time.
    """
    total = sum(map(len, _repeated_by_slice(parts)))
    keys_per_pass = max(_KEYS_PER_PASS, -(-total // _MAX_PASSES))
    held, count = [np.zeros(0, np.uint64)], 0
    for repeated in _repeated_by_slice(parts) if total else ():
        held.append(repeated)
        count += len(repeated)
        if count >= keys_per_pass:
            yield np.concatenate(held)
            held, count = held[:1], 0
    if count:
        yield np.concatenate(held)


def _repeated_by_slice(parts: Sequence[Keys]) -> Iterator[Keys]:
    """The keys that occur in more than one part, sorted, one array per slice of the key range."""
    for keys in _slices(parts):
        keys.sort()
        yield distinct_keys([keys[1:][keys[1:] == keys[:-1]]])


def _slices(parts: Sequence[Keys]) -> Iterator[Keys]:
    """The keys of all parts, unsorted, one array per slice of the key range.

    Hashes are evenly distributed, so all slices have about `_KEYS_PER_SLICE` keys, and no copy of
    all keys is ever in memory.
    """
    slices = sum(map(len, parts)) // _KEYS_PER_SLICE + 1
    lower_bounds = np.array([(1 << 64) * number // slices for number in range(slices)], np.uint64)
    cuts = [[*np.searchsorted(part, lower_bounds).tolist(), len(part)] for part in parts]
    for number in range(slices):
        pieces = (
            part[cut[number] : cut[number + 1]] for part, cut in zip(parts, cuts, strict=True)
        )
        yield np.concatenate([np.zeros(0, np.uint64), *pieces])


class SortedKeys:
    """A sorted array of one or more keys, to find among many others.

    A table of the upper 16 bits rules out most of the other keys before any search.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._has_prefix: Mask = np.zeros(1 << 16, np.bool_)
        self._has_prefix[keys >> np.uint64(48)] = True

    def find(self, keys: Keys) -> tuple[IntArray, IntArray]:
        """The rows of `keys` that hold one of the sorted keys, and the index of each sorted key."""
        rows = np.flatnonzero(self._has_prefix[keys >> np.uint64(48)])
        # `searchsorted` is several times as fast for sorted keys, as it stays in the cache.
        rows = rows[np.argsort(keys[rows])]
        candidates = keys[rows]
        indexes = np.searchsorted(self._keys, candidates)
        is_found = self._keys.take(indexes, mode="clip") == candidates
        rows, indexes = rows[is_found], indexes[is_found]
        order = np.argsort(rows)
        return rows[order], indexes[order]


def distinct_keys(parts: Sequence[Keys]) -> Keys:
    """Every key once, sorted, without 0."""
    keys = np.concatenate([np.zeros(0, np.uint64), *parts])
    keys.sort()
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = keys[1:] != keys[:-1]
    distinct: Keys = keys[is_first & (keys != 0)]
    return distinct
