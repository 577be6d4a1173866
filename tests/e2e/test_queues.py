"""The functions that a setting turns on: events by a queue, and cards for people."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from azure.storage.queue import QueueServiceClient

from sync_core.activities.activity import NOT_ANNOUNCED
from tests.e2e.conftest import BROKEN, CLEAN, Pipeline, until


class Channel:
    """A webhook on this machine; `cards` are what was posted to it."""

    def __init__(self) -> None:
        self.cards: list[dict[str, Any]] = []
        cards = self.cards

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                cards.append(json.loads(self.rfile.read(length)))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/workflows/x?sig=secret"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    yield made
    made.close()


@pytest.fixture
def refusing_queues() -> Iterator[str]:
    """The address of a queue service that answers 413 to every message, as for one too large."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(413)
            self.send_header("x-ms-error-code", "RequestBodyTooLarge")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_export_that_is_wrong_is_reported_with_a_card(
    pipeline: Pipeline, channel: Channel
) -> None:
    pipeline.drop(BROKEN)
    host = pipeline.start(environment={"SIS_ALERT_WEBHOOK": channel.address})
    pipeline.await_outcome("rejected")
    until(lambda: channel.cards, host.log)
    (card,) = channel.cards
    assert card["event"]["feed"] == pipeline.feed
    assert card["event"]["outcome"] == "rejected"
    until(lambda: not pipeline.cloud.events(), host.log)
    assert "sig=secret" not in host.log()


def test_without_a_webhook_the_results_queue_is_left_to_others(pipeline: Pipeline) -> None:
    pipeline.drop(BROKEN)
    pipeline.start()
    pipeline.await_outcome("rejected")
    pipeline.await_end()
    assert len(pipeline.await_events(1)) == 1


def test_an_event_on_a_queue_starts_a_run(pipeline: Pipeline) -> None:
    queue = f"{pipeline.cloud.names.queue}-landed"
    connection = pipeline.cloud.storage.connection_string
    with QueueServiceClient.from_connection_string(connection) as service:
        service.create_queue(queue)
        pipeline.drop(CLEAN)
        host = pipeline.start(existing=False, environment={"SIS_LANDED_QUEUE": queue})
        container = pipeline.cloud.names.landing
        blob = f"{pipeline.feed}/school.csv"
        event = {
            "eventType": "Microsoft.Storage.BlobCreated",
            "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
            "data": {"api": "PutBlob"},
        }
        with service.get_queue_client(queue) as client:
            client.send_message(base64.b64encode(json.dumps(event).encode()).decode())
            pipeline.await_outcome("started")
            left = client.get_queue_properties().approximate_message_count
    assert left == 0, host.log()


def test_a_queue_that_takes_nothing_keeps_no_feed_from_its_next_run(
    pipeline: Pipeline, refusing_queues: str
) -> None:
    connection = re.sub(
        "QueueEndpoint=[^;]*",
        f"QueueEndpoint={refusing_queues}/devstoreaccount1",
        pipeline.cloud.storage.connection_string,
    )
    pipeline.drop(CLEAN)
    host = pipeline.start(environment={"SIS_STORAGE": connection})
    result = pipeline.await_outcome("started")
    pipeline.await_end()
    said = f"{NOT_ANNOUNCED} feed={pipeline.feed} run={result['run']} reason="
    assert said in host.log()
    assert pipeline.graph.count("start") == 1
    assert [one["run"] for one in pipeline.results()] == [result["run"]]
