"""What the command line does if its output is closed, full, unbuffered or not there at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[2] / "samples"
FULL = b"The output cannot be written: No space left on device.\n"
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])


def ran(
    words: list[str],
    unbuffered: str = "",
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "sync_core.cli", *words],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=stdout,
        stderr=stderr,
        check=False,
    )


@UNBUFFERED
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["validate", str(SAMPLES / "broken"), "--format", "json"], 1),
        (["validate", str(SAMPLES / "clean")], 0),
        (["--help"], 0),
    ],
)
def test_a_reader_that_leaves_changes_neither_exit_code_nor_output(
    words: list[str], code: int, unbuffered: str
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = ran(words, unbuffered, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (code, b"")


@UNBUFFERED
@pytest.mark.parametrize("words", [["validate", str(SAMPLES / "clean")], ["formats"]])
def test_output_that_cannot_be_written_is_one_sentence(words: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = ran(words, unbuffered, stdout=full.fileno())
    assert (done.returncode, done.stderr) == (2, FULL)


def test_errors_that_cannot_be_written_end_with_their_exit_code() -> None:
    with Path("/dev/full").open("wb") as full:
        done = ran(["validate", "nowhere"], stdout=full.fileno(), stderr=full.fileno())
    assert done.returncode == 2


@pytest.mark.parametrize(("closed", "sample", "code"), [("1", "clean", 0), ("2", "nowhere", 2)])
def test_a_stream_that_is_not_there_is_not_written_to(closed: str, sample: str, code: int) -> None:
    command = f'exec "$@" {closed}>&-'
    words = [sys.executable, "-m", "sync_core.cli", "validate", str(SAMPLES / sample)]
    done = subprocess.run(["sh", "-c", command, "sh", *words], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")
