"""The simulator's process: its announcement, its addresses and its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from local.graph.control import GraphSimulator
from local.storage import Azurite

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "local.graph"]


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is killed at the end of the block if it is still running."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_announces_one_line_listens_on_loopback_and_ends_on_sigterm(azurite: Azurite) -> None:
    command = [*COMMAND, "--connection-string", azurite.connection_string, "--port", "0"]
    with started(command) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert httpx.get(said["identity_endpoint"]).status_code == 401
        port = int(said["url"].removeprefix("http://127.0.0.1:"))
        assert answers("127.0.0.1", port)
        assert not answers("127.0.0.2", port)
        assert set(said) == {"url", "identity_endpoint", "identity_header", "data_lake"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stdout.read() == b""


def test_without_a_storage_it_says_what_to_give() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "AZURITE_CONNECTION"}
    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Give --connection-string or set AZURITE_CONNECTION" in ended.stderr


def test_it_ends_when_the_process_that_started_it_is_killed(azurite: Azurite) -> None:
    program = (
        "import sys, time\n"
        "from local.graph.control import GraphSimulator\n"
        "with GraphSimulator.start(sys.argv[1]) as graph:\n"
        "    print(graph.graph_root, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, azurite.connection_string]
    with started(command) as parent:
        assert parent.stdout is not None
        root = httpx.URL(parent.stdout.readline().decode().strip())
    assert root.port is not None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and answers("127.0.0.1", root.port):
        time.sleep(0.02)
    assert not answers("127.0.0.1", root.port)


def answers(address: str, port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex((address, port)) == 0


def test_a_simulator_that_cannot_start_is_reported_at_once() -> None:
    with (
        pytest.raises(RuntimeError, match="ended before it listened"),
        GraphSimulator.start("this is no connection string"),
    ):
        pass
