"""The deployment package: what is in it, that it runs alone, and what a cold start pays."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.code import functions
from tests.unit.product_kit import environment

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "infra" / "scripts" / "package.py"

MOST_BYTES = 300_000
"""About three times what the code takes today: this notices a stray sample, not a new module."""

MOST_SECONDS = 15.0
"""Half of what the platform gives a worker. Far above what it takes, for busy machines."""

MOST_MODULES = 1_200
"""What an import costs, in a unit that no busy machine changes."""

INDEX = """
import json, sys, time
begun = time.perf_counter()
import function_app
found = sorted(each.get_function_name() for each in function_app.app.get_functions())
seconds = time.perf_counter() - begun
print(json.dumps([found, sorted(sys.modules), seconds, function_app.__file__]))
"""


LOAD = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path("sync_core").rglob("*.py")):
    name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(name, error.name)
"""

COMMAND_LINE = {"typer", "rich"}
"""What only the commands for people need; they are not run in the cloud."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = tmp_path_factory.mktemp("package") / "sis-sync.zip"
    answer = subprocess.run(
        [sys.executable, str(SCRIPT), str(package)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert re.search(r"[\d,]+ bytes\ncold start imports the app in [\d.]+ s\n$", answer.stdout)
    return package


@pytest.fixture(scope="module")
def alone(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The package unpacked, and an interpreter in which only its requirements were installed."""
    folder = tmp_path_factory.mktemp("alone")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "app")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirements = folder / "app" / "requirements.txt"
    subprocess.run([*install, "--no-compile", "--requirement", str(requirements)], check=True)
    yield folder / "app", python
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def indexed(alone: tuple[Path, Path]) -> tuple[list[str], set[str], float, str]:
    app, python = alone
    settings = environment(
        SIS_ALERT_WEBHOOK="https://hooks.example/x", SIS_LANDED_QUEUE="sis-landed"
    )
    answer = subprocess.run(
        [str(python), "-c", INDEX],
        cwd=app,
        env={"PATH": os.environ["PATH"], **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    found, modules, seconds, file = json.loads(answer.stdout)
    return found, set(modules), seconds, file


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_it_holds_the_app_and_nothing_for_people_or_machines_that_build(built: Path) -> None:
    tops = {name.partition("/")[0] for name in names(built)}
    assert tops == {"function_app.py", "host.json", "requirements.txt", "sync_core", "LICENSE"}


def test_it_has_the_layout_of_a_remote_build(built: Path) -> None:
    # A package that brings its own packages is not built by the platform.
    assert not [name for name in names(built) if name.startswith(".python_packages")]
    assert {"function_app.py", "host.json", "requirements.txt"} <= set(names(built))


def test_every_module_of_the_product_is_in_it(built: Path) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sync_core").rglob("*.py")}
    assert {name for name in names(built) if name.endswith(".py")} == {*modules, "function_app.py"}


def test_the_same_files_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    subprocess.run([sys.executable, str(SCRIPT), str(again)], check=True, capture_output=True)
    assert again.read_bytes() == built.read_bytes()


def test_alone_it_is_indexed_with_every_function(
    alone: tuple[Path, Path], indexed: tuple[list[str], set[str], float, str]
) -> None:
    found, _, _, file = indexed
    assert Path(file).parent == alone[0]
    assert found == sorted(functions())


def test_alone_every_module_finds_the_packages_that_it_needs(alone: tuple[Path, Path]) -> None:
    app, python = alone
    answer = subprocess.run(
        [str(python), "-c", LOAD], cwd=app, check=True, capture_output=True, text=True
    )
    missing = dict(line.split() for line in answer.stdout.splitlines())
    assert set(missing.values()) <= COMMAND_LINE, missing


def test_what_a_setting_turns_on_is_not_there_without_it() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", INDEX],
        cwd=ROOT,
        env={**os.environ, **environment()},
        check=True,
        capture_output=True,
        text=True,
    )
    found = set(json.loads(answer.stdout)[0])
    assert set(functions()) - found == {"alert_on_result", "event_landed"}


def test_alone_it_finds_no_package_of_the_tests(
    alone: tuple[Path, Path],
) -> None:
    answer = subprocess.run(
        [str(alone[1]), "-c", "import pytest"], check=False, capture_output=True
    )
    assert answer.returncode != 0


def test_it_stays_small(built: Path) -> None:
    assert built.stat().st_size < MOST_BYTES


def test_a_cold_start_stays_cheap(indexed: tuple[list[str], set[str], float, str]) -> None:
    _, modules, seconds, _ = indexed
    assert len(modules) < MOST_MODULES
    assert seconds < MOST_SECONDS
