"""The doctor on the local cloud, run as an operator runs it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ROOT, Pipeline


def doctor(pipeline: Pipeline, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    every = pipeline.cloud.environment([pipeline.settings()])
    mine = {name: every[name] for name in every if name.startswith(("SIS_", "IDENTITY_", "GRAPH_"))}
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(mine), encoding="utf-8")
    command = [sys.executable, "-m", "sync_core.cli", "doctor", "--settings", str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_local_cloud_is_healthy(pipeline: Pipeline, tmp_path: Path) -> None:
    answer = doctor(pipeline, tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "permissions: The token has every permission that is needed." in answer.stdout
    assert f"target of {pipeline.feed}: The profile's state is" in answer.stdout


def test_a_token_without_the_permission_is_found(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.graph.change_identity(roles=["EduAdministration.Read.All"])
    answer = doctor(pipeline, tmp_path)
    assert answer.returncode == 1
    (line,) = [each for each in answer.stdout.splitlines() if each.startswith("FAILED  ")]
    assert "lacks EduAdministration.ReadWrite.All" in line
    assert "grant_graph_permissions.py" in line
