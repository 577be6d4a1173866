"""The two commands of the README, as a new user runs them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import BROKEN, ROOT, until

DEMO = [sys.executable, "-m", "local", "demo"]
COLOURS = re.compile(r"\x1b\[")


def test_the_demo_tells_each_step_and_the_verdict(tmp_path: Path) -> None:
    command = [*DEMO, "--folder", str(tmp_path / "demo")]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True
    )
    words = [line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")]
    steps = ["landed", "complete", "validated", "ready", "uploaded", "started", "published"]
    assert [word for word in dict.fromkeys(words) if word in steps] == steps
    assert words.count("landed") == 6
    assert "The profile's state is provisioning." in shown.stdout
    assert re.search(r"started .* \(\d+\.\d s\)", shown.stdout)
    assert "\nSTARTED  The sync has started with 6 files." in shown.stdout
    assert re.search(r"Result blob +sis-results/northwind/\S+/result\.json", shown.stdout)
    assert re.search(r"Queue message +\d on the queue sync-results", shown.stdout)
    assert not COLOURS.search(shown.stdout)


def test_the_demo_of_a_dry_run_says_that_nothing_was_sent(tmp_path: Path) -> None:
    command = [*DEMO, "--target", "dry-run", "--folder", str(tmp_path / "demo")]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True
    )
    assert "\nDRY RUN  Dry run: " in shown.stdout
    about_it = [
        line
        for line in shown.stdout.splitlines()
        if line.startswith(("  ready", "  read ", "  skipped", "  dry run", "DRY RUN", "Nothing"))
    ]
    assert len(about_it) == 6
    assert all("nothing was sent" in line for line in about_it)


def test_the_demo_shows_what_is_wrong_with_a_broken_export(tmp_path: Path) -> None:
    command = [*DEMO, str(BROKEN), "--folder", str(tmp_path / "demo")]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True
    )
    assert "\nREJECTED  Validation found" in shown.stdout
    row = next(line for line in shown.stdout.splitlines() if "value-missing" in line)
    kind, file, lines, *_ = (cell.strip() for cell in row.strip("|").split("|"))
    assert kind == "Error"
    assert file.endswith(".csv")
    assert re.fullmatch(r"[\d, ]+(\(\+\d+\))?", lines)


def test_the_demo_says_what_to_give_it(tmp_path: Path) -> None:
    command = [*DEMO, str(tmp_path)]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert shown.returncode == 1
    assert "holds no CSV file. Example: make demo EXPORT=" in shown.stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make run`'s program, in a process group of its own as a terminal would have it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "run", "--folder", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_the_cloud_stays_up_until_ctrl_c_and_leaves_nothing_behind(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert running.stdout is not None
    said = ""
    while "Ctrl-C ends everything." not in said:
        said += running.stdout.readline()
    for name in ("Functions host", "Graph simulator", "Landing folder", "Blobs", "Queues"):
        assert name in said
    drop = [sys.executable, "-m", "local", "drop", "--folder", str(tmp_path)]
    subprocess.run(drop, cwd=ROOT, capture_output=True, timeout=30, check=True)
    while "STARTED  The sync has started" not in said:
        said += running.stdout.readline()
    started = _group(running.pid)
    assert len(started) >= 4
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(30) == 0
    until(lambda: not _group(running.pid), lambda: f"{_group(running.pid)} to end")


def test_nothing_outlives_a_cloud_that_is_killed(
    running: subprocess.Popen[str],
) -> None:
    assert running.stdout is not None
    said = ""
    while "Ctrl-C ends everything." not in said:
        said += running.stdout.readline()
    assert len(_group(running.pid)) >= 4
    running.kill()
    running.wait(30)
    until(lambda: not _group(running.pid), lambda: f"{_group(running.pid)} to end")


def _group(group: int) -> list[str]:
    """The command lines of a process group's living members."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            command = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(command)
    return found
