"""`pip install .` into an environment that has nothing else, as somebody with a clone does it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a new environment with the project."""
    folder = tmp_path_factory.mktemp("a b") / "environment"
    # This pip installs into it, and nothing is compiled in advance: both save half of the time.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", "--disable-pip-version-check", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def run(command: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    # Not in the folder of the repository: the packages must be found where they were installed.
    return subprocess.run(
        [command, *words], cwd=command.parent, capture_output=True, text=True, check=False
    )


def test_it_validates_and_explains(installed: Path) -> None:
    clean, broken = str(ROOT / "samples" / "clean"), str(ROOT / "samples" / "broken")
    done = run(installed / "sis-sync", "validate", clean, broken)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("2 exports: 21 errors, 14 warnings and 2 information messages.")
    explained = run(installed / "sis-sync", "explain", "duplicate")
    assert (explained.returncode, explained.stderr) == (0, "")
    assert "What it means" in explained.stdout


def test_no_sdk_is_there_and_the_other_commands_say_what_to_install(installed: Path) -> None:
    look = "from importlib.util import find_spec; print(find_spec('azure'), find_spec('httpx'))"
    assert run(installed / "python", "-c", look).stdout == "None None\n"
    done = run(installed / "sis-sync", "runs", "northwind")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'sis-sync[ops]'" in done.stderr
