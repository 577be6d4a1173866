"""The output that pages show below a command of `sis-sync` is what the command prints.

SIS_WRITE_GOLDEN=1 writes it into the pages again.
"""

import os
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sync_core.cli.app import app
from sync_core.cli.exit_codes import EXIT_CODES
from tests.docs_kit import ROOT

SHOWN = [
    ("README.md", "sis-sync validate samples/warnings"),
    ("docs/command-line.md", "sis-sync validate samples/warnings"),
    ("docs/command-line.md", "sis-sync validate samples/warnings --format text | head -4"),
    ("docs/command-line.md", "sis-sync explain duplicate | head -11"),
]
"""The commands whose output a page shows: at 80 columns, without colours."""


def printed(command: str) -> str:
    words, _, head = command.partition(" | head -")
    terminal = {"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"}
    done = CliRunner(env=terminal).invoke(app, shlex.split(words)[1:])
    text = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    lines = [line.rstrip() for line in text.splitlines()]
    return "".join(f"{line}\n" for line in (lines[: int(head)] if head else lines))


@pytest.mark.parametrize(("page", "command"), SHOWN)
def test_a_page_shows_what_the_command_prints(
    page: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    path = ROOT / page
    output = printed(command)
    block = re.compile(rf"(```console\n\$ {re.escape(command)}\n)(.*?)(```\n)", re.DOTALL)
    if "SIS_WRITE_GOLDEN" in os.environ:
        text = path.read_text(encoding="utf-8")
        text = block.sub(lambda found: f"{found[1]}{output}{found[3]}", text)
        path.write_text(text, encoding="utf-8")
    (shown,) = block.findall(path.read_text(encoding="utf-8"))
    assert shown[1] == output


def test_the_exit_codes_are_documented() -> None:
    text = Path(ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    expected = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())
    assert f"| exit code | meaning |\n|---|---|\n{expected}\n" in text
