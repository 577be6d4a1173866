"""Which interpreter `make` sets up with."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RUNS = "#!/bin/sh\nexit 0\n"
FAILS = "#!/bin/sh\nexit 127\n"
"""What a version manager puts in the place of a version that is not chosen."""

OLD = f"#!/bin/sh\nexec '{sys.executable}' -c 'import sys; sys.version_info = (3, 10); '\"$2\"\n"


def _make(
    folder: Path, interpreters: Mapping[str, str], *asked: str
) -> "subprocess.CompletedProcess[str]":
    for name, text in interpreters.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    make = str(shutil.which("make"))
    show = "show: ; $(need-python)$(info $(PYTHON))@:"
    return subprocess.run(
        [make, "--no-print-directory", "--eval", show, "show", *asked],
        cwd=ROOT,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("interpreters", "chosen"),
    [
        ({"python3.13": RUNS, "python3.12": RUNS, "python3": RUNS}, "python3.13"),
        ({"python3.13": FAILS, "python3.12": RUNS, "python3.11": RUNS}, "python3.12"),
        ({"python3.12": FAILS, "python3.11": RUNS, "python3": RUNS}, "python3.11"),
        ({"python3.13": FAILS, "python3": RUNS}, "python3"),
    ],
)
def test_the_newest_supported_interpreter_that_runs_is_chosen(
    tmp_path: Path, interpreters: Mapping[str, str], chosen: str
) -> None:
    assert _make(tmp_path, interpreters).stdout == f"{chosen}\n"


def test_another_interpreter_may_be_named(tmp_path: Path) -> None:
    assert _make(tmp_path, {"python3.13": RUNS}, "PYTHON=mine").stdout == "mine\n"


def test_without_a_supported_interpreter_it_says_what_is_missing(tmp_path: Path) -> None:
    answer = _make(tmp_path, {"python3": OLD})
    assert answer.returncode != 0
    assert "Python is missing: install 3.11, 3.12 or 3.13" in answer.stderr


def test_drop_is_another_name_of_deliver() -> None:
    make = str(shutil.which("make"))
    command = [make, "--no-print-directory", "--dry-run", "drop", "EXPORT=samples/broken"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert '-m local deliver "samples/broken"' in shown.stdout
