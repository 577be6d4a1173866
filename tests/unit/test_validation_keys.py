"""Keys: what is in a table, and what stands in several parts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.validation.checks.keys import Keys, KeyTable, Members, repeated_keys

DICE = np.random.default_rng(7)


def keys(count: int) -> Keys:
    return DICE.integers(1, 1 << 63, count, dtype=np.uint64)


@pytest.mark.parametrize("count", [0, 1, 999, 50_000])
def test_a_table_lacks_what_was_not_put_in_and_nothing_else(count: int) -> None:
    inside, outside = keys(count), keys(100)
    table = KeyTable([inside[: count // 2], inside[count // 3 :]])
    asked = np.concatenate([outside, inside])
    asked = asked[DICE.permutation(len(asked))]
    lacking = table.lacking(asked)
    assert lacking.tolist() == np.flatnonzero(~np.isin(asked, inside)).tolist()


@pytest.mark.parametrize("count", [0, 5, 5_000])
def test_no_value_is_never_lacking(count: int) -> None:
    assert KeyTable([keys(count)]).lacking(np.zeros(3, np.uint64)).tolist() == []


def test_keys_that_begin_alike_are_still_told_apart() -> None:
    alike = np.arange(1, 20_001, dtype=np.uint64) + np.uint64(1 << 60)
    table = KeyTable([alike[::2]])
    assert table.lacking(alike).tolist() == list(range(1, 20_000, 2))


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(1, 40)), max_size=6))
def test_keys_that_stand_in_several_parts_are_found(sets: Sequence[set[int]]) -> None:
    parts = [np.array(sorted(one), np.uint64) for one in sets]
    everything = [key for one in sets for key in one]
    repeated = {key for key in everything if everything.count(key) > 1}
    assert [found.tolist() for found in repeated_keys(parts)] == [sorted(repeated)] * bool(repeated)


@pytest.mark.parametrize(("parts", "rounds"), [(60, 2), (600, 12)])
def test_repeated_keys_come_in_a_few_rounds_and_each_of_them_once(parts: int, rounds: int) -> None:
    once = [np.sort(keys(10_000)) for _ in range(parts)]
    found = list(repeated_keys([*once, *once]))
    assert len(found) == rounds
    assert np.array_equal(np.concatenate(found), np.sort(np.concatenate(once)))


KEYS = st.integers(1, 50).map(lambda number: number * 0x0500_0003_0000_0001 % (1 << 64))


@settings(deadline=None)
@given(st.sets(KEYS, min_size=1), st.lists(KEYS))
def test_members_are_told_from_all_others(few: set[int], asked: list[int]) -> None:
    rows, places = Members(np.array(sorted(few), np.uint64)).of(np.array(asked, np.uint64))
    assert rows.tolist() == [row for row, key in enumerate(asked) if key in few]
    assert [sorted(few)[place] for place in places] == [asked[row] for row in rows]
