"""How exports land: in any order, twice, in folders and zips, with a word of their own."""

import hashlib
import io
import itertools
import json
import time
import zipfile
from pathlib import Path

import pytest

from tests.e2e.conftest import CLEAN, Pipeline, until


def test_duplicated_and_reordered_landings_are_one_run(pipeline: Pipeline) -> None:
    pipeline.start(clock="real", existing=False, quietSeconds=2, pollSeconds=0.5)
    names = sorted(path.name for path in CLEAN.glob("*.csv"))
    for name in itertools.chain(reversed(names), names):
        pipeline.cloud.drop(f"{pipeline.feed}/{name}", (CLEAN / name).read_bytes())
        time.sleep(0.02)
    pipeline.await_outcome("started")
    time.sleep(1)
    assert len(pipeline.results()) == 1
    assert pipeline.graph.count("start") == 1


def test_a_newer_file_set_supersedes_the_run_that_waits(pipeline: Pipeline) -> None:
    pipeline.graph.change_profile(pipeline.profile, states=[{"word": "provisioning"}])  # type: ignore[list-item]
    host = pipeline.start(
        clock="real", existing=False, quietSeconds=1, pollSeconds=0.3, pollCapSeconds=0.5
    )
    pipeline.drop(CLEAN)
    until(lambda: pipeline.graph.count("get_profile"), host.log)
    time.sleep(1.1)
    pipeline.drop(CLEAN)
    pipeline.graph.change_profile(pipeline.profile, states=["provisioned"])
    pipeline.await_outcome("started")
    outcomes = [result["outcome"] for result in pipeline.results()]
    assert outcomes == ["superseded", "started"]
    assert pipeline.graph.count("start") == 1


def test_an_export_that_is_superseded_while_it_lands_ends_as_superseded(pipeline: Pipeline) -> None:
    pipeline.cloud.drop(
        f"{pipeline.feed}/2026-11-19/school.csv", (CLEAN / "school.csv").read_bytes()
    )
    time.sleep(1.1)
    pipeline.drop(CLEAN, "2026-11-20")
    pipeline.start()
    pipeline.await_outcome("started")
    assert [result["outcome"] for result in pipeline.results()] == ["superseded", "started"]
    assert pipeline.latest()["outcome"] == "started"


def test_the_sweep_leaves_a_fresh_export_to_its_events(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    host = pipeline.start(existing=False)
    pipeline.sweep()
    assert pipeline.latest() is None
    assert "started by the sweep" not in host.log()
    pipeline.cloud.drop(f"{pipeline.feed}/_READY", b"")
    pipeline.await_outcome("started")


def test_a_generation_with_a_result_is_not_run_again(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    host = pipeline.start()
    pipeline.await_outcome("started")
    host.stop()
    pipeline.start()
    pipeline.sweep()
    time.sleep(1)
    assert pipeline.graph.count("start") == 1
    assert len(pipeline.results()) == 1


@pytest.mark.parametrize("place", ["tonight.zip", "2026-11-20/tonight.zip"])
def test_a_zip_is_an_export(pipeline: Pipeline, place: str) -> None:
    pipeline.cloud.drop(f"{pipeline.feed}/{place}", _zipped(CLEAN))
    pipeline.start()
    pipeline.await_outcome("started")
    uploaded = pipeline.graph.uploaded(pipeline.profile)
    assert uploaded == {path.name.lower(): path.read_bytes() for path in CLEAN.glob("*.csv")}


def test_a_zip_that_cannot_be_read_is_rejected(pipeline: Pipeline) -> None:
    pipeline.cloud.drop(f"{pipeline.feed}/tonight.zip", _zipped(CLEAN)[:-60])
    pipeline.start()
    result = pipeline.await_outcome("rejected")
    assert result["error"]["code"] == "archive-refused"


def test_a_manifest_makes_a_set_complete_at_once(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    pipeline.cloud.drop(f"{pipeline.feed}/manifest.json", _manifest(CLEAN))
    pipeline.start(requireMarker=True)
    result = pipeline.await_outcome("started")
    assert result["steps"][0]["polls"] == 1


def test_a_file_whose_hash_differs_from_the_manifest_is_named(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    changed = (CLEAN / "school.csv").read_bytes()[:-2] + b"\n\n"
    pipeline.cloud.drop(f"{pipeline.feed}/school.csv", changed)
    pipeline.cloud.drop(f"{pipeline.feed}/manifest.json", _manifest(CLEAN))
    pipeline.start()
    result = pipeline.await_outcome("incomplete")
    assert result["missing"] == ["school.csv (its SHA-256 differs from manifest.json)"]


def test_a_feed_that_requires_the_marker_waits_for_it(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    host = pipeline.start(requireMarker=True)
    result = pipeline.await_outcome("incomplete")
    assert result["missing"] == ["_READY or manifest.json"]
    host.stop()


def test_the_marker_ends_the_wait(pipeline: Pipeline) -> None:
    pipeline.drop(CLEAN)
    time.sleep(1.1)
    pipeline.cloud.drop(f"{pipeline.feed}/_READY", b"")
    pipeline.start(requireMarker=True)
    result = pipeline.await_outcome("started")
    assert result["steps"][0]["polls"] == 1


def test_a_set_that_never_holds_still_ends_at_its_deadline(pipeline: Pipeline) -> None:
    host = pipeline.start(
        clock="real", existing=False, quietSeconds=2, pollSeconds=0.5, setDeadlineSeconds=3
    )

    def changed() -> bool:
        pipeline.drop(CLEAN)
        time.sleep(0.7)
        return pipeline.latest() is not None

    until(changed, host.log)
    assert pipeline.latest()["outcome"] == "incomplete"
    assert pipeline.latest()["missing"] == ["2 seconds without a file change"]


def test_a_folder_that_is_no_feeds_starts_nothing(pipeline: Pipeline) -> None:
    pipeline.cloud.drop_folder("somebody-else", CLEAN)
    host = pipeline.start()
    until(lambda: "belongs to no feed" in host.log(), host.log)
    assert pipeline.graph.count("token") == 0


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, f"export/{path.name}")
    return buffer.getvalue()


def _manifest(folder: Path) -> bytes:
    files = [
        {
            "name": path.name,
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in folder.glob("*.csv")
    ]
    return json.dumps({"files": files}).encode()
