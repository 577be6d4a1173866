"""The webhook of the blob extension, as observed on Functions host 4.1037."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from azure.storage.queue import QueueServiceClient

from sync_core.sweep import HOST_EVENTS
from tests.local.host.sample import Cloud, RunningHost, eventually

KEY = "the-key"
NOTIFICATION = {"aeg-event-type": "Notification"}


@pytest.fixture
def hooked(cloud: Cloud) -> Iterator[RunningHost]:
    """A host that gets its events by the webhook alone."""
    cloud.settings |= {
        "AzureWebJobsStorage": cloud.connection_string,
        "SIS_LOCAL_WEBHOOK_KEY": KEY,
    }
    with cloud.host("--no-polling") as running:
        yield running


def event(container: str, blob: str) -> dict[str, Any]:
    return {
        "id": "1",
        "eventType": "Microsoft.Storage.BlobCreated",
        "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
        "data": {"api": "PutBlob", "eTag": "0x1", "blobType": "BlockBlob"},
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


def test_what_is_no_event_of_event_grid_is_refused(hooked: RunningHost) -> None:
    assert posted(hooked, [], key="wrong").status_code == 401
    assert posted(hooked, [], headers={}).status_code == 400
    assert posted(hooked, "no json").status_code == 500


def test_an_event_for_a_function_that_is_not_there_is_taken_and_dropped(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("nobody")
    cloud.upload("streams", name, "content")
    answer = posted(hooked, [event(cloud.name("streams"), name)], function="Host.Functions.gone")
    assert answer.status_code == 202
    assert cloud.told(name) == []


def test_an_event_calls_the_function_and_a_blob_without_one_does_not(
    cloud: Cloud, hooked: RunningHost, unique_name: Callable[[str], str]
) -> None:
    untold, told = unique_name("untold"), unique_name("told")
    cloud.upload("streams", untold, "content")
    cloud.upload("streams", told, "content")
    assert posted(hooked, [event(cloud.name("streams"), told)]).status_code == 202
    cloud.hears(told)
    assert cloud.told(untold) == []


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


def test_an_event_lies_on_the_queue_that_the_sweep_counts_until_it_is_handled(
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
        cloud.hears(name)
        eventually(lambda: _lengths(service)[queue] == 0)


def _lengths(service: QueueServiceClient) -> dict[str, int]:
    """How many messages lie on each queue of blob events, those in hand included."""
    names = [str(queue.name) for queue in service.list_queues(HOST_EVENTS)]
    return {
        name: service.get_queue_client(name).get_queue_properties().approximate_message_count or 0
        for name in names
    }
