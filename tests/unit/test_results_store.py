"""Where results are kept: what is written once is written once, over real storage."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    AccessDeniedError,
    ServiceUnreachableError,
    TransientError,
    UnexpectedAnswerError,
)
from sync_core.results.store import ResultsStore, StoredBlob

NAME = "northwind/run/result.json"


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


def test_what_is_not_there_is_none(store: ResultsStore) -> None:
    assert not store.has(NAME)
    assert store.read(NAME) is None
    assert store.decoded(NAME, RunError) is None


def test_the_first_writer_wins(store: ResultsStore) -> None:
    assert store.create(NAME, b"first")
    assert not store.create(NAME, b"second")
    assert store.has(NAME)
    kept = store.read(NAME)
    assert kept is not None
    assert kept.data == b"first"


def test_of_many_writers_at_once_one_wins(store: ResultsStore) -> None:
    writers = 8
    together = threading.Barrier(writers)

    def write(number: int) -> bool:
        together.wait()
        return store.create(NAME, str(number).encode())

    with ThreadPoolExecutor(writers) as threads:
        won = list(threads.map(write, range(writers)))
    kept = store.read(NAME)
    assert won.count(True) == 1
    assert kept is not None
    assert kept.data == str(won.index(True)).encode()


def test_only_what_was_read_is_replaced(store: ResultsStore) -> None:
    store.create(NAME, b"1")
    read = store.read(NAME)
    assert read is not None
    assert store.replace(read, NAME, b"2")
    assert not store.replace(read, NAME, b"3")
    kept = store.read(NAME)
    assert kept is not None
    assert kept.data == b"2"


def test_what_has_gone_is_not_replaced(
    store: ResultsStore, results_container: ContainerClient
) -> None:
    store.create(NAME, b"1")
    read = store.read(NAME)
    assert read is not None
    results_container.delete_blob(NAME)
    assert not store.replace(StoredBlob(read.data, read.etag), NAME, b"2")
    assert not store.has(NAME)


def test_what_is_the_same_no_matter_who_writes_it_is_written_over(store: ResultsStore) -> None:
    store.write(NAME, b"1")
    store.write(NAME, b"2")
    kept = store.read(NAME)
    assert kept is not None
    assert kept.data == b"2"


def test_of_many_updates_at_once_none_hides_a_newer_one(store: ResultsStore) -> None:
    numbers = [3, 7, 1, 6, 2, 5, 4, 0]
    together = threading.Barrier(len(numbers))

    def update(number: int) -> bool:
        together.wait()
        while True:
            try:
                return store.update(NAME, int, number, unless=lambda there: there > number)
            except TransientError:
                continue

    with ThreadPoolExecutor(len(numbers)) as threads:
        list(threads.map(update, numbers))
    assert store.decoded(NAME, int) == max(numbers)
    assert not store.update(NAME, int, 5, unless=lambda there: there > 5)
    assert store.update(NAME, int, 8, unless=lambda there: there > 8)


def test_an_update_that_others_are_always_ahead_of_is_given_up_for_now(
    store: ResultsStore,
) -> None:
    def overtake(there: int) -> bool:
        store.write(NAME, msgspec.json.encode(there + 1))
        return False

    store.write(NAME, b"0")
    with pytest.raises(TransientError, match="changed by other writers"):
        store.update(NAME, int, 9, unless=overtake)


def test_a_document_is_read_as_its_type(store: ResultsStore) -> None:
    error = RunError(code="a", message="é")
    store.create(NAME, msgspec.json.encode(error))
    assert store.decoded(NAME, RunError) == error


def test_a_browser_knows_what_a_blob_is(
    store: ResultsStore, results_container: ContainerClient
) -> None:
    store.create("a.json", b"{}")
    store.write("b.jsonl", b"{}\n", content_type="application/x-ndjson")
    written = store.read("a.json")
    assert written is not None
    store.replace(written, "a.json", b"[]")
    types = {
        blob.name: blob.content_settings.content_type for blob in results_container.list_blobs()
    }
    assert types == {"a.json": "application/json", "b.jsonl": "application/x-ndjson"}


def test_an_address_holds_no_signature(
    results_container: ContainerClient, signed: Callable[..., str]
) -> None:
    with ContainerClient.from_container_url(signed(results_container)) as container:
        address = ResultsStore(container).address(NAME)
    assert address == f"{results_container.url}/{NAME}"


class TestFaults:
    def test_a_container_that_is_not_there_is_named_with_what_to_check(
        self, azurite: Azurite, unique_name: Callable[[str], str]
    ) -> None:
        with ContainerClient.from_connection_string(
            azurite.connection_string, unique_name("none")
        ) as container:
            store = ResultsStore(container)
            for use in (lambda: store.create(NAME, b""), lambda: store.write(NAME, b"")):
                with pytest.raises(UnexpectedAnswerError, match=r"404.*result\.json.*SIS_STORAGE"):
                    use()

    def test_a_right_that_is_missing_is_named(
        self, signed: Callable[..., str], results_container: ContainerClient
    ) -> None:
        with (
            ContainerClient.from_container_url(signed(results_container)) as container,
            pytest.raises(AccessDeniedError, match="Storage Blob Data Contributor") as caught,
        ):
            ResultsStore(container).read(NAME)
        assert "sig=" not in str(caught.value)

    def test_a_storage_that_cannot_be_reached_may_be_tried_again(self, dead_port: int) -> None:
        account = f"http://127.0.0.1:{dead_port}/devstoreaccount1"
        with ContainerClient(account, "results", retry_total=0) as container:
            store = ResultsStore(container)
            for use in (
                lambda: store.has(NAME),
                lambda: store.read(NAME),
                lambda: store.create(NAME, b""),
                lambda: store.replace(StoredBlob(b"", "x"), NAME, b""),
                lambda: store.write(NAME, b""),
            ):
                with pytest.raises(ServiceUnreachableError, match=r"result northwind/run"):
                    use()
