"""Setting up: what is shown of it, what is said where it fails, and what is left in the tree.

Each test has a tree of its own, whose path has a space, with the packages of this one.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
COLOUR = re.compile(rb"\x1b\[[\d;]*m")
AZURITE = Path("local", "azurite")
MARKER = AZURITE / "node_modules" / ".ready"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """As much of a tree as setting up reads."""
    made = tmp_path / "a b" / "sis sync"
    (made / AZURITE).mkdir(parents=True)
    for name in ("Makefile", AZURITE / "package.json", AZURITE / "package-lock.json"):
        shutil.copy(ROOT / name, made / name)
    return made


def _make(
    tree: Path, *arguments: str | Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", "--no-print-directory", f"PYTHON={_python(tree)}", *map(str, arguments)],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _python(tree: Path) -> Path:
    """This interpreter by a path without a space: a tree may have one, PYTHON may not."""
    link = tree.parents[1] / "python3"
    if not link.exists():
        link.symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    return link


def test_the_words_of_npm_are_shown_where_it_fails(tree: Path) -> None:
    done = _make(tree, MARKER, **_without_npm_registry(tree))
    assert done.returncode == 2
    assert "Setting up the storage emulator" in done.stdout
    assert "npm error code ECONNREFUSED" in done.stderr
    assert "The storage emulator could not be installed. The reason is above" in done.stderr
    assert not (tree / MARKER).exists()


def _without_npm_registry(tree: Path) -> dict[str, str]:
    """The environment of a tree that has its Python packages, on a machine without a network."""
    (tree / "requirements-dev.txt").touch()
    (tree / ".venv").mkdir()
    (tree / ".venv" / "bin").symlink_to(BIN)
    (tree / ".venv" / ".ready").touch()
    return {
        "npm_config_registry": "http://127.0.0.1:9",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tree / "cache"),
    }


def _wheel(tree: Path) -> None:
    """A package that needs no network, in the place of all that the real tree needs."""
    name = "azure_functions_runtime"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(tree / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    (tree / "requirements-dev.txt").write_text(f"./{name}-1.0-py3-none-any.whl\n")


def test_setting_up_shows_each_package_in_plain_lines(tree: Path) -> None:
    _wheel(tree)
    done = _make(tree, ".venv/.ready")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Setting up Python packages in .venv")
    assert any(line.startswith("Processing ./azure_functions_runtime") for line in lines)
    assert any(line.startswith("Installing collected packages") for line in lines)
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout


def test_a_package_that_is_missing_is_named(tree: Path) -> None:
    (tree / "requirements-dev.txt").write_text("./no-such-file.whl\n")
    done = _make(tree, ".venv/.ready")
    assert done.returncode == 2
    assert "no-such-file.whl" in done.stderr
    assert "The Python packages could not be installed. The reason is above" in done.stderr
    assert not (tree / ".venv" / ".ready").exists()


def test_progress_is_shown_on_a_terminal_only(tree: Path) -> None:
    # A stand-in for pip, which says how it was called.
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").write_text('#!/bin/sh\nprintf "%s\\n" "$*"\n')
    (tree / ".venv" / "bin" / "python").chmod(0o755)
    for name in ("requirements-dev.txt", "requirements-sdk-check.txt", ".venv/.ready"):
        (tree / name).touch()
    assert b"--progress-bar on" in _on_a_terminal(tree, ".venv/.sdk-ready")
    (tree / ".venv" / ".sdk-ready").unlink()
    assert "--progress-bar off" in _make(tree, ".venv/.sdk-ready").stdout


def test_no_color_is_kept_to_on_a_terminal(tree: Path) -> None:
    nobody = _without_npm_registry(tree)
    assert COLOUR.search(_on_a_terminal(tree, MARKER, **nobody))
    assert not COLOUR.search(_on_a_terminal(tree, MARKER, **nobody, NO_COLOR="1"))


def _on_a_terminal(tree: Path, target: str | Path, **environment: str) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["make", "--no-print-directory", str(target)],
        cwd=tree,
        env={**os.environ, **environment},
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass  # The end of a terminal whose other side is closed.
        os.close(ours)
    return shown


def test_installing_leaves_nothing_in_the_tree(tmp_path: Path) -> None:
    tree = tmp_path / "a b" / "sis sync"
    kept = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in kept:
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    before = _files(tree)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*install, "--no-deps", "--target", str(tmp_path / "to"), "."], cwd=tree, check=True
    )
    assert _files(tree) == before
    modules = {path.relative_to(ROOT) for path in (ROOT / "sync_core").rglob("*.py")}
    installed = {path.relative_to(tmp_path / "to") for path in (tmp_path / "to").rglob("*.py")}
    assert installed == modules
    entry = next((tmp_path / "to").glob("sis_sync-*.dist-info/entry_points.txt")).read_text()
    assert "sis-sync=sync_core.cli.app:app" in entry


def _files(tree: Path) -> set[Path]:
    return {path.relative_to(tree) for path in tree.rglob("*")}
