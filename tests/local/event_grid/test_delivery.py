"""Events of the Event Grid stand-in: delivery, retries and dropped events."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobBlock, BlobServiceClient

from local.event_grid import EventGrid
from local.event_grid.grid import PAUSES
from local.storage import Azurite

CONTAINER = "sis-landing"
WAIT_SECONDS = 30


class Receiver:
    """A webhook on this machine. It answers with `statuses` in turn, then with 202."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.handshakes: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                (event,) = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = receiver.answer(self.headers["aeg-event-type"], event)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Do not log requests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/webhook"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def answer(self, kind: str, event: dict[str, Any]) -> tuple[int, bytes]:
        if kind == "SubscriptionValidation":
            code = event["data"]["validationCode"]
            self.handshakes.append(code)
            return 200, json.dumps({"validationResponse": code}).encode()
        self.events.append(event)
        return (self.statuses.pop(0) if self.statuses else 202), b""

    def wait_for_events(self, number: int) -> list[dict[str, Any]]:
        """Wait for `number` events and return them."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self.events) < number:
            assert time.monotonic() < deadline, f"{len(self.events)} of {number} events"
            time.sleep(0.01)
        return self.events

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "blob-events.jsonl"


def written(log: Path, name: str, container: str = CONTAINER) -> None:
    """Append a line in the storage emulator's form to the log."""
    line = {
        "api": "PutBlob",
        "url": f"http://127.0.0.1:10000/devstoreaccount1/{container}/{name}",
        "eTag": '"0x8"',
        "blobType": "BlockBlob",
        "contentLength": 3,
        "at": "2026-11-20T02:00:00.000Z",
    }
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def subjects(events: list[dict[str, Any]]) -> list[str]:
    return [event["subject"].rpartition("/")[2] for event in events]


def wait_until_delivered(grid: EventGrid) -> None:
    """Wait until every event was accepted or dropped."""
    deadline = time.monotonic() + WAIT_SECONDS
    while grid.undelivered:
        assert time.monotonic() < deadline, f"{grid.undelivered} events are not delivered"
        time.sleep(0.01)


@pytest.fixture
def grid(log: Path) -> Iterator[EventGrid]:
    made = EventGrid(log, CONTAINER, pauses=(0.05, 0.1))
    yield made
    made.stop()


def test_the_schedule_of_retries_is_the_documented_one() -> None:
    # https://learn.microsoft.com/azure/event-grid/delivery-and-retry
    assert PAUSES[:7] == (10, 30, 60, 300, 600, 1800, 3600)
    assert 12 * 3600 < sum(PAUSES) < 24 * 3600


def test_a_webhook_is_validated_first_and_receives_the_events_of_its_container_only(
    log: Path, grid: EventGrid, receiver: Receiver
) -> None:
    written(log, "earlier.csv")
    grid.subscribe()
    grid.deliver(receiver.address)
    written(log, "one.csv", container=f"{CONTAINER}-other")
    written(log, "a%20b%C3%A4.csv")
    (event,) = receiver.wait_for_events(1)
    assert len(receiver.handshakes) == 1
    assert event.pop("id")
    assert event.pop("topic").endswith("/devstoreaccount1")
    assert event == {
        "subject": f"/blobServices/default/containers/{CONTAINER}/blobs/a bä.csv",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2026-11-20T02:00:00.000Z",
        "data": {
            "api": "PutBlob",
            "blobType": "BlockBlob",
            "contentLength": 3,
            "eTag": "0x8",
            "url": f"http://127.0.0.1:10000/devstoreaccount1/{CONTAINER}/a%20b%C3%A4.csv",
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }


def test_blobs_from_before_the_subscription_are_events_when_requested(
    log: Path, grid: EventGrid, receiver: Receiver
) -> None:
    written(log, "earlier.csv")
    grid.subscribe(earlier=True)
    grid.deliver(receiver.address)
    assert subjects(receiver.wait_for_events(1)) == ["earlier.csv"]


def test_what_is_not_taken_is_sent_again_with_the_same_id(
    log: Path, grid: EventGrid, receiver: Receiver
) -> None:
    receiver.statuses = [500, 429]
    grid.subscribe()
    grid.deliver(receiver.address)
    written(log, "one.csv")
    events = receiver.wait_for_events(3)
    assert len({event["id"] for event in events}) == 1
    written(log, "two.csv")
    assert subjects(receiver.wait_for_events(4))[3:] == ["two.csv"]


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_is_hopeless_is_dropped(
    log: Path, grid: EventGrid, receiver: Receiver, status: int
) -> None:
    receiver.statuses = [status]
    grid.subscribe()
    grid.deliver(receiver.address)
    written(log, "one.csv")
    receiver.wait_for_events(1)
    wait_until_delivered(grid)
    assert len(receiver.events) == 1


def test_an_event_is_given_up_after_the_last_pause(
    log: Path, grid: EventGrid, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.statuses = [500] * 9
    grid.subscribe()
    grid.deliver(receiver.address)
    written(log, "one.csv")
    receiver.wait_for_events(3)
    wait_until_delivered(grid)
    assert len(receiver.events) == 3
    assert "/blobs/one.csv was dropped: 500" in caplog.text


def test_what_a_webhook_has_not_taken_goes_to_the_next_one_at_once(
    log: Path, receiver: Receiver
) -> None:
    patient = EventGrid(log, CONTAINER)
    patient.subscribe()
    receiver.statuses = [503]
    patient.deliver(receiver.address)
    written(log, "refused.csv")
    receiver.wait_for_events(1)
    patient.stop()
    written(log, "while-down.csv")
    patient.deliver(receiver.address)
    assert sorted(subjects(receiver.wait_for_events(3))[1:]) == ["refused.csv", "while-down.csv"]
    wait_until_delivered(patient)
    patient.stop()
    patient.deliver(receiver.address)
    time.sleep(0.3)
    assert len(receiver.events) == 3
    patient.stop()


def test_the_end_of_an_earlier_webhook_leaves_the_present_one_its_events(
    log: Path, grid: EventGrid, receiver: Receiver
) -> None:
    grid.subscribe()
    grid.deliver("http://127.0.0.1:1/earlier")
    grid.deliver(receiver.address)
    grid.stop("http://127.0.0.1:1/earlier")
    written(log, "one.csv")
    assert subjects(receiver.wait_for_events(1)) == ["one.csv"]


def test_a_line_that_is_being_written_waits_for_its_end(
    log: Path, grid: EventGrid, receiver: Receiver
) -> None:
    written(log, "one.csv")
    line = log.read_bytes()
    log.write_bytes(line + line[:20])
    grid.subscribe(earlier=True)
    grid.deliver(receiver.address)
    receiver.wait_for_events(1)
    with log.open("ab") as file:
        file.write(line[20:])
    assert subjects(receiver.wait_for_events(2)) == ["one.csv", "one.csv"]


def test_the_storage_emulator_reports_every_way_to_write_a_blob(
    azurite: Azurite, receiver: Receiver, unique_name: Callable[[str], str]
) -> None:
    container = unique_name("told")
    grid = EventGrid(azurite.blob_events, container)
    grid.subscribe()
    grid.deliver(receiver.address)
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        blobs = service.create_container(container)
        put = blobs.upload_blob("folder/put.csv", b"abc").get_blob_properties().etag
        blocks = blobs.get_blob_client("blocks.csv")
        blocks.stage_block("1", b"abc")
        blocks.commit_block_list([BlobBlock("1")])
        blobs.get_blob_client("copy.csv").start_copy_from_url(blocks.url)
        blocks.set_blob_metadata({"a": "b"})
        blocks.delete_blob()
    events = receiver.wait_for_events(3)
    grid.stop()
    assert sorted(
        (event["data"]["api"], event["subject"].partition("blobs/")[2]) for event in events
    ) == [
        ("CopyBlob", "copy.csv"),
        ("PutBlob", "folder/put.csv"),
        ("PutBlockList", "blocks.csv"),
    ]
    (data,) = [event["data"] for event in events if event["data"]["api"] == "PutBlob"]
    assert data["eTag"] == str(put).strip('"')
    assert (data["contentLength"], data["blobType"]) == (3, "BlockBlob")
