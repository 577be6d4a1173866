"""The export of the story `shrunken`: valid, and half as large."""

import csv
from pathlib import Path

from local.story import SAMPLE, write_half
from sync_core.cli.exports.places import place_at
from sync_core.cli.exports.sources import source_of
from sync_core.formats import format_named
from sync_core.validation.engine import validate


def pupils(export: Path) -> list[dict[str, str]]:
    with (export / "student.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_half_of_the_pupils_are_missing_and_nothing_is_wrong(tmp_path: Path) -> None:
    write_half(SAMPLE, tmp_path)
    assert 2 * len(pupils(tmp_path)) == len(pupils(SAMPLE))
    assert {path.name for path in tmp_path.iterdir()} == {
        path.name for path in SAMPLE.glob("*.csv")
    }
    fmt = format_named("sds-v1")
    place = place_at(tmp_path)
    with place.items() as items:
        found = validate(fmt, source_of(place, items, fmt).files)
    assert found.findings == ()
