"""The acceptance passes on the local host, says what failed, and loads nothing of a host."""

import os
import subprocess
import sys
from pathlib import Path

from local.acceptance.__main__ import report
from local.acceptance.run import Verdict

ROOT = Path(__file__).resolve().parents[2]
LOCAL_HOST = (
    f"{sys.executable} -m local.host --app . --state {{state}} --port {{port}} --no-polling"
)
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


def test_a_host_that_never_answers_fails_with_what_to_do(tmp_path: Path) -> None:
    ran = accepted("--host-command", "sleep 60", "--folder", str(tmp_path), "--start-seconds", "1")
    assert ran.returncode == 1
    assert ran.stdout.startswith("FAILED: the acceptance could not run.")
    assert "handshake" in ran.stdout


def test_a_command_that_is_none_fails_with_what_to_do(tmp_path: Path) -> None:
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
