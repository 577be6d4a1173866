"""The host under test: its process or address, and its Event Grid webhook."""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from local.cloud import ROOT

FUNCTION = "Host.Functions.export_landed"
WEBHOOK = "/runtime/webhooks/blobs"
STOP_SECONDS = 20


class AcceptanceFailed(RuntimeError):  # noqa: N818 - it names what happened
    """The checks could not run. The message says what to do."""


@contextmanager
def started_host(command: str, environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Start a host and give its address; it runs until the block ends.

    `{port}` and `{state}` in the command are replaced. The output is in `folder`/host.log.
    """
    port = _free_port()
    words = [
        word.replace("{port}", str(port)).replace("{state}", str(folder / "state"))
        for word in shlex.split(command)
    ]
    with (folder / "host.log").open("w", encoding="utf-8") as log:
        try:
            process = subprocess.Popen(
                words,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A host may start a worker process, which has to end with it.
                start_new_session=True,
            )
        except OSError as error:
            raise AcceptanceFailed(
                f"The host cannot be started: {error}. Check HOST_COMMAND: {command}"
            ) from None
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


class Webhook:
    """The blob extension's webhook, called as Event Grid does."""

    def __init__(self, url: str, key: str | None) -> None:
        self._client = httpx.Client(
            base_url=url,
            params={"functionName": FUNCTION, **({"code": key} if key else {})},
            timeout=30,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def await_handshake(self, seconds: float) -> None:
        """Return once the host answers the validation of a subscription. Raises AcceptanceFailed.

        A host that is still starting does not listen yet, or answers with an error.
        """
        deadline = time.monotonic() + seconds
        last = "none"
        while time.monotonic() < deadline:
            code = str(uuid4())
            event = _event("Microsoft.EventGrid.SubscriptionValidationEvent", "", {})
            event["data"] = {"validationCode": code}
            try:
                answer = self._post("SubscriptionValidation", event)
                if answer.is_success and answer.json().get("validationResponse") == code:
                    return
                last = f"{answer.status_code}"
            except (httpx.TransportError, ValueError) as error:
                last = type(error).__name__
            time.sleep(0.3)
        raise AcceptanceFailed(
            f"The host's webhook did not answer the handshake within {seconds:.0f} s (last answer:"
            f" {last}). Check the host's log and, after a 401, the key (HOST_KEY)."
        )

    def post_blob_created(
        self, account: str, container: str, blob: str, etag: str, size: int
    ) -> int:
        """Post the event of a written blob. Returns the HTTP status of the answer."""
        data = {
            "api": "PutBlob",
            "clientRequestId": str(uuid4()),
            "requestId": str(uuid4()),
            "eTag": etag.strip('"'),
            "contentType": "application/octet-stream",
            "contentLength": size,
            "blobType": "BlockBlob",
            "url": f"{account}/{container}/{blob}",
            "sequencer": f"{time.time_ns():048x}",
        }
        subject = f"/blobServices/default/containers/{container}/blobs/{blob}"
        event = _event("Microsoft.Storage.BlobCreated", subject, data)
        return self._post("Notification", event).status_code

    def status_without_event_type(self) -> int:
        """The HTTP status of the answer to a request without Event Grid's header."""
        return self._client.post(WEBHOOK, json=[]).status_code

    def _post(self, kind: str, event: Mapping[str, Any]) -> httpx.Response:
        return self._client.post(WEBHOOK, json=[event], headers={"aeg-event-type": kind})


def _event(kind: str, subject: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "topic": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a",
        "subject": subject,
        "eventType": kind,
        "eventTime": datetime.now(UTC).isoformat(),
        "data": data,
        "dataVersion": "",
        "metadataVersion": "1",
    }


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the host and every process that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
