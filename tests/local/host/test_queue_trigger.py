import json
import time
from collections.abc import Callable

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.host.settings import Queues
from local.host.storage_bindings import decode_message, encode_message
from tests.local.host.sample import Cloud, RunningHost, eventually

HIDDEN_BEFORE = 10
"""Seconds for which the local host once hid a failed message."""


def test_a_message_is_tried_again_until_the_function_succeeds(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    key = unique_name("key")
    shared.send("work", json.dumps({"key": key, "failures": 2}))
    first, second = sorted(shared.wait_for_outputs(key, 2), reverse=True)
    assert first.startswith(f"{key}: try 3 of ")
    assert second == f"{key}: second"


def test_a_text_parameter_and_a_returned_output(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    key = unique_name("key")
    shared.send("texts", key)
    assert shared.wait_for_outputs(key) == [f"{key} was returned"]


def test_a_message_that_always_fails_ends_on_the_poison_queue_as_it_was(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    text = json.dumps({"key": unique_name("key"), "failures": 99})
    shared.send("work", text)
    assert eventually(lambda: shared.take(f"{shared.name('work')}-poison")) == [text]


def test_an_id_in_the_body_replaces_the_id_of_the_message(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    # Observed on Functions host 4.1037.
    key = unique_name("key")
    shared.send("work", json.dumps({"key": key, "failures": 0, "id": "its-own"}))
    assert f"{key}: try 1 of its-own" in shared.wait_for_outputs(key, 2)


def test_a_message_that_is_not_base64_goes_straight_to_the_poison_queue(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    text = f"{unique_name('plain')}!"
    with QueueClient.from_connection_string(shared.connection_string, shared.name("texts")) as raw:
        raw.send_message(text)
    poison = QueueClient.from_connection_string(
        shared.connection_string, f"{shared.name('texts')}-poison"
    )
    with poison:
        message = eventually(lambda: _received(poison))
    assert message == text
    # Observed on Functions host 4.1037: it is not retried.
    assert host.log().count("is not base64") == 1


def test_a_message_in_hand_at_a_kill_stays_hidden(cloud: Cloud) -> None:
    # Ten minutes on Azure and here, which is too long for a test to wait.
    with cloud.host() as running:
        cloud.send("work", json.dumps({"key": "key", "failures": 0, "seconds": 30}))
        eventually(lambda: cloud.counted("worked"))
        running.process.kill()
        running.process.wait()
    time.sleep(HIDDEN_BEFORE + 1)
    with cloud.queue("work") as queue:
        assert queue.receive_message() is None
        assert queue.get_queue_properties().approximate_message_count == 1


def test_a_message_that_was_fetched_too_often_goes_to_the_poison_queue_without_a_call(
    cloud: Cloud,
) -> None:
    text = json.dumps({"key": "key", "failures": 0})
    cloud.send("work", text)
    with cloud.queue("work") as queue:
        for _ in range(3):
            assert queue.receive_message(visibility_timeout=1)
            eventually(queue.peek_messages)
    with cloud.host():
        assert eventually(lambda: cloud.take(f"{cloud.name('work')}-poison")) == [text]
    assert cloud.outputs("key") == []


@pytest.mark.parametrize(("encoding", "stored"), [("base64", "w6k="), ("none", "é")])
def test_messages_are_encoded_as_host_json_says(encoding: str, stored: str) -> None:
    options = Queues(message_encoding=encoding)
    assert encode_message("é".encode(), options) == stored
    assert decode_message(stored, options) == "é".encode()


def _received(queue: QueueClient) -> str | None:
    try:
        message = queue.receive_message()
    except ResourceNotFoundError:
        return None
    return message.content if message else None
