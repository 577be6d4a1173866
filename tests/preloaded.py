"""Start hosts in less than half the time: by forking a process that has imported everything.

A host that is started here is a process of its own and runs `python -m local.host` unchanged. It
only finds the modules of the app and of its libraries already imported, which otherwise is most of
the processor time of an end-to-end test.
"""

import faulthandler
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parents[1]
MODULES = [
    "azure.durable_functions",
    "azure.identity",
    "azure_functions_runtime",
    "httpcore",
    "local.host.main",
]
"""Imported before the first fork, with every module of sync_core but those of the laptop.

httpx imports httpcore only when it opens its first client.
"""
LARGEST_REQUEST = 1 << 17


class HostServer:
    """A client of the process that forks hosts. Closing it ends that process, but no host."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-m", "tests.preloaded", str(number)]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[number])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._process.wait()

    def launch(
        self, options: Sequence[str], environment: Mapping[str, str], errors: IO[str]
    ) -> "ForkedHost":
        """Run `python -m local.host` with these options. Its standard error goes to `errors`."""
        their_input, stdin = os.pipe()
        stdout, their_output = os.pipe()
        theirs = [their_input, their_output, errors.fileno()]
        asked = json.dumps({"options": list(options), "environment": dict(environment)})
        socket.send_fds(self._channel, [asked.encode()], theirs)
        pid: int = json.loads(self._channel.recv(LARGEST_REQUEST))
        os.close(their_input)
        os.close(their_output)
        return ForkedHost(self, pid, os.fdopen(stdin, "w"), os.fdopen(stdout))

    def exit_code(self, pid: int) -> int | None:
        """The exit code of a host, negative for a signal, or None while it runs."""
        self._channel.send(json.dumps({"pid": pid}).encode())
        code: int | None = json.loads(self._channel.recv(LARGEST_REQUEST))
        return code


class ForkedHost:
    """The part of `subprocess.Popen` that the local cloud uses."""

    def __init__(self, server: HostServer, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout
        self._server = server
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._server.exit_code(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(["local.host"], timeout or 0.0)
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def serve(channel: socket.socket) -> None:
    """Answer until the other side closes: fork a host, or say how one has ended."""
    _import_everything()
    while True:
        request, files, _, _ = socket.recv_fds(channel, LARGEST_REQUEST, 3)
        if not request:
            return
        asked = json.loads(request)
        if "pid" in asked:
            answer = _exit_code(asked["pid"])
        elif (answer := os.fork()) == 0:
            channel.close()
            _become_host(asked, files)
        for file in files:
            os.close(file)
        channel.send(json.dumps(answer).encode())


def _import_everything() -> None:
    for name in MODULES:
        importlib.import_module(name)
    import sync_core

    for module in pkgutil.walk_packages(sync_core.__path__, "sync_core."):
        if not module.name.startswith("sync_core.cli"):
            importlib.import_module(module.name)
    # Compiles the template of reports, so that no host has to.
    from sync_core.report import html

    html._template("report.html")


def _exit_code(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become_host(asked: dict[str, Any], files: list[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    faulthandler.enable()
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["local.host", *asked["options"]]
    with suppress(BaseException):  # it has been printed, and must not return into the server
        runpy.run_module("local.host", run_name="__main__")
    os._exit(1)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)
