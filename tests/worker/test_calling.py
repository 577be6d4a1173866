"""Calls of the app through Microsoft's own Python worker, in the forms that a host sends."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from local.durable.client_api import client_binding
from local.storage import Azurite
from tests.unit.product_kit import environment, feed_setting
from tests.worker.kit import ROOT, ask

Call = dict[str, Any]
Caller = Callable[[Call], tuple[dict[str, Any], str]]


class Extension(ThreadingHTTPServer):
    """Where the durable client asks: it fails each request, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refuse)
        self.asked: list[str] = []

    def client(self) -> dict[str, str]:
        """The value of a durable client binding."""
        return {"string": client_binding(f"http://127.0.0.1:{self.server_port}", "Hub")}


class _Refuse(BaseHTTPRequestHandler):
    server: Extension

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(500)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def extension() -> Iterator[Extension]:
    with Extension() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def call(azurite: Azurite, unique_name: Callable[[str], str]) -> Caller:
    """Calls a function of the app, whose storage is empty: its answer, and the log."""
    kinds = ("landing", "results", "decisions", "state")
    names = {kind: unique_name(kind) for kind in kinds}
    landing = names["landing"]
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        for name in names.values():
            service.create_container(name)
    settings = environment(
        feed_setting(),
        SIS_STORAGE=azurite.connection_string,
        **{f"SIS_{kind.upper()}_CONTAINER": name for kind, name in names.items()},
        SIS_LANDED_QUEUE="sis-landed",
    )

    def made(asked: Call) -> tuple[dict[str, Any], str]:
        text = json.dumps(asked).replace("$LANDING", landing)
        answer = ask(ROOT, settings, [json.loads(text)])
        assert answer.returncode == 0, answer.stderr
        found: dict[str, Any] = json.loads(answer.stdout)["answers"][0]
        return found, answer.stderr

    return made


def test_an_activity_takes_json_and_answers_with_json(call: Caller) -> None:
    question = {"kind": "step", "feed": "northwind", "since": 1.0, "now": 1.0}
    asked = {"function": "gather_file_set", "inputs": {"question": {"json": json.dumps(question)}}}
    answer, _ = call(asked)
    assert answer["outputs"] == {}
    assert json.loads(answer["returned"]["json"])["kind"] == "gathered"


def test_an_orchestrator_takes_a_history_and_answers_with_what_it_asks_for(call: Caller) -> None:
    moment = "2026-11-20T08:14:30.810709Z"
    started = {"EventType": 12, "EventId": -1, "Timestamp": moment, "IsPlayed": False}
    begun = {
        "EventType": 0,
        "EventId": -1,
        "Timestamp": moment,
        "IsPlayed": False,
        "Name": "sync_feed",
        "Version": "",
        "Input": json.dumps(json.dumps({"feed": "northwind"})),
    }
    context = {
        "history": [started, begun],
        "input": json.dumps({"feed": "northwind"}),
        "instanceId": "sync-northwind",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
    }
    asked = {"function": "sync_feed", "inputs": {"context": {"string": json.dumps(context)}}}
    answer, _ = call(asked)
    assert "error" not in answer, answer
    (told,) = answer["returned"].values()
    reply = json.loads(told)
    assert (reply["isDone"], reply.get("error")) == (False, None)
    assert len(reply["actions"][0]) == 1


@pytest.mark.parametrize(
    ("feed", "asks"), [("northwind", "/instances/sync-northwind"), ("unknown", None)]
)
def test_a_blob_trigger_takes_where_the_blob_is(
    call: Caller, extension: Extension, feed: str, asks: str | None
) -> None:
    where = {
        "Connection": "SIS_STORAGE",
        "ContainerName": "$LANDING",
        "BlobName": f"{feed}/school.csv",
    }
    landed = {
        "version": "1.0",
        "source": "AzureStorageBlobs",
        "content_type": "application/json",
        "content": json.dumps(where),
    }
    inputs = {"landed": {"model_binding_data": landed}, "client": extension.client()}
    answer, log = call({"function": "export_landed", "inputs": inputs})
    _went_to(extension, asks, answer, log)


@pytest.mark.parametrize(
    ("feed", "asks"), [("northwind", "/instances/sync-northwind"), ("unknown", None)]
)
def test_a_queue_trigger_takes_the_text_of_a_message(
    call: Caller, extension: Extension, feed: str, asks: str | None
) -> None:
    event = {
        "subject": f"/blobServices/default/containers/$LANDING/blobs/{feed}/school.csv",
    }
    inputs = {"message": {"string": json.dumps(event)}, "client": extension.client()}
    metadata = {"Id": {"string": "1"}, "DequeueCount": {"json": "1"}, "PopReceipt": {"string": "x"}}
    answer, log = call({"function": "event_landed", "inputs": inputs, "metadata": metadata})
    _went_to(extension, asks, answer, log)


def test_a_timer_trigger_takes_whether_it_is_late(call: Caller, extension: Extension) -> None:
    timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": {}, "IsPastDue": True}
    inputs = {"timer": {"json": json.dumps(timer)}, "client": extension.client()}
    answer, log = call({"function": "sweep", "inputs": inputs})
    assert answer == {"returned": None, "outputs": {}}
    assert "the sweep is late" in log


def _went_to(extension: Extension, asks: str | None, answer: dict[str, Any], log: str) -> None:
    if asks is None:
        assert answer == {"returned": None, "outputs": {}}
        assert extension.asked == []
        assert "a folder that belongs to no feed" in log
    else:
        assert "error" in answer
        assert asks in extension.asked[0]
