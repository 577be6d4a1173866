"""Input and output bindings on storage: reads blobs, and writes blobs and messages."""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.functions.meta import Datum
from azure.storage.queue import QueueClient

from local.host import queue_form
from local.host.connections import Connections
from local.host.functions import Binding
from local.host.invoke import Outcome
from local.host.paths import bind
from local.host.protocol import ModelBindingData
from local.host.settings import Queues
from local.worker import FunctionFailed

logger = logging.getLogger("local.host")


class StorageBindings:
    """Reads and writes bindings. Calls block, and can be made from any thread."""

    def __init__(self, connections: Connections, queues: Queues) -> None:
        self._connections = connections
        self._queues = queues
        self._closed = False

    def close(self) -> None:
        """Take no more outputs. The call of a thread that is still running fails without a log."""
        self._closed = True

    def read_blob(self, binding: Binding, data: Mapping[str, Any]) -> Datum:
        """The input blob, or a reference for a client type. An empty Datum if it does not exist."""
        container, _, name = bind(binding.settings["path"], data).partition("/")
        if binding.is_sdk_type:
            return blob_reference(binding, container, name)
        blob = self._connections.blobs(binding.connection).get_blob_client(container, name)
        try:
            return Datum(blob.download_blob().readall(), "bytes")
        except ResourceNotFoundError:
            return Datum(None, None)

    def write(self, outcome: Outcome, data: Mapping[str, Any]) -> None:
        """Write each output, in the order of the function's declarations.

        Raises FunctionFailed if one cannot be written, as on Azure.
        """
        for binding, datum in outcome.outputs:
            put = self._send if binding.type == "queue" else self._upload
            try:
                put(binding, datum, data)
            except (AzureError, ValueError) as error:
                if self._closed:
                    raise FunctionFailed("The host stopped before the output was written") from None
                logger.exception("The output '%s' could not be written", binding.name)
                raise FunctionFailed(f"{type(error).__name__}: {error}") from error

    def _upload(self, binding: Binding, datum: Datum, data: Mapping[str, Any]) -> None:
        container, _, name = bind(binding.settings["path"], data).partition("/")
        client = self._connections.blobs(binding.connection).get_container_client(container)
        if not client.exists():
            _create(client.create_container)
        client.upload_blob(name, datum.value, overwrite=True)

    def _send(self, binding: Binding, datum: Datum, data: Mapping[str, Any]) -> None:
        name = bind(binding.settings["queueName"], data)
        queue = self._connections.queue(binding.connection, name)
        for body in _bodies(datum):
            content = encode_message(body, self._queues)
            if queue_form.too_large(content):
                raise FunctionFailed(
                    "RequestBodyTooLarge: the request body is too large and exceeds the maximum"
                    f" permissible limit. Status: 413, queue {name}"
                )
            send(queue, content)


def blob_reference(binding: Binding, container: str, name: str) -> Datum:
    """The reference for a client type. The worker's converter opens the client."""
    where = {"Connection": binding.connection, "ContainerName": container, "BlobName": name}
    reference = ModelBindingData(
        version="1.0",
        source="AzureStorageBlobs",
        content_type="application/json",
        content=json.dumps(where),
    )
    return Datum(reference, "model_binding_data")


def send(queue: QueueClient, content: str) -> None:
    """Put an encoded message on a queue. Creates the queue if it is missing."""
    try:
        queue.send_message(content)
    except ResourceNotFoundError:
        _create(queue.create_queue)
        queue.send_message(content)


def encode_message(body: bytes, options: Queues) -> str:
    return body.decode() if options.message_encoding == "none" else base64.b64encode(body).decode()


def decode_message(content: str, options: Queues) -> bytes:
    """The body of a message. Raises ValueError if it should be base64 and is not."""
    if options.message_encoding == "none":
        return content.encode()
    return base64.b64decode(content, validate=True)


def _create(create: Any) -> None:
    try:
        create()
    except ResourceExistsError:
        logger.debug("someone else made it first")


def _bodies(datum: Datum) -> list[bytes]:
    return [datum.value] if datum.type == "bytes" else queue_form.messages(datum.value)
