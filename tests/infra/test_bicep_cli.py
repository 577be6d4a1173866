"""Where Microsoft's own compiler is installed, it has the last word."""

import shutil
import subprocess
from pathlib import Path

import pytest

INFRA = Path(__file__).resolve().parents[2] / "infra"
BICEP = shutil.which("bicep") or "bicep"
LAYERS = ("main", "events", "graph")


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("command", ["build", "lint"])
def test_the_compiler_has_nothing_to_say(command: str, layer: str, tmp_path: Path) -> None:
    options = ["--outfile", str(tmp_path / "out.json")] if command == "build" else []
    answer = subprocess.run(
        [BICEP, command, str(INFRA / f"{layer}.bicep"), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr.strip()) == (0, "")
