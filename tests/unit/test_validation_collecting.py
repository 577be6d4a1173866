"""Duplicates within a batch and between batches: keys find candidates, values decide."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import format_named
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.collecting import UniqueKeys
from sync_core.validation.checks.comparing import RowComparison
from sync_core.validation.checks.keys import Keys, repeated_keys
from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.batches import Batch

SCHOOL = format_named("sds-v1").files[0]
SIS_ID = SCHOOL.columns[0]


class CollidingKeys(BatchView):
    """A batch in which all values have the same key, as hashes can collide."""

    def keys(self, columns: object) -> Keys:
        return np.full(len(self.values(SIS_ID).text), 7, np.uint64)


def view_of(kind: type[BatchView], values: list[str], lines: list[int] | None = None) -> BatchView:
    row_lines = None if lines is None else np.array(lines)
    batch = Batch(pl.DataFrame({"SIS ID": values}), len(values), 2, row_lines)
    return kind(SCHOOL, batch, 5, FindingCounter(SCHOOL))


@pytest.mark.parametrize("kind", [BatchView, CollidingKeys])
def test_duplicates_within_a_batch_are_found_by_value_even_if_keys_collide(
    kind: type[BatchView],
) -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(view_of(kind, ["a", "b", "a", "c", "b", "a"]))
    assert (unique.count, unique.lines) == (3, [4, 6, 7])


@pytest.mark.parametrize("kind", [BatchView, CollidingKeys])
def test_the_first_of_equal_rows_in_the_file_is_not_a_duplicate(kind: type[BatchView]) -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(view_of(kind, ["a", "b", "a", "b"], [8, 9, 2, 20]))
    assert (unique.count, unique.lines) == (2, [8, 20])


def test_different_values_with_the_same_key_are_not_duplicates() -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(view_of(CollidingKeys, ["a", "b", "c"]))
    assert (unique.count, unique.lines) == (0, [])
    assert [part.tolist() for part in unique.parts] == [[7]]


PARTS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5), max_size=6)


@pytest.mark.parametrize("kind", [BatchView, CollidingKeys])
@settings(deadline=None)
@given(parts=PARTS)
def test_duplicates_between_batches_are_found_by_value_even_if_keys_collide(
    kind: type[BatchView], parts: list[list[str]]
) -> None:
    unique, first_line, views, expected = UniqueKeys([SIS_ID]), 2, [], []
    earlier: set[str] = set()
    for values in parts:
        # The rows of a batch can be in any order; here they are in reverse.
        lines = list(range(first_line, first_line + len(values)))
        views.append(view_of(kind, values[::-1], lines[::-1]))
        unique.collect(views[-1])
        # `collect` counts duplicates within a batch, so only first rows can be duplicates here.
        firsts = {value: first_line + values.index(value) for value in values}
        expected += [line for value, line in firsts.items() if value in earlier]
        earlier, first_line = earlier | set(values), first_line + len(values)
    found: list[int] = []
    for keys in repeated_keys(unique.parts):
        comparison = RowComparison(unique.columns, unique.parts, keys)
        for index in sorted(comparison.parts):
            comparison.inspect(views[index])
        found += comparison.duplicate_lines().tolist()
    assert sorted(found) == sorted(expected)
