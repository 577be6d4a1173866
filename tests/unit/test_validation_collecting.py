"""Repeats within a batch: keys name the candidates, and values decide."""

import numpy as np
import polars as pl
import pytest

from sync_core.formats import format_named
from sync_core.validation.batches import Batch
from sync_core.validation.collecting import UniqueKeys
from sync_core.validation.keys import Keys
from sync_core.validation.sheet import Sheet
from sync_core.validation.tally import Tally

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


def test_firsts_are_told_by_their_values_too() -> None:
    rows, values = UniqueKeys([SIS_ID]).firsts(
        sheet(Colliding, ["a", "b", "a"], [8, 9, 2]), np.array([7], np.uint64)
    )
    assert rows.tolist() == [2, 1]
    assert values["SIS ID"].to_list() == ["a", "b"]
