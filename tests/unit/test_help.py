"""`--help` of every command: an example, the exit codes, JSON, and how it looks at 80 columns."""

import os
import re
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from sync_core.cli.app import app
from sync_core.cli.commands import COMMANDS
from sync_core.cli.exit_codes import EXIT_CODES
from sync_core.cli.validate.formats import Output

GOLDEN = Path(__file__).parent / "golden" / "help"
NAMES = [command.__name__ for group in COMMANDS.values() for command in group]
EVERY = ["", *NAMES, "feeds", "feeds check"]


def shown(command: str, width: int = 80) -> str:
    runner = CliRunner(env={"COLUMNS": str(width)})
    run = runner.invoke(app, [*command.split(), "--help"], prog_name="sis-sync")
    assert run.exit_code == 0
    return "".join(f"{line.rstrip()}\n" for line in run.stdout.splitlines())


@pytest.mark.parametrize("command", EVERY)
def test_the_help_looks_as_in_its_golden_file(command: str) -> None:
    path = GOLDEN / f"{command.replace(' ', '-') or 'sis-sync'}.txt"
    text = shown(command)
    if "SIS_WRITE_GOLDEN" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "SIS_WRITE_GOLDEN=1 writes it again"


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("command", EVERY)
def test_the_help_fits_the_terminal_without_boxes(command: str, width: int) -> None:
    text = shown(command, width)
    assert max(map(len, text.splitlines())) <= width
    assert text.isascii()
    # Names of Python's types say nothing to those who read it.
    assert not re.search(r"<(str|int|bool|path|list)", text)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("command", [*NAMES, "feeds check"])
def test_the_example_can_be_copied_into_a_shell(command: str, width: int) -> None:
    lines = shown(command, width).rpartition("Example:")[2].replace("\\\n", "").split("\n")
    examples = [line.split(None) for line in lines if line.strip()]
    assert len(examples) == 1
    assert examples[0][:2] == ["sis-sync", command.split(maxsplit=1)[0]]


def test_the_help_of_a_wide_terminal_is_no_wider_than_a_page() -> None:
    assert 80 < max(map(len, shown("validate", 200).splitlines())) <= 100


def test_every_format_is_in_the_help() -> None:
    text = shown("validate").partition("--format")[2].partition("--output")[0]
    assert set(re.findall(r"[a-z]+", text)) >= {*Output}


@pytest.mark.parametrize("command", [*NAMES, "feeds check"])
def test_every_command_has_an_example_and_json(command: str) -> None:
    text = shown(command)
    assert f"Example: sis-sync {command} " in " ".join(text.split())
    # `validate` has more forms than one.
    assert ("json" if command == "validate" else "--json") in text


@pytest.mark.parametrize("command", [*(name for name in NAMES if name != "formats"), "feeds check"])
def test_every_command_says_what_it_exits_with(command: str) -> None:
    text = " ".join(shown(command).split())
    assert "Exits with 0" in text


def test_every_command_is_in_the_list_and_in_the_documents() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert known == {*NAMES, "feeds"}


def test_the_exit_codes_are_in_the_help() -> None:
    assert all(f"{code} " in shown("").rpartition("Exit codes:")[2] for code in EXIT_CODES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_installed(shell: str) -> None:
    environment = {"_SIS_SYNC_COMPLETE": f"source_{shell}"}
    done = CliRunner(env=environment).invoke(app, [], prog_name="sis-sync")
    assert "_SIS_SYNC_COMPLETE=complete" in done.stdout
