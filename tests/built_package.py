"""The deployment package, built once for all tests of a run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.scripts import package
from tests.once import once_per_run

ROOT = Path(__file__).resolve().parents[1]
RUNNING = f"3.{sys.version_info[1]}"


class Built(NamedTuple):
    """The package, the folder it is unpacked in, and what its script printed.

    `python` is an interpreter of the version that the package is built for.
    """

    path: Path
    folder: Path
    printed: str
    python: str
    version: str


def interpreter_for_package() -> tuple[str, str]:
    """The version that packages of this machine's tests are for, and an interpreter of it.

    It is the Python that Azure runs, or where this machine has none the one of the tests; never
    that of a virtual environment, which has packages of its own.
    """
    version = package.python_version()
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*pyenv.glob(f"{version}.*/bin/python3"), shutil.which(f"python{version}")]
    python = next((str(each) for each in found if each), None)
    return (version, python) if python else (RUNNING, sys._base_executable)  # type: ignore[attr-defined]


def built_package(factory: pytest.TempPathFactory) -> Built:
    """The package of this tree, built once for all test processes."""
    version, python = interpreter_for_package()

    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "infra.scripts.package", str(folder / "sis-sync.zip")]
        command += ["--python", version, "--folder", str(folder / "unpacked")]
        answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        (folder / "printed.txt").write_text(answer.stdout)

    folder = once_per_run(factory, "package", build)
    printed = (folder / "printed.txt").read_text()
    return Built(folder / "sis-sync.zip", folder / "unpacked", printed, python, version)
