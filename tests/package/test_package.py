"""The deployment package: what is in it, that it runs alone, and what a cold start pays."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.scripts import package
from tests.built_package import Built, built_package
from tests.infra.code import functions
from tests.unit.product_kit import environment

ROOT = Path(__file__).resolve().parents[2]

MOST_BYTES, MOST_OF_OURS = 120_000_000, 1_200_000
"""Half as much again as the package takes today, and twice what the code does unpacked.

These notice a stray package or sample, not a new module."""

MOST_SECONDS = 15.0
"""Half of what the platform gives a worker, in processor time: busy machines change nothing."""

MOST_MODULES = 1_200
"""What an import costs, in a unit that no busy machine changes."""

INDEX = """
import json, sys, time
begun = time.process_time()
import function_app
found = sorted(each.get_function_name() for each in function_app.app.get_functions())
seconds = time.process_time() - begun
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

REPORT = """
from sync_core.report import ReportData, report_html
print(report_html(ReportData(format_name="sds-v1", source="export")))
"""

COMMAND_LINE = {"typer", "rich"}
"""What only the commands for people need; they are not run in the cloud."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built_package(tmp_path_factory)


@pytest.fixture(scope="module")
def alone(built: Built) -> tuple[Path, str]:
    """The package unpacked as Azure does, and an interpreter without any package of its own."""
    return built.folder, built.python


def run_alone(
    alone: tuple[Path, str], code: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code as the worker does: of everything that is installed, it sees the package alone.

    https://learn.microsoft.com/azure/azure-functions/python-build-options
    """
    folder, python = alone
    path = folder / package.PACKAGES
    return subprocess.run(
        [python, "-S", "-B", "-c", code],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHONPATH": str(path), **(settings or {})},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def indexed(alone: tuple[Path, str]) -> tuple[list[str], set[str], float, str]:
    settings = environment(
        SIS_ALERT_WEBHOOK="https://hooks.example/x", SIS_LANDED_QUEUE="sis-landed"
    )
    answer = run_alone(alone, INDEX, settings)
    assert answer.returncode == 0, answer.stderr
    found, modules, seconds, file = json.loads(answer.stdout)
    return found, set(modules), seconds, file


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def ours(built: Built) -> list[str]:
    """The names of the app's own files."""
    return [name for name in names(built.path) if not name.startswith(".python_packages/")]


def test_it_holds_the_app_and_nothing_for_people_or_machines_that_build(built: Built) -> None:
    tops = {name.partition("/")[0] for name in ours(built)}
    assert tops == {"function_app.py", "host.json", "requirements.txt", "sync_core", "LICENSE"}


def test_it_brings_every_package_of_the_lock_for_the_python_of_azure(built: Built) -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = package.pinned(lock, package.target(built.version))
    locked = {tuple(line.partition(" ")[0].split("==")) for line in lines}
    infos = {
        name.split("/")[3].removesuffix(".dist-info")
        for name in names(built.path)
        if name.endswith(".dist-info/METADATA")
    }
    assert {re.sub(r"[-_.]+", "-", info).lower() for info in infos} == {
        re.sub(r"[-_.]+", "-", f"{name}-{version}").lower() for name, version in locked
    }


def test_its_binaries_are_for_linux_and_that_python(built: Built) -> None:
    tag = f"cpython-{built.version.replace('.', '')}-x86_64-linux-gnu.so"
    binaries = [name for name in names(built.path) if name.endswith((".so", ".pyd", ".dylib"))]
    assert binaries
    # A shared library that came with a package stands in NAME.libs.
    modules = [name for name in binaries if ".libs/" not in name]
    assert not [name for name in modules if not name.endswith((tag, ".abi3.so"))]


def test_commands_and_headers_of_packages_are_left_out(built: Built) -> None:
    parts = {name.split("/")[3] for name in names(built.path) if name.startswith(package.PACKAGES)}
    assert not {part for part in parts if part.endswith(".data")} | parts & {"bin", "Scripts"}


class TestTheLock:
    LOCK = (
        "one==1.0 ; python_full_version < '3.13' \\\n    --hash=sha256:aa\n"
        "one==2.0 ; python_full_version >= '3.13' \\\n    --hash=sha256:bb \\\n"
        "    --hash=sha256:cc\n"
        "two==3.0 ; sys_platform == 'win32' \\\n    --hash=sha256:dd\n"
    )

    @pytest.mark.parametrize(
        ("version", "line"),
        [
            ("3.12", "one==1.0 --hash=sha256:aa\n"),
            ("3.13", "one==2.0 --hash=sha256:bb --hash=sha256:cc\n"),
        ],
    )
    def test_markers_are_those_of_azure_and_not_of_this_machine(
        self, version: str, line: str
    ) -> None:
        assert list(package.pinned(self.LOCK, package.target(version))) == [line]

    def test_a_line_without_a_hash_is_refused(self) -> None:
        with pytest.raises(package.PackageError, match=r"no hash for one==1\.0"):
            list(package.pinned("one==1.0\n", package.target("3.13")))

    def test_a_hash_that_differs_stops_the_build(self, tmp_path: Path) -> None:
        (tmp_path / "requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
        with pytest.raises(package.PackageError, match="If a hash differs, do"):
            package.wheels(tmp_path, tmp_path, "3.13")

    @pytest.mark.parametrize(
        "lock",
        ["", "-audit", "-bench", "-deploy", "-dev", "-sdk-check"],
        ids=lambda lock: lock or "app",
    )
    def test_every_lock_of_the_repository_has_hashes(self, lock: str) -> None:
        text = (ROOT / f"requirements{lock}.txt").read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)
        assert pins
        assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", text)) == len(pins)


def test_every_module_of_the_product_is_in_it(built: Built) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sync_core").rglob("*.py")}
    assert {name for name in ours(built) if name.endswith(".py")} == {*modules, "function_app.py"}


def test_what_is_in_the_working_folder_does_not_ship(tmp_path: Path) -> None:
    stray = [
        "exports/student.csv",
        ".env",
        "export.zip",
        "sync_core/student.csv",
        "local.settings.json",
    ]
    tracked = ["function_app.py", "host.json", "sync_core/one.py", "exports/old.csv", "docs/a.md"]
    for name in [*stray, *tracked]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    shutil.copy(ROOT / ".funcignore", tmp_path)
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    # Even an export that was committed by mistake stays here.
    subprocess.run([*git, "add", "--force", *tracked, "exports/student.csv", ".env"], check=True)
    assert package.deployed_files(tmp_path) == ["function_app.py", "host.json", "sync_core/one.py"]


def test_the_same_files_and_wheels_give_the_same_bytes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a/__init__.py", "")
        wheel.writestr("a-1.data/platlib/b.py", "")
        wheel.writestr("a-1.data/scripts/a", "")
    wheels = [tmp_path / "a-1-py3-none-any.whl"]
    found = package.build(tmp_path / "1.zip", wheels)
    package.build(tmp_path / "2.zip", wheels)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    brought = [name for name in found if name.startswith(package.PACKAGES)]
    assert [name.removeprefix(package.PACKAGES) for name in brought] == ["/a/__init__.py", "/b.py"]


def zipped_by_azd(folder: Path) -> set[str]:
    """What azd puts into the zip of a Python function app, by its rules for a folder `dist`.

    `createDeployableZip` in cli/azd/pkg/project/project_utils.go, public at
    https://github.com/Azure/azure-dev
    """
    assert not (folder / ".funcignore").exists(), "it would take the place of these rules"
    found: set[str] = set()
    for path, folders, files in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name not in (".azure", "__pycache__")
            and not (Path(path) / name / "pyvenv.cfg").exists()
        ]
        kept = [name for name in files if name != "local.settings.json"]
        found |= {(Path(path) / name).relative_to(folder).as_posix() for name in kept}
    return found


def test_azd_deploys_exactly_what_is_in_the_package(built: Built, alone: tuple[Path, str]) -> None:
    folder = alone[0]
    assert zipped_by_azd(folder) == set(names(built.path))
    with zipfile.ZipFile(built.path) as archive:
        differing = [
            name for name in ours(built) if archive.read(name) != (folder / name).read_bytes()
        ]
    assert differing == []


def test_its_digest_is_printed(built: Built) -> None:
    digest = hashlib.sha256(built.path.read_bytes()).hexdigest()
    assert re.search(rf"[\d,]+ bytes\nsha256 {digest}\n$", built.printed)


def test_alone_it_is_indexed_with_every_function(
    alone: tuple[Path, str], indexed: tuple[list[str], set[str], float, str]
) -> None:
    found, _, _, file = indexed
    assert Path(file).parent == alone[0]
    assert found == sorted(functions())


def test_alone_every_module_finds_the_packages_that_it_needs(alone: tuple[Path, str]) -> None:
    answer = run_alone(alone, LOAD)
    assert answer.returncode == 0, answer.stderr
    missing = dict(line.split() for line in answer.stdout.splitlines())
    assert set(missing.values()) <= COMMAND_LINE, missing


def test_alone_it_renders_a_report(alone: tuple[Path, str]) -> None:
    answer = run_alone(alone, REPORT)
    assert answer.returncode == 0, answer.stderr
    assert "</html>" in answer.stdout


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


def test_alone_it_finds_no_package_of_the_tests(alone: tuple[Path, str]) -> None:
    assert "No module named 'pytest'" in run_alone(alone, "import pytest").stderr


def test_it_stays_small(built: Built) -> None:
    assert built.path.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(built.path) as archive:
        assert sum(archive.getinfo(name).file_size for name in ours(built)) < MOST_OF_OURS


def test_a_cold_start_stays_cheap(indexed: tuple[list[str], set[str], float, str]) -> None:
    _, modules, seconds, _ = indexed
    assert len(modules) < MOST_MODULES
    assert seconds < MOST_SECONDS
