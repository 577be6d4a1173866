"""Repeats within a batch and between batches: keys name the candidates, and values decide."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.formats import format_named
from sync_core.validation.checks.collecting import UniqueKeys
from sync_core.validation.checks.comparing import Comparison
from sync_core.validation.checks.keys import Keys, repeated_keys
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.findings import Tally
from sync_core.validation.records.batches import Batch

SCHOOL = format_named("sds-v1").files[0]
SIS_ID = SCHOOL.columns[0]


class Colliding(Sheet):
    """A sheet on which all values have one key, as a hash may have it."""

    def keys(self, columns: object) -> Keys:
        return np.full(len(self.values(SIS_ID).text), 7, np.uint64)


def sheet(kind: type[Sheet], values: list[str], lines: list[int] | None = None) -> Sheet:
    where = None if lines is None else np.array(lines)
    batch = Batch(pl.DataFrame({"SIS ID": values}), len(values), 2, where)
    return kind(SCHOOL, batch, 5, Tally(SCHOOL))


@pytest.mark.parametrize("kind", [Sheet, Colliding])
def test_rows_are_repeats_by_their_values_whatever_their_keys(kind: type[Sheet]) -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(sheet(kind, ["a", "b", "a", "c", "b", "a"]))
    assert (unique.count, unique.lines) == (3, [4, 6, 7])


@pytest.mark.parametrize("kind", [Sheet, Colliding])
def test_of_equal_rows_the_first_in_the_file_repeats_nothing(kind: type[Sheet]) -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(sheet(kind, ["a", "b", "a", "b"], [8, 9, 2, 20]))
    assert (unique.count, unique.lines) == (2, [8, 20])


def test_values_with_one_key_repeat_nothing_if_they_differ() -> None:
    unique = UniqueKeys([SIS_ID])
    unique.collect(sheet(Colliding, ["a", "b", "c"]))
    assert (unique.count, unique.lines) == (0, [])
    assert [part.tolist() for part in unique.parts] == [[7]]


PARTS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5), max_size=6)


@pytest.mark.parametrize("kind", [Sheet, Colliding])
@settings(deadline=None)
@given(parts=PARTS)
def test_rows_repeat_those_of_earlier_parts_by_their_values(
    kind: type[Sheet], parts: list[list[str]]
) -> None:
    unique, at, sheets, expected = UniqueKeys([SIS_ID]), 2, [], []
    earlier: set[str] = set()
    for values in parts:
        # Rows may stand in any order; here it is the other way round.
        lines = list(range(at, at + len(values)))
        sheets.append(sheet(kind, values[::-1], lines[::-1]))
        unique.collect(sheets[-1])
        # What repeats a row of its own part is counted with the part.
        firsts = {value: at + values.index(value) for value in values}
        expected += [line for value, line in firsts.items() if value in earlier]
        earlier, at = earlier | set(values), at + len(values)
    found: list[int] = []
    for keys in repeated_keys(unique.parts):
        comparison = Comparison(unique.columns, unique.parts, keys)
        for index in sorted(comparison.parts):
            comparison.look_at(sheets[index])
        found += comparison.repeats().tolist()
    assert sorted(found) == sorted(expected)
