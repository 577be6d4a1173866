"""The webhook of the blob extension, as observed on Functions host 4.1037."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

from local.host.blob_webhook import _message, _rules
from local.host.settings import Blobs
from sync_core.intake.sweep import HOST_EVENTS
from tests.local.host.sample import Cloud, RunningHost, eventually

KEY = "the-key"
NOTIFICATION = {"aeg-event-type": "Notification"}


@pytest.fixture
def hooked(cloud: Cloud) -> Iterator[RunningHost]:
    """A host without Event Grid: the test posts the events."""
    cloud.settings |= {"SIS_LOCAL_WEBHOOK_KEY": KEY}
    with cloud.host_without_events() as running:
        yield running


def event(container: str, blob: str) -> dict[str, Any]:
    account = "http://127.0.0.1:10000/devstoreaccount1"
    return {
        "id": "1",
        "eventType": "Microsoft.Storage.BlobCreated",
        "subject": "/blobServices/default/containers/another/blobs/another",
        "data": {
            "api": "PutBlob",
            "eTag": "0x1",
            "blobType": "BlockBlob",
            "url": f"{account}/{container}/{quote(blob)}",
        },
    }


def posted(
    host: RunningHost,
    body: Any,
    *,
    headers: dict[str, str] = NOTIFICATION,
    function: str = "Host.Functions.streamed",
    key: str = KEY,
) -> httpx.Response:
    return host.call(
        "POST",
        f"/runtime/webhooks/blobs?functionName={function}&code={key}",
        content=body if isinstance(body, str) else json.dumps(body),
        headers=headers,
    )


def test_the_handshake_is_answered_with_its_code(hooked: RunningHost) -> None:
    asked = [{"eventType": "x", "data": {"validationCode": "abc"}}]
    answer = posted(hooked, asked, headers={"aeg-event-type": "SubscriptionValidation"})
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})


def test_the_handshake_of_a_cloud_event_has_its_data_as_text(hooked: RunningHost) -> None:
    asked = {"type": "x", "data": json.dumps({"validationCode": "abc"})}
    answer = posted(hooked, asked, headers={"aeg-event-type": "SubscriptionValidation"})
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})


def test_what_is_no_event_of_event_grid_is_refused(hooked: RunningHost) -> None:
    assert posted(hooked, [], key="wrong").status_code == 401
    assert posted(hooked, [], headers={}).status_code == 400
    assert posted(hooked, "no json").status_code == 500
    assert posted(hooked, [{"eventType": "x"}]).status_code == 500
    assert posted(hooked, 1).status_code == 500
    handshake = {"aeg-event-type": "SubscriptionValidation"}
    assert posted(hooked, [], headers=handshake).status_code == 500
    assert posted(hooked, [], headers={"aeg-event-type": "Unsubscribe"}).status_code == 202


def test_one_event_may_come_without_an_array(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("alone")
    cloud.upload("streams", name, "content")
    assert posted(hooked, event(cloud.name("streams"), name)).status_code == 202
    cloud.wait_for_outputs(name)


def test_the_address_of_the_blob_counts_and_not_the_subject(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = f"{unique_name('folder')}/a+b c.csv"
    cloud.upload("streams", name, "content")
    assert posted(hooked, [event(cloud.name("streams"), name)]).status_code == 202
    cloud.wait_for_outputs(name)


@pytest.mark.parametrize(
    "url",
    [
        "https://account.blob.core.windows.net/container/a/b%20c",
        "http://127.0.0.1:10000/account/container/a/b%20c",
        "http://localhost:10000/account/container/a/b%20c",
    ],
)
def test_a_message_names_the_place_of_the_blob_and_quotes_the_etag(url: str) -> None:
    told = {"data": {"url": url, "eTag": "0x1", "blobType": "BlockBlob"}}
    assert _message("Host.Functions.f", told) == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.f",
        "BlobType": "BlockBlob",
        "ContainerName": "container",
        "BlobName": "a/b c",
        "ETag": '"0x1"',
    }


@pytest.mark.parametrize(("parallel", "batch", "threshold"), [(1, 1, 0), (4, 3, 1), (100, 32, 68)])
def test_half_of_the_parallel_calls_are_fetched_at_a_time(
    parallel: int, batch: int, threshold: int
) -> None:
    found = _rules(Blobs(max_degree_of_parallelism=parallel, poison_blob_threshold=7))
    assert (found.batch_size, found.threshold, found.max_dequeue_count) == (batch, threshold, 7)
    assert found.pause == timedelta()


def test_an_event_for_a_function_that_is_not_there_is_taken_and_dropped(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("nobody")
    cloud.upload("streams", name, "content")
    answer = posted(hooked, [event(cloud.name("streams"), name)], function="Host.Functions.gone")
    assert answer.status_code == 202
    assert cloud.outputs(name) == []


def test_an_event_calls_the_function_and_a_blob_without_one_does_not(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    untold, told = unique_name("untold"), unique_name("told")
    cloud.upload("streams", untold, "content")
    cloud.upload("streams", told, "content")
    assert posted(hooked, [event(cloud.name("streams"), told)]).status_code == 202
    cloud.wait_for_outputs(told)
    assert cloud.outputs(untold) == []


def test_an_event_whose_function_fails_is_poison_after_its_tries_without_a_pause(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("bad")
    cloud.upload("streams", name, "bad")
    posted(hooked, [event(cloud.name("streams"), name)])
    seen: list[str] = []

    def poisoned() -> list[str]:
        seen.extend(cloud.take("webjobs-blobtrigger-poison"))
        return [text for text in seen if name in text]

    (text,) = eventually(poisoned)
    assert text == json.dumps(json.loads(text), indent=2)
    assert cloud.counted("bad") == 3


def test_an_event_is_on_the_queue_that_the_sweep_counts_until_it_is_handled(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("slow")
    cloud.upload("streams", name, "slow")
    with QueueServiceClient.from_connection_string(cloud.connection_string) as service:
        before = set(_lengths(service))
        posted(hooked, [event(cloud.name("streams"), name)])
        eventually(lambda: cloud.counted("slow"))
        (queue,) = set(_lengths(service)) - before
        assert _lengths(service)[queue] == 1
        cloud.wait_for_outputs(name)
        eventually(lambda: _lengths(service)[queue] == 0)


def _lengths(service: QueueServiceClient) -> dict[str, int]:
    """The number of messages on each queue of blob events, including fetched ones."""
    names = [str(queue.name) for queue in service.list_queues(HOST_EVENTS)]
    return {
        name: service.get_queue_client(name).get_queue_properties().approximate_message_count or 0
        for name in names
    }
