"""Keys: what is in a table, and what stands in several parts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.validation.keys import EXAMINED, Keys, KeyTable, repeats_in

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
def test_keys_in_several_parts_are_found_with_their_parts(sets: Sequence[set[int]]) -> None:
    parts = [np.array(sorted(one), np.uint64) for one in sets]
    found = repeats_in(parts)
    everything = [key for one in sets for key in one]
    repeated = {key for key in everything if everything.count(key) > 1}
    if not repeated:
        assert found is None
        return
    assert found
    assert found.count == found.examined == len(everything) - len(set(everything))
    assert set(found.keys.tolist()) == repeated
    assert list(found.parts) == [index for index, one in enumerate(sets) if one & repeated]


def test_of_a_file_appended_to_itself_only_the_first_repeats_are_examined() -> None:
    once = [np.sort(keys(5_000)) for _ in range(250)]
    found = repeats_in([*once, *once])
    assert found
    assert found.count == 250 * 5_000
    assert found.examined == len(found.keys) == EXAMINED
    assert list(found.parts) == [0, 1, 2, 3, 250, 251, 252, 253]
