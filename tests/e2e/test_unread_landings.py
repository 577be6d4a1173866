"""Landings that the app cannot take: what people learn of them, and how often."""

import io
import time
import zipfile
from collections.abc import Callable

from tests.e2e.conftest import CLEAN, Pipeline, until


def drop_as(pipeline: Pipeline, name: Callable[[str], str]) -> None:
    """Deliver the clean set under other names."""
    for path in sorted(CLEAN.glob("*.csv")):
        pipeline.cloud.drop(f"{pipeline.feed}/{name(path.stem.lower())}", path.read_bytes())


def test_dated_names_have_one_result_until_they_change(pipeline: Pipeline) -> None:
    drop_as(pipeline, lambda stem: f"{stem}_20261120.csv")
    pipeline.start()
    result = pipeline.await_outcome("incomplete")
    assert result["files"] == []
    assert {file["reason"] for file in result["found"]} == {"dated-name"}
    assert {file["expected"] for file in result["found"]} == set(result["missing"])
    (event,) = pipeline.await_events(1)
    names = [file["name"] for file in event["data"]["found"]]
    assert names == [file["name"] for file in result["found"]]
    pipeline.await_end()
    pipeline.sweep()
    assert len(pipeline.results()) == 1
    time.sleep(1.1)
    pipeline.cloud.drop(f"{pipeline.feed}/student_20261121.csv", b"x")
    second = pipeline.await_events(2)[1]
    assert [file["name"] for file in second["data"]["found"]] == ["student_20261121.csv"]
    assert len(pipeline.results()) == 2


def test_a_set_in_a_year_month_day_folder_is_started(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN, "2026/11/20")
    pipeline.start()
    pipeline.await_outcome("started")
    assert len(pipeline.results()) == 1


def test_a_file_under_a_plural_name_is_named_beside_the_missing_one(pipeline: Pipeline) -> None:
    drop_as(pipeline, lambda stem: "Students.csv" if stem == "student" else f"{stem}.csv")
    pipeline.start()
    result = pipeline.await_outcome("incomplete")
    assert result["missing"] == ["student.csv"]
    (found,) = result["found"]
    assert (found["name"], found["expected"]) == ("Students.csv", "student.csv")
    pipeline.await_end()
    pipeline.sweep()
    assert len(pipeline.results()) == 1


def test_a_stray_file_beside_a_set_has_no_result(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.cloud.drop(f"{pipeline.feed}/notes.txt", b"x")
    pipeline.cloud.drop(f"{pipeline.feed}/archive/2026/student.csv", b"x")
    pipeline.start()
    pipeline.await_outcome("started")
    pipeline.await_end()
    pipeline.cloud.drop(f"{pipeline.feed}/Students.csv", b"x")
    pipeline.sweep()
    pipeline.await_end()
    assert len(pipeline.results()) == 1


def test_a_lone_file_beside_a_zip_is_not_taken_and_says_so(pipeline: Pipeline) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in CLEAN.glob("*.csv"):
            archive.writestr(path.name, path.read_bytes())
    pipeline.cloud.drop(f"{pipeline.feed}/export.zip", packed.getvalue())
    pipeline.cloud.drop(f"{pipeline.feed}/student.csv", b"x")
    pipeline.start()
    until(lambda: len(pipeline.results()) == 2, pipeline.log)
    # Both may have landed in the same second, so the order of the results is not known.
    results = {result["outcome"]: result for result in pipeline.results()}
    assert results.keys() == {"started", "incomplete"}
    lone = results["incomplete"]
    assert [file["name"] for file in lone["found"]] == ["export.zip"]
    assert "A zip is never combined" in lone["action"]
