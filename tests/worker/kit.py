"""Starts the probe on an app; as a program, prints the functions that the worker reports."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.unit.product_kit import environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OPTIONAL = {
    "SIS_LANDED_QUEUE": "sis-landed",
    "SIS_ALERT_WEBHOOK": "https://hooks.example/x",
}


def ask(
    folder: Path, settings: Mapping[str, str], calls: Sequence[Mapping[str, Any]] = ()
) -> "subprocess.CompletedProcess[str]":
    """Load the app of a folder, and call functions of it, in a process of its own."""
    return subprocess.run(
        [sys.executable, str(HERE / "probe.py"), str(folder)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment(), **settings},
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


if __name__ == "__main__":
    functions = json.loads(ask(ROOT, OPTIONAL).stdout)["functions"]
    print(json.dumps(functions, indent=1, sort_keys=True))  # noqa: T201 - it is a program
