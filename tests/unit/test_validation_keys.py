"""Sets of keys: which keys are missing from a table, and which occur in several parts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.validation.checks.keys import Keys, KeyTable, SortedKeys, repeated_keys

RANDOM = np.random.default_rng(7)


def keys(count: int) -> Keys:
    return RANDOM.integers(1, 1 << 63, count, dtype=np.uint64)


@pytest.mark.parametrize("count", [0, 1, 999, 50_000])
def test_keys_that_were_not_added_are_missing_and_all_others_are_found(count: int) -> None:
    inside, outside = keys(count), keys(100)
    table = KeyTable([inside[: count // 2], inside[count // 3 :]])
    asked = np.concatenate([outside, inside])
    asked = asked[RANDOM.permutation(len(asked))]
    missing = table.find_missing(asked)
    assert missing.tolist() == np.flatnonzero(~np.isin(asked, inside)).tolist()


@pytest.mark.parametrize("count", [0, 5, 5_000])
def test_key_0_is_never_missing(count: int) -> None:
    assert KeyTable([keys(count)]).find_missing(np.zeros(3, np.uint64)).tolist() == []


def test_keys_that_share_a_slot_are_distinguished() -> None:
    similar = np.arange(1, 20_001, dtype=np.uint64) + np.uint64(1 << 60)
    table = KeyTable([similar[::2]])
    assert table.find_missing(similar).tolist() == list(range(1, 20_000, 2))


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(1, 40)), max_size=6))
def test_keys_that_occur_in_several_parts_are_found(sets: Sequence[set[int]]) -> None:
    parts = [np.array(sorted(one), np.uint64) for one in sets]
    everything = [key for one in sets for key in one]
    repeated = {key for key in everything if everything.count(key) > 1}
    assert [found.tolist() for found in repeated_keys(parts)] == [sorted(repeated)] * bool(repeated)


@pytest.mark.slow
@pytest.mark.parametrize(("parts", "passes"), [(60, 2), (600, 12)])
def test_repeated_keys_come_in_a_few_passes_and_each_key_once(parts: int, passes: int) -> None:
    once = [np.sort(keys(10_000)) for _ in range(parts)]
    found = list(repeated_keys([*once, *once]))
    assert len(found) == passes
    assert np.array_equal(np.concatenate(found), np.sort(np.concatenate(once)))


KEYS = st.integers(1, 50).map(lambda number: number * 0x0500_0003_0000_0001 % (1 << 64))


@settings(deadline=None)
@given(st.sets(KEYS, min_size=1), st.lists(KEYS))
def test_sorted_keys_are_found_among_others(few: set[int], asked: list[int]) -> None:
    rows, indexes = SortedKeys(np.array(sorted(few), np.uint64)).find(np.array(asked, np.uint64))
    assert rows.tolist() == [row for row, key in enumerate(asked) if key in few]
    assert [sorted(few)[index] for index in indexes] == [asked[row] for row in rows]
