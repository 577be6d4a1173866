"""The storage accounts that the bindings name, each opened once."""

from typing import Any

from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from local.host.settings import AppSettings

# The host looks again by itself; long retries inside a client would only hold up its end.
_OPTIONS: dict[str, Any] = {
    "retry_total": 1,
    "connection_timeout": 5,
    "read_timeout": 30,
    # Looking for proxies and a netrc costs a tenth of a request's time, and here is no proxy.
    "use_env_settings": False,
}


class Connections:
    """Clients by the name of the setting that holds the connection string."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self._blobs: dict[str, BlobServiceClient] = {}
        self._queues: dict[str, QueueServiceClient] = {}

    def blobs(self, name: str) -> BlobServiceClient:
        """Raises HostFailed when the setting is missing."""
        if name not in self._blobs:
            text = self._settings.connection_string(name)
            self._blobs[name] = BlobServiceClient.from_connection_string(text, **_OPTIONS)
        return self._blobs[name]

    def queue(self, name: str, queue: str) -> QueueClient:
        """A queue whose messages are given and taken as they are stored, not decoded."""
        if name not in self._queues:
            text = self._settings.connection_string(name)
            self._queues[name] = QueueServiceClient.from_connection_string(text, **_OPTIONS)
        return self._queues[name].get_queue_client(queue)

    def close(self) -> None:
        for blobs in self._blobs.values():
            blobs.close()
        for queues in self._queues.values():
            queues.close()
