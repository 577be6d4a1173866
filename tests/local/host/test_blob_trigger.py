import json
from collections.abc import Callable

from azure.storage.blob import BlobClient

from local.host.blob_trigger import _properties
from tests.local.host.sample import Cloud, RunningHost, eventually

POISON = "webjobs-blobtrigger-poison"


def test_a_new_blob_calls_the_function_with_a_client_for_it(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    name = f"feed/deep/{unique_name('key')} ä+%.csv"
    shared.upload("drops", name, "a,b")
    key = name.removesuffix(" ä+%.csv")
    assert [json.loads(text) for text in shared.wait_for_outputs(key)] == [
        {"type": "BlobClient", "name": name}
    ]


def test_what_the_path_captures_names_the_output_blob(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    file = unique_name("file")
    shared.upload("drops", f"feed/deep/{file}", "a,b")
    shared.wait_for_outputs(file)
    assert shared.blob("shelf", f"{file}.copy") == "a,b"


def test_a_changed_blob_is_one_more_event_and_an_unchanged_one_is_none(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("changed")
    shared.upload("drops", f"feed/{name}", "first")
    shared.wait_for_outputs(name)
    shared.upload("drops", f"feed/{name}", "second")
    shared.wait_for_outputs(name, 2)
    later = unique_name("later")
    shared.upload("drops", f"feed/{later}", "third")
    shared.wait_for_outputs(later)
    assert len(shared.outputs(name)) == 2


def test_a_stream_parameter_gets_the_content(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("stream")
    shared.upload("streams", name, "content")
    assert json.loads(shared.wait_for_outputs(name)[0]) == {
        "name": f"{shared.name('streams')}/{name}",
        "length": 7,
        "text": "content",
    }


def test_a_blob_that_fails_is_tried_again_and_then_put_on_the_poison_queue(
    host: RunningHost, shared: Cloud, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("bad")
    shared.upload("streams", name, "bad")
    seen: list[str] = []

    def poisoned() -> list[str]:
        seen.extend(shared.take(POISON))
        return [text for text in seen if name in text]

    message = json.loads(eventually(poisoned)[0])
    assert message.pop("ETag").startswith('"0x')
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.streamed",
        "BlobType": "BlockBlob",
        "ContainerName": shared.name("streams"),
        "BlobName": name,
    }
    assert shared.counted("bad") == 3
    assert shared.outputs(name) == []


def test_the_host_itself_looks_at_no_container(cloud: Cloud) -> None:
    with cloud.host_without_events():
        cloud.upload("drops", "feed/unheard", "")
        cloud.send("texts", "later")
        cloud.wait_for_outputs("later")
    assert cloud.outputs("unheard") == []


def test_blobs_that_land_while_the_host_is_down_are_events_of_the_next(cloud: Cloud) -> None:
    cloud.upload("drops", "feed/early", "")
    # The emulator writes its log after it has answered, and the subscription starts at its end.
    eventually(lambda: "feed/early" in cloud.blob_events.read_text())
    with cloud.host() as running:
        assert running.process.poll() is None
    cloud.upload("drops", "feed/landed-while-down", "")
    with cloud.host():
        cloud.wait_for_outputs("landed-while-down")
    assert cloud.outputs("early") == []


def test_a_function_receives_a_blob_with_enums_as_numbers(shared: Cloud) -> None:
    # Observed on Functions host 4.1037.
    shared.upload("shelf", "told", "text")
    connection, container = shared.connection_string, shared.name("shelf")
    with BlobClient.from_connection_string(connection, container, "told") as blob:
        told = _properties(blob.get_blob_properties())
    assert (told["BlobType"], told["ETag"], told["Length"]) == (0, {}, 4)
