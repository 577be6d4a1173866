"""The command line: what it prints, and what it exits with."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync_core import __version__
from sync_core.cli.app import app

SAMPLES = Path(__file__).parents[2] / "samples"

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, words)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("validate", SAMPLES / "clean", "--as", "sds-v9"), "Use one of these"),
        (("template", "sds-v9"), "Use one of these"),
        (("template", "sds-v1", "--into", SAMPLES / "clean"), "already"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_says_why(
    run: Run, words: tuple[object, ...], said: str
) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_template_is_written_and_lacks_only_rows(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert run("template", "sds-v2.1", "--into", folder).exit_code == 0
    assert len(list(folder.iterdir())) == 10
    (export,) = json.loads(run("validate", folder, "--format", "json").stdout)["exports"]
    assert {finding["rule"] for finding in export["findings"]} == {"file-without-rows"}


def test_the_formats_are_printed_as_the_document_has_them(run: Run) -> None:
    document = SAMPLES.parent / "docs" / "formats.md"
    assert run("formats").stdout == document.read_text(encoding="utf-8")


def test_there_is_one_version(run: Run) -> None:
    assert run("--version").output == f"sis-sync {__version__}\n"
    project = tomllib.loads((SAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    # flit takes it from `__version__` of the module that it builds.
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["flit"]["module"]["name"] == "sync_core"
