"""The local cloud: storage emulator, Graph simulator and Functions host.

The storage and the simulator keep running when a host is killed, as in the real cloud.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64DecodePolicy

from local.event_grid import EventGrid
from local.graph.control import GraphSimulator
from local.storage import Azurite

ROOT = Path(__file__).resolve().parent.parent
WEBHOOK = "/runtime/webhooks/blobs?functionName=Host.Functions.export_landed"
STOP_SECONDS = 15

ClockKind = Literal["real", "skip", "driven"]


class HostFailedToStart(RuntimeError):  # noqa: N818 - it names what happened
    """The host did not start. The message is its standard error."""


@dataclass(frozen=True)
class Names:
    """The containers and the queue of one app in a shared storage account."""

    landing: str = "sis-landing"
    results: str = "sis-results"
    decisions: str = "sis-decisions"
    state: str = "sis-state"
    queue: str = "sync-results"


class HostProcess(Protocol):
    """The part of `subprocess.Popen` that a host needs."""

    @property
    def pid(self) -> int: ...
    @property
    def stdin(self) -> IO[str] | None: ...
    @property
    def stdout(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


class Launch(Protocol):
    """Starts `python -m local.host` with these options. Its standard error goes to `errors`."""

    def __call__(
        self, options: Sequence[str], environment: Mapping[str, str], errors: IO[str]
    ) -> HostProcess: ...


def launch(
    options: Sequence[str], environment: Mapping[str, str], errors: IO[str]
) -> subprocess.Popen[str]:
    """Start a host in a new interpreter."""
    return subprocess.Popen(
        [sys.executable, "-m", "local.host", *options],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


class Host:
    """One process of the Functions host, which receives the blob events."""

    def __init__(self, process: HostProcess, log: Path, event_grid: EventGrid) -> None:
        self._process = process
        self._log = log
        self._event_grid = event_grid
        self._webhook = ""
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        announced = process.stdout.readline()
        if not announced:
            self._close()
            raise HostFailedToStart(log.read_text(encoding="utf-8"))
        self.url: str = json.loads(announced)["url"]
        self._webhook = self.url + WEBHOOK
        event_grid.deliver(self._webhook)

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait(self, seconds: float) -> int:
        """Wait for the process to end; its exit code. Raises subprocess.TimeoutExpired."""
        return self._process.wait(seconds)

    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        """End the process with SIGKILL, as when a machine fails."""
        self._process.kill()
        self._close()

    def stop(self) -> None:
        """End the process with SIGTERM, so that it can finish its work, as on scale-in."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._close()

    def _close(self) -> None:
        # Does nothing if a newer host has replaced this webhook.
        self._event_grid.stop(self._webhook)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class LocalCloud:
    """Running storage and simulator, and operations to run the app on them."""

    def __init__(
        self,
        storage: Azurite,
        graph: GraphSimulator,
        folder: Path,
        names: Names = Names(),
        launch: Launch = launch,
    ) -> None:
        self._launch = launch
        self.storage, self.graph, self.folder, self.names = storage, graph, folder, names
        self.event_grid = EventGrid(storage.blob_events, names.landing)
        for container in (self.landing, self.results, self.decisions, self.state):
            _create(container)
        _create(self.queue)

    def environment(self, feeds: Sequence[Mapping[str, Any]], **others: str) -> dict[str, str]:
        """This process's environment with the app's settings added."""
        connection = self.storage.connection_string
        return {
            **os.environ,
            "AzureWebJobsStorage": connection,
            "SIS_STORAGE": connection,
            "SIS_LANDING_CONTAINER": self.names.landing,
            "SIS_RESULTS_CONTAINER": self.names.results,
            "SIS_DECISIONS_CONTAINER": self.names.decisions,
            "SIS_STATE_CONTAINER": self.names.state,
            "SIS_RESULTS_QUEUE": self.names.queue,
            "SIS_FEEDS": json.dumps(list(feeds)),
            "GRAPH_ROOT": self.graph.graph_root,
            "SIS_UPLOAD_SUFFIX": "127.0.0.1",
            "IDENTITY_ENDPOINT": self.graph.identity_endpoint,
            "IDENTITY_HEADER": self.graph.identity_header,
            **others,
        }

    def host(
        self,
        environment: Mapping[str, str],
        *,
        clock: ClockKind = "real",
        options: Sequence[str] = (),
        log: str = "host.log",
        earlier_events: bool = False,
    ) -> Host:
        """Start the app. A later start in the same folder continues from the stored state.

        With `earlier_events` the first host also receives the events of blobs written before it.
        """
        self.event_grid.subscribe(earlier=earlier_events)
        path = self.folder / log
        given = ["--app", str(ROOT), "--clock", clock, "--state", str(self.folder / "state")]
        with path.open("a", encoding="utf-8") as errors:
            process = self._launch([*given, "--until-stdin-closes", *options], environment, errors)
        return Host(process, path, self.event_grid)

    @cached_property
    def landing(self) -> ContainerClient:
        return self._blobs.get_container_client(self.names.landing)

    @cached_property
    def results(self) -> ContainerClient:
        return self._blobs.get_container_client(self.names.results)

    @cached_property
    def decisions(self) -> ContainerClient:
        return self._blobs.get_container_client(self.names.decisions)

    @cached_property
    def state(self) -> ContainerClient:
        return self._blobs.get_container_client(self.names.state)

    @cached_property
    def queue(self) -> QueueClient:
        service = QueueServiceClient.from_connection_string(self.storage.connection_string)
        return service.get_queue_client(
            self.names.queue, message_decode_policy=TextBase64DecodePolicy()
        )

    def drop(self, name: str, content: bytes) -> None:
        """Upload one file, `{feed}/...`, to the landing container, replacing an earlier one."""
        self.landing.upload_blob(name, content, overwrite=True)

    def drop_folder(self, place: str, folder: Path) -> None:
        """Upload every CSV file of a folder to the landing folder `place`."""
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix == ".csv":
                self.drop(f"{place}/{path.name}", path.read_bytes())

    def result(self, name: str) -> Any:
        """A JSON document of the results container, or None if it does not exist."""
        try:
            return json.loads(self.results.download_blob(name).readall())
        except ResourceNotFoundError:
            return None

    def final_results(self, feed: str) -> list[str]:
        """The blob names of a feed's final results, oldest first."""
        names = (blob.name for blob in self.results.list_blobs(name_starts_with=f"{feed}/"))
        return sorted(name for name in names if name.endswith("/result.json"))

    def events(self) -> list[dict[str, Any]]:
        """The events on the results queue, without removing them."""
        return [json.loads(str(message.content)) for message in self.queue.peek_messages(32)]

    @cached_property
    def _blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.storage.connection_string)


@contextmanager
def local_cloud(folder: Path) -> Iterator[LocalCloud]:
    """Storage and simulator, which run until the block ends."""
    with (
        Azurite(folder / "storage") as storage,
        GraphSimulator.start(storage.connection_string) as graph,
    ):
        yield LocalCloud(storage, graph, folder)


def _create(thing: ContainerClient | QueueClient) -> None:
    try:
        if isinstance(thing, ContainerClient):
            thing.create_container()
        else:
            thing.create_queue()
    except ResourceExistsError:
        pass
