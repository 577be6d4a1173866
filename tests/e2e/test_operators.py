"""The commands of operators on the local cloud."""

import subprocess
import sys

from local.graph.documents import Step
from tests.e2e.conftest import CLEAN, ROOT, Pipeline


def call(pipeline: Pipeline, *words: str) -> str:
    """What `sis-sync` prints for these words."""
    ran = subprocess.run(
        [sys.executable, "-m", "sync_core.cli", *words],
        cwd=ROOT,
        env=pipeline.cloud.environment([]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_run_whose_target_was_not_ready_is_delivered_again_without_the_vendor(
    pipeline: Pipeline,
) -> None:
    pipeline.graph.change_profile(pipeline.profile, states=[Step("provisioningFailed")])
    pipeline.drop(CLEAN)
    pipeline.start()
    first = pipeline.await_outcome("not_ready")
    pipeline.graph.change_profile(pipeline.profile, states=["provisioned"])
    said = call(pipeline, "redeliver", pipeline.feed, first["run"])
    assert f"Delivered {len(first['files'])} files" in said
    second = pipeline.await_outcome("started")
    assert second["run"] != first["run"]
    assert second["files"][0]["blob"].startswith(f"{pipeline.feed}/redelivered-")
    assert [file["sha256"] for file in second["files"]] == [
        file["sha256"] for file in first["files"]
    ]
    assert pipeline.graph.count("start") == 1
