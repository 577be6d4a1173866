"""The acceptance checks pass on the local host, report failures, and load no host's code."""

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.acceptance.__main__ import report
from local.acceptance.run import Verdict

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).resolve().parents[2]
HOST = [sys.executable, "-m", "local.host", "--app", "."]
LOCAL_HOST = f"{shlex.join(HOST)} --state {{state}} --port {{port}}"
LOADED = """
import sys, local.acceptance.__main__
print(sorted(name for name in sys.modules if name.startswith(("local.host", "local.durable"))))
"""


def accepted(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "local.acceptance", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def test_the_local_host_passes(tmp_path: Path) -> None:
    ran = accepted("--host-command", LOCAL_HOST, "--folder", str(tmp_path))
    assert ran.returncode == 0, ran.stdout + (tmp_path / "host.log").read_text()[-5000:]
    assert ran.stdout.startswith("PASSED: all 8 checks")
    assert ran.stderr == "", "progress is for terminals"


def test_a_host_that_somebody_else_starts_passes(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path / "acceptance"
    options = [
        "--host-url",
        f"http://127.0.0.1:{port}",
        "--folder",
        str(folder),
        "--only",
        "broken",
    ]
    command = [sys.executable, "-m", "local.acceptance", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as acceptance:
        assert acceptance.stdout is not None
        told = acceptance.stdout.readline()
        settings = json.loads(
            Path(told.partition(" settings in ")[2].strip()).read_text(encoding="utf-8")
        )["Values"]
        host = subprocess.Popen(
            [*HOST, "--state", str(tmp_path / "state"), "--port", str(port)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            said = acceptance.stdout.read()
        finally:
            host.terminate()
            host.wait(30)
    assert said.startswith("PASSED: all 2 checks"), said


def test_an_app_that_cannot_reach_its_service_fails(tmp_path: Path) -> None:
    command = f"env GRAPH_ROOT=http://127.0.0.1:9 {LOCAL_HOST}"
    options = ("--only", "clean", "--seconds", "6", "--folder", str(tmp_path))
    ran = accepted("--host-command", command, *options)
    assert ran.returncode == 1
    assert ran.stdout.startswith("FAILED: 1 of 2 checks")
    assert "no result within the time limit" in ran.stdout


def test_a_host_that_never_answers_fails_with_what_to_do(tmp_path: Path) -> None:
    ran = accepted("--host-command", "sleep 60", "--folder", str(tmp_path), "--start-seconds", "1")
    assert ran.returncode == 1
    assert ran.stdout.startswith("FAILED: the acceptance could not run.")
    assert "handshake" in ran.stdout


def test_a_command_that_is_invalid_fails_with_what_to_do(tmp_path: Path) -> None:
    ran = accepted("--host-command", "no-such-host", "--folder", str(tmp_path))
    assert ran.returncode == 1
    assert "Check HOST_COMMAND" in ran.stdout


def test_the_report_says_the_outcome_first_and_then_what_to_do(tmp_path: Path) -> None:
    verdicts = [Verdict("clean", "started"), Verdict("broken", "started", ["the outcome: …"])]
    lines = report(verdicts, 12.3, tmp_path).splitlines()
    assert lines[0] == "FAILED: 1 of 2 checks, in 12 s."
    assert "host.log" in lines[1]
    assert "\x1b" not in "".join(lines)


def test_it_loads_nothing_of_the_local_host_or_its_engine() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
