"""What a cold start pays for: the engine loads with the first validation, not with the app."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"polars", "numpy", "typer", "rich", "httpx", "jinja2"}


def test_importing_the_app_loads_nothing_that_only_an_activity_needs() -> None:
    example = (ROOT / "local.settings.json.example").read_text(encoding="utf-8")
    settings = json.loads(example)["Values"]
    code = "import sys, function_app; print(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.splitlines())
    assert "sync_core.orchestration.orchestrators" in loaded
    assert {name for name in loaded if name.startswith("sync_core.validation")} == set()
    assert sorted(HEAVY & loaded) == []
