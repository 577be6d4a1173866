"""Runs the sample app in a host process, on the storage emulator of the test session."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.event_grid import EventGrid

SAMPLE_APP = Path(__file__).parent / "sample_app"
NEVER = "0 0 0 1 1 *"
WAIT_SECONDS = 60
WEBHOOK = "/runtime/webhooks/blobs"
BLOB_FUNCTIONS = {"dropped": "drops", "streamed": "streams"}
"""The functions with a blob trigger, and the containers of their blobs."""


@dataclass
class Cloud:
    """One set of containers and queues, and the hosts that use them."""

    folder: Path
    connection_string: str
    blob_events: Path
    key: str
    settings: dict[str, str] = field(default_factory=dict)
    _kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._grids = {
            function: EventGrid(self.blob_events, self.name(container))
            for function, container in BLOB_FUNCTIONS.items()
        }

    def name(self, what: str) -> str:
        return f"{what}-{self.key}"

    def environment(self) -> dict[str, str]:
        names = {what.upper(): self.name(what) for what in NAMES}
        own = {"STORAGE": self.connection_string, "HUB": "SampleHub", "SCHEDULE": NEVER}
        own["AzureWebJobsStorage"] = self.connection_string
        return {**os.environ, **names, **own, "COUNTS": str(self.folder), **self.settings}

    def counted(self, what: str) -> int:
        file = self.folder / what
        return len(file.read_text()) if file.exists() else 0

    @contextlib.contextmanager
    def host(self, *options: str, app: Path = SAMPLE_APP) -> Iterator["RunningHost"]:
        """A running host that receives the events of its blobs. Ended with SIGTERM."""
        for grid in self._grids.values():
            grid.subscribe()
        with self.host_without_events(*options, app=app) as running:
            for function, grid in self._grids.items():
                grid.deliver(f"{running.url}{WEBHOOK}?functionName=Host.Functions.{function}")
            try:
                yield running
            finally:
                for grid in self._grids.values():
                    grid.stop()

    @contextlib.contextmanager
    def host_without_events(self, *options: str, app: Path = SAMPLE_APP) -> Iterator["RunningHost"]:
        """A running host without blob events. Ended with SIGTERM; its log is next to its state."""
        command = [sys.executable, "-m", "local.host", "--app", str(app)]
        command += ["--state", str(self.folder / "state"), *options]
        with (
            (self.folder / "host.log").open("a") as log,
            subprocess.Popen(
                command, env=self.environment(), stdout=subprocess.PIPE, stderr=log, text=True
            ) as process,
        ):
            running = RunningHost(process, self.folder / "host.log")
            try:
                yield running
            finally:
                running.end()

    def upload(self, container: str, name: str, text: str) -> None:
        with self._blobs() as service:
            service.get_blob_client(self.name(container), name).upload_blob(text, overwrite=True)

    def blob(self, container: str, name: str) -> str:
        with self._blobs() as service:
            return (
                service.get_blob_client(self.name(container), name)
                .download_blob()
                .readall()
                .decode()
            )

    def send(self, queue: str, text: str) -> None:
        with self.queue(queue) as client:
            client.send_message(text)

    def outputs(self, key: str) -> list[str]:
        """The texts with this key that the functions have written to the queue so far."""
        self._kept += self.take(self.name("told"))
        return [text for text in self._kept if key in text]

    def wait_for_outputs(self, key: str, number: int = 1) -> list[str]:
        """The texts with this key, once there are at least `number` of them."""
        eventually(lambda: len(self.outputs(key)) >= number)
        return self.outputs(key)

    def take(self, queue: str) -> list[str]:
        """Receive and delete the texts on a queue. Empty if the queue does not exist."""
        with self._queue_named(queue) as client, contextlib.suppress(ResourceNotFoundError):
            messages = list(client.receive_messages(max_messages=32))
            for message in messages:
                client.delete_message(message)
            return [message.content for message in messages]
        return []

    def queue(self, what: str) -> QueueClient:
        return self._queue_named(self.name(what))

    def _queue_named(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.connection_string,
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def _blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.connection_string)

    def make(self) -> None:
        with self._blobs() as service:
            for container in ("drops", "streams", "shelf"):
                service.create_container(self.name(container))
        for queue in ("told", "work", "texts"):
            with self.queue(queue) as client:
                client.create_queue()


NAMES = ("told", "work", "texts", "drops", "streams", "shelf")


class RunningHost:
    """A host process that serves requests."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self._log = log
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the host did not start:\n{log.read_text()}"
        self.url: str = json.loads(line)["url"]

    def log(self) -> str:
        return self._log.read_text()

    def call(self, method: str, path: str, **how: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", timeout=60, **how)

    def start(self, orchestrator: str, instance: str, given: Any) -> None:
        answer = self.call("POST", f"/api/start/{orchestrator}/{instance}", json=given)
        assert answer.text == instance, answer.text

    def status(self, instance: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.call("GET", f"/api/status/{instance}").json()
        return found

    def output(self, instance: str) -> Any:
        """The output of an instance, once it has completed."""

        def completed() -> dict[str, Any] | None:
            found = self.status(instance)
            return found if found and found["runtimeStatus"] == "Completed" else None

        return eventually(completed)["output"]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


def eventually(ask: Callable[[], Any]) -> Any:
    """Call `ask` until its answer is true, and return that answer."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"no answer within {WAIT_SECONDS} s"
        time.sleep(0.05)
    return answer
