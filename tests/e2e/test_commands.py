"""The two commands of the README, as a new user runs them."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.folders import ADDRESSES, MARK
from tests.e2e.conftest import BROKEN, CLEAN, CLEAN_V21, ROOT, until

pytestmark = pytest.mark.emulator

SECONDS = 300
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


def test_the_demo_takes_a_zip_of_sds_v2_1_to_industry_data(tmp_path: Path) -> None:
    archive = _zipped(CLEAN_V21, tmp_path / "export.zip")
    shown = _local("demo", str(archive), "--seconds", "200", "--folder", tmp_path / "demo")
    assert shown.returncode == 0, shown.stdout
    assert "export.zip (SDS V2.1) lands in sis-landing/northwind" in shown.stdout
    assert "The inbound flow" in shown.stdout
    assert "\nSTARTED  The sync has started with 6 files." in shown.stdout


def test_a_demo_that_times_out_says_what_it_was_waiting_for(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "school.csv").write_bytes((CLEAN / "school.csv").read_bytes())
    shown = _local("demo", str(export), "--seconds", "6", "--folder", tmp_path / "demo")
    assert shown.returncode == 1
    assert (
        "There is no result after 6 seconds. The app was in the step gather: Waiting for"
        " section.csv, student.csv"
    ) in shown.stderr


def test_the_demo_leaves_a_folder_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("mine")
    shown = _local("demo", "--folder", tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "holds files that the local cloud did not make" in shown.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize("command", ["demo", "drop"])
@pytest.mark.parametrize(
    ("export", "said"),
    [("missing", "does not exist"), ("empty", "holds neither a CSV file nor a zip")],
)
def test_what_is_no_export_is_told_in_one_line(
    command: str, export: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    shown = _local(command, str(tmp_path / export), "--folder", tmp_path / "cloud")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_drop_into_a_cloud_that_was_killed_is_told_at_once(tmp_path: Path) -> None:
    # As a killed cloud leaves it: a mark without a lock, and addresses that nobody answers to.
    (tmp_path / MARK).write_text("1")
    stale = {"storage": "UseDevelopmentStorage=true", "landing": "l", "feeds": {}, "Values": {}}
    (tmp_path / ADDRESSES).write_text(json.dumps(stale))
    shown = _local("drop", "--folder", tmp_path, timeout=20)
    assert (shown.returncode, shown.stdout) == (2, "")
    expected = f"No local cloud is running in {tmp_path}. Start one in another terminal: make run"
    assert shown.stderr == f"{expected}\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make run`'s program, in a process group of its own as a terminal would have it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "run", "--folder", str(tmp_path / "run")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    # No test waits for ever for a line that does not come.
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    with process:
        yield process
        watchdog.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_the_cloud_stays_up_until_ctrl_c_and_leaves_nothing_behind(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    said = _read_until(running, "Ctrl-C ends everything.")
    for name in ("Functions host", "Graph simulator", "Lands sds-v1", "Blobs", "Queues"):
        assert name in said
    folder = tmp_path / "run"
    dropped = _local("drop", "--folder", folder)
    assert dropped.returncode == 0, dropped.stderr
    assert "landed school.csv in sis-landing/northwind\n" in dropped.stdout
    _read_until(running, "STARTED  The sync has started")
    assert len(_group(running.pid)) >= 4
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(30) == 0
    until(lambda: not _group(running.pid), lambda: f"{_group(running.pid)} to end")
    assert _local("drop", "--folder", folder).returncode == 2
    emptied = _local("reset", "--home", tmp_path)
    assert (emptied.returncode, emptied.stdout) == (0, f"Emptied {folder}\n")
    assert not folder.exists()


def test_a_zip_lands_in_the_feed_of_its_format(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    _read_until(running, "Ctrl-C ends everything.")
    archive = _zipped(CLEAN_V21, tmp_path / "export.zip")
    dropped = _local("drop", str(archive), "--folder", tmp_path / "run")
    assert dropped.stdout == "landed export.zip in sis-landing/northwind-sds-v2-1\n"
    _read_until(running, "STARTED  The sync has started with 6 files.")


def test_a_second_cloud_beside_the_first_is_refused(
    running: subprocess.Popen[str], tmp_path: Path
) -> None:
    _read_until(running, "Ctrl-C ends everything.")
    folder = tmp_path / "run"
    for command in ("run", "demo"):
        shown = _local(command, "--folder", folder)
        assert (shown.returncode, shown.stdout) == (2, "")
        assert f"is running in {folder} already (process {running.pid})" in shown.stderr
    shown = _local("reset", "--home", tmp_path)
    assert shown.returncode == 2
    assert "so nothing was removed" in shown.stderr
    assert _local("drop", "--folder", folder).returncode == 0


def test_nothing_outlives_a_cloud_that_is_killed(
    running: subprocess.Popen[str],
) -> None:
    _read_until(running, "Ctrl-C ends everything.")
    assert len(_group(running.pid)) >= 4
    running.kill()
    running.wait(30)
    until(lambda: not _group(running.pid), lambda: f"{_group(running.pid)} to end")


def _local(
    command: str, *options: str | Path, timeout: float = 240
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "local", command, *map(str, options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    """What a process says up to the line with these words. Fails where it ends without."""
    assert process.stdout is not None
    said = ""
    while words not in said:
        line = process.stdout.readline()
        assert line, f"it ended without {words!r}:\n{said}"
        said += line
    return said


def _zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


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
