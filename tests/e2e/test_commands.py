"""The commands of the README, as a new user runs them."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from local.folders import ADDRESSES, MARK
from tests.e2e.conftest import BROKEN, CLEAN, ROOT, until

pytestmark = pytest.mark.emulator

SECONDS = 300
DEMO = [sys.executable, "-m", "local", "demo"]
COLOURS = re.compile(r"\x1b\[")


def test_the_demo_shows_each_step_and_the_outcome(tmp_path: Path) -> None:
    shown = _local("demo", "--folder", tmp_path / "demo", timeout=200)
    assert shown.returncode == 0, shown.stderr
    assert without_numbers(readme_demo()) <= without_numbers(shown.stdout)
    assert shown.stdout.count("  delivered ") == 6
    assert not COLOURS.search(shown.stdout)


def test_the_demo_of_the_classic_target_takes_a_zip_and_delivers_what_that_accepts(
    tmp_path: Path,
) -> None:
    archive = _zipped(CLEAN, tmp_path / "export.zip")
    words = (str(archive), "--target", "classic", "--folder", tmp_path / "demo")
    shown = _local("demo", *words, timeout=200)
    assert shown.returncode == 0, shown.stderr
    assert "export.zip (SDS V1) to sis-landing/northwind" in shown.stdout
    assert "The profile's state is provisioning." in shown.stdout
    assert "\nSTARTED  The sync has started with 6 files." in shown.stdout


def readme_demo() -> str:
    """What the README shows of `make demo`, without the command."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition("$ make demo\n")[2].partition("```")[0]


def without_numbers(text: str) -> set[str]:
    """The lines of the demonstration that do not differ between two runs, numbers as N."""
    lines = {
        re.sub(r"\S*\d{8}T\S+|\d[\d,.]*", "N", re.sub(r" +", " ", line)).strip()
        for line in text.splitlines()
    }
    # How often the app waits, and for which files, depends on the machine.
    return {line for line in lines if line != "..." and "Waiting for" not in line}


def test_the_demo_of_a_dry_run_says_that_nothing_was_sent(tmp_path: Path) -> None:
    command = [*DEMO, "--target", "dry-run", "--folder", str(tmp_path / "demo")]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True
    )
    assert "\nDRY RUN  Dry run: " in shown.stdout
    about_it = [
        line
        for line in shown.stdout.splitlines()
        if line.startswith(("  ready", "  read ", "  skipped", "  dry run", "DRY RUN", "Nothing"))
    ]
    assert len(about_it) == 5
    assert all("nothing was sent" in line for line in about_it)


def test_the_demo_shows_what_is_wrong_with_a_broken_export(tmp_path: Path) -> None:
    command = [*DEMO, str(BROKEN), "--folder", str(tmp_path / "demo")]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True
    )
    assert "\nREJECTED  Validation found" in shown.stdout
    row = next(line for line in shown.stdout.splitlines() if "value-missing" in line)
    kind, file, lines, *_ = (cell.strip() for cell in row.strip("|").split("|"))
    assert kind == "Error"
    assert file.endswith(".csv")
    assert re.fullmatch(r"[\d, ]+(\(\+\d+\))?", lines)


def test_the_story_of_a_shrunken_export_shows_the_hold_and_its_approval(tmp_path: Path) -> None:
    shown = _local("demo", "--story", "shrunken", "--folder", tmp_path / "demo", timeout=200)
    assert shown.returncode == 0, shown.stderr
    ends = re.findall(r"^(STARTED|HELD)  (.*)", shown.stdout, re.MULTILINE)
    assert [outcome for outcome, _ in ends] == ["STARTED", "HELD", "STARTED"]
    assert "Missing from this export: 30 of 60 students" in ends[1][1]
    assert re.search(r"^student +line 3 +30 +0 +30 ", shown.stdout, re.MULTILINE)
    assert "Approved: the run" in shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["samples/clean"], "Leave out EXPORT or STORY"),
        (["--target", "dry-run"], "A dry run is never held"),
    ],
)
def test_a_story_that_cannot_be_told_says_what_to_leave_out(
    tmp_path: Path, words: list[str], said: str
) -> None:
    shown = _local("demo", *words, "--story", "shrunken", "--folder", tmp_path / "demo")
    assert (shown.returncode, said in shown.stderr) == (2, True)


def test_a_demo_that_times_out_says_what_it_was_waiting_for(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "school.csv").write_bytes((CLEAN / "school.csv").read_bytes())
    shown = _local("demo", str(export), "--seconds", "6", "--folder", tmp_path / "demo")
    assert shown.returncode == 1
    assert (
        "There is no result after 6 seconds. The app was in the step gather: Waiting for"
        " student.csv, teacher.csv"
    ) in shown.stderr


def test_the_demo_leaves_a_folder_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("mine")
    shown = _local("demo", "--folder", tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "holds files that the local cloud did not make" in shown.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize("command", ["demo", "deliver"])
@pytest.mark.parametrize(
    ("export", "said"),
    [("missing", "does not exist"), ("empty", "holds neither a CSV file nor a zip")],
)
def test_what_is_not_an_export_is_reported_in_one_line(
    command: str, export: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    shown = _local(command, str(tmp_path / export), "--folder", tmp_path / "cloud")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_delivery_to_a_cloud_that_was_killed_is_reported_at_once(tmp_path: Path) -> None:
    # As a killed cloud leaves it: a mark without a lock, and addresses that nobody answers to.
    (tmp_path / MARK).write_text("1")
    stale = {"storage": "UseDevelopmentStorage=true", "landing": "l", "feeds": {}, "Values": {}}
    (tmp_path / ADDRESSES).write_text(json.dumps(stale))
    shown = _local("deliver", "--folder", tmp_path, timeout=60)
    assert (shown.returncode, shown.stdout) == (2, "")
    expected = f"No local cloud is running in {tmp_path}. Start one in another terminal: make run"
    assert shown.stderr == f"{expected} FOLDER={tmp_path}\n"


class Cloud(NamedTuple):
    """`make run`'s program, in a process group of its own as a terminal would have it."""

    process: subprocess.Popen[str]
    folder: Path
    said: str
    """What it has said by the time that everything runs."""


@contextmanager
def a_cloud(home: Path) -> Iterator[Cloud]:
    folder = home / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "run", "--folder", str(folder)],
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
        try:
            yield Cloud(process, folder, _read_until(process, "Ctrl-C stops everything."))
        finally:
            watchdog.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Cloud]:
    """A cloud that the test may end."""
    with a_cloud(tmp_path) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def staying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud that stays as it is."""
    with a_cloud(tmp_path_factory.mktemp("staying")) as cloud:
        yield cloud


def test_the_cloud_stays_up_until_ctrl_c_and_leaves_nothing_behind(
    running: Cloud, tmp_path: Path
) -> None:
    for name in ("Functions host", "Graph simulator", "Feed sds-v2.1", "Blobs", "Queues"):
        assert name in running.said
    assert f"In another terminal: make deliver FOLDER={running.folder}\n" in running.said
    delivered = _local("deliver", "--folder", running.folder)
    assert delivered.returncode == 0, delivered.stderr
    assert "Delivered users.csv to sis-landing/northwind\n" in delivered.stdout
    _read_until(running.process, "STARTED  The sync has started")
    group = running.process.pid
    assert len(_group(group)) >= 4
    os.killpg(group, signal.SIGINT)
    assert running.process.wait(30) == 0
    until(lambda: not _group(group), lambda: f"{_group(group)} to end")
    assert _local("deliver", "--folder", running.folder).returncode == 2
    emptied = _local("reset", "--home", tmp_path)
    assert (emptied.returncode, emptied.stdout) == (0, f"Emptied {running.folder}\n")
    assert not running.folder.exists()


def test_a_zip_lands_in_the_feed_of_its_format(staying: Cloud, tmp_path: Path) -> None:
    archive = _zipped(CLEAN, tmp_path / "export.zip")
    delivered = _local("deliver", str(archive), "--folder", staying.folder)
    assert delivered.stdout == "Delivered export.zip to sis-landing/northwind-sds-v1\n"
    _read_until(staying.process, "STARTED  The sync has started with 6 files.")


def test_the_doctor_finds_a_running_local_cloud_healthy(staying: Cloud) -> None:
    command = [sys.executable, "-m", "sync_core.cli", "doctor", "--settings"]
    ran = subprocess.run(
        [*command, str(staying.folder / "cloud.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ok       permissions: The token has every permission that is needed." in ran.stdout
    assert "ok       target of northwind: The inbound flow" in ran.stdout


def test_a_second_cloud_beside_the_first_is_refused(staying: Cloud) -> None:
    for command in ("run", "demo"):
        shown = _local(command, "--folder", staying.folder)
        assert (shown.returncode, shown.stdout) == (2, "")
        where = f"is running in {staying.folder} already (process {staying.process.pid})"
        assert where in shown.stderr
    shown = _local("reset", "--home", staying.folder.parent)
    assert shown.returncode == 2
    assert "so nothing was removed" in shown.stderr
    assert _local("deliver", "--folder", staying.folder).returncode == 0


def test_nothing_outlives_a_cloud_that_is_killed(running: Cloud) -> None:
    group = running.process.pid
    assert len(_group(group)) >= 4
    running.process.kill()
    running.process.wait(30)
    until(lambda: not _group(group), lambda: f"{_group(group)} to end")


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
