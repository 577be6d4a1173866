"""What is kept of an upload, over real storage: it must be there after a crash."""

import pytest
from azure.storage.blob import ContainerClient

from sync_core.delivery.upload_log import UploadLog
from sync_core.model.documents import TargetReference
from sync_core.results.store import ResultsStore

NAME = "northwind/run/steps/upload.json"
TARGET = TargetReference(kind="classic", id="one")
OTHER = TargetReference(kind="classic", id="two")


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


def after_a_crash(store: ResultsStore) -> UploadLog:
    """The log as another process finds it."""
    return UploadLog(store, NAME, TARGET)


def test_where_nothing_was_begun_nothing_is_there(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET)
    assert log.place == ""
    assert not log.has("school.csv")
    assert not store.has(NAME)


def test_every_file_is_kept_as_soon_as_it_is_there(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET)
    log.begin("container-1")
    assert after_a_crash(store).place == "container-1"
    for name in ("school.csv", "student.csv"):
        assert not after_a_crash(store).has(name)
        log.done(name)
        assert log.has(name)
        assert after_a_crash(store).has(name)
    assert after_a_crash(store).has("school.csv")
    assert after_a_crash(store).place == "container-1"
    assert not after_a_crash(store).has("teacher.csv")


def test_a_new_place_is_empty(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET)
    log.begin("container-1")
    log.done("school.csv")
    log.begin("container-2")
    for found in (log, after_a_crash(store)):
        assert found.place == "container-2"
        assert not found.has("school.csv")


def test_a_file_that_is_there_already_is_not_written_down_again(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET)
    log.done("school.csv")
    first = store.read(NAME)
    log.done("school.csv")
    assert store.read(NAME) == first


def test_a_file_without_a_place_is_kept_as_well(store: ResultsStore) -> None:
    UploadLog(store, NAME, TARGET).done("school.csv")
    assert after_a_crash(store).place == ""
    assert after_a_crash(store).has("school.csv")


def test_logs_of_two_runs_do_not_meet(store: ResultsStore) -> None:
    UploadLog(store, NAME, TARGET).done("school.csv")
    assert not UploadLog(store, "northwind/other/steps/upload.json", TARGET).has("school.csv")


def test_what_is_at_one_target_is_not_at_another(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET)
    log.begin("container-1")
    log.done("school.csv")
    other = UploadLog(store, NAME, OTHER)
    assert (other.place, other.has("school.csv")) == ("", False)
    other.done("student.csv")
    assert not after_a_crash(store).has("school.csv")
    assert not after_a_crash(store).has("student.csv")
    assert UploadLog(store, NAME, OTHER).has("student.csv")
