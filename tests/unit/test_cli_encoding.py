"""What the command line prints where the output is in a Windows or DOS code page."""

import html
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sync_core.cli.app import app
from sync_core.cli.encoding import write_ascii_unless_utf

SAMPLES = Path(__file__).parents[2] / "samples"


def printed(encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "sync_core.cli", *words],
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "80"},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp437"])
def test_the_table_is_plain_ascii_in_a_code_page(encoding: str) -> None:
    done = printed(encoding, "validate", str(SAMPLES / "broken"), "--format", "table")
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert max(len(line) for line in done.stdout.decode().splitlines()) <= 80
    assert done.stderr == b""


@pytest.mark.parametrize("form", ["table", "text", "csv", "markdown", "json", "sarif"])
def test_every_form_is_plain_ascii_in_a_code_page(form: str, tmp_path: Path) -> None:
    folder = tmp_path / "Schüler…学校"
    folder.mkdir()
    (folder / "users.csv").write_text("sourcedId,username\n1,ann\n")
    done = printed("cp437", "validate", str(folder), "--format", form)
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert b"Schuler...??" in done.stdout.replace(b"\n", b"") or form in {"json", "sarif"}


@pytest.mark.parametrize("encoding", ["cp850", "ascii", "latin-1"])
def test_a_stream_in_a_code_page_gets_similar_letters(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    write_ascii_unless_utf([stream])
    stream.write("Schüler … 学")
    assert stream.buffer.getvalue() == b"Schuler ... ?"


def test_a_page_keeps_all_letters_in_a_code_page(tmp_path: Path) -> None:
    folder = tmp_path / "Schüler"
    folder.mkdir()
    (folder / "users.csv").write_text("sourcedId,username\n1,ann\n")
    done = printed("cp1252", "validate", str(folder), "--format", "html")
    assert done.stdout.isascii()
    assert "Schüler" in html.unescape(done.stdout.decode())


def test_json_is_the_same_in_every_encoding() -> None:
    result = CliRunner().invoke(app, ["validate", str(SAMPLES / "broken"), "--format", "json"])
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["exports"][0]["format"] == "sds-v1"


def test_errors_about_a_path_with_other_letters_are_readable(tmp_path: Path) -> None:
    done = printed("ascii", "validate", str(tmp_path / "Schüler…学校"))
    assert done.returncode == 2
    assert b"Schuler...??" in done.stderr.replace(b"\n", b"")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le"])
def test_a_stream_in_a_utf_encoding_keeps_all_letters(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    write_ascii_unless_utf([stream])
    stream.write("Schüler")
    assert stream.buffer.getvalue().decode(encoding) == "Schüler"
