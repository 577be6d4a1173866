import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.host.sample import SAMPLE_APP, Cloud, RunningHost


def test_the_log_level_of_the_environment_goes_before_that_of_host_json(
    host: RunningHost, cloud: Cloud
) -> None:
    host.call("GET", "/api/plain")
    assert "INFO local.host: Executing 'plain'" in host.log()
    cloud.settings["SIS_LOCAL_LOG_LEVEL"] = "error"
    with cloud.host() as quiet:
        quiet.call("GET", "/api/plain")
    assert quiet.log() == ""


@pytest.mark.parametrize(
    ("options", "settings", "reason"),
    [
        ([], {"SIS_LOCAL_LOG_LEVEL": "loud"}, '"loud" is not a log level; give one of'),
        (["--die-at", "double"], {}, "'double' is not a crash point"),
        ([], {}, 'The setting "TOLD" is not set, and "%TOLD%" needs it.'),
    ],
)
def test_a_host_that_cannot_start_says_why_and_is_never_ready(
    tmp_path: Path, options: list[str], settings: dict[str, str], reason: str
) -> None:
    command = [sys.executable, "-m", "local.host", "--app", str(SAMPLE_APP)]
    command += ["--state", str(tmp_path), *options]
    environment = {**os.environ, **settings}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The host cannot start.")
    assert reason in done.stderr
