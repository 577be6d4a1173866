"""Clients for the storage accounts of the bindings, created once each."""

from typing import Any

from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from local.host.settings import AppSettings

# The host polls again anyway; long retries inside a client would delay its stop.
_OPTIONS: dict[str, Any] = {
    "retry_total": 1,
    "connection_timeout": 5,
    "read_timeout": 30,
    # Reading proxy settings and a netrc takes a tenth of a request's time; no proxy is used here.
    "use_env_settings": False,
}


class Connections:
    """Clients by the name of the setting that holds the connection string."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self._blobs: dict[str, BlobServiceClient] = {}
        self._queues: dict[str, QueueServiceClient] = {}

    def blobs(self, name: str) -> BlobServiceClient:
        """A blob client. Raises HostFailed when the setting is missing."""
        if name not in self._blobs:
            text = self._settings.connection_string(name)
            self._blobs[name] = BlobServiceClient.from_connection_string(text, **_OPTIONS)
        return self._blobs[name]

    def queue(self, name: str, queue: str) -> QueueClient:
        """A queue client that does not encode or decode messages."""
        if name not in self._queues:
            text = self._settings.connection_string(name)
            self._queues[name] = QueueServiceClient.from_connection_string(text, **_OPTIONS)
        return self._queues[name].get_queue_client(queue)

    def close(self) -> None:
        for blobs in self._blobs.values():
            blobs.close()
        for queues in self._queues.values():
            queues.close()
