"""What is kept of an upload, over real storage: it must be there after a crash."""

import pytest
from azure.storage.blob import ContainerClient

from sync_core.delivery.upload_log import UNSAVED_BYTES, UploadLog
from sync_core.model.documents import TargetReference
from sync_core.results.store import ResultsStore

NAME = "northwind/run/steps/upload.json"
TARGET = TargetReference(kind="classic", id="one")
OTHER = TargetReference(kind="classic", id="two")
LARGE = UNSAVED_BYTES
SIZES = {"school.csv": LARGE, "student.csv": LARGE, "teacher.csv": LARGE}
SMALL = dict.fromkeys(SIZES, LARGE // 3)


@pytest.fixture
def store(results_container: ContainerClient) -> ResultsStore:
    return ResultsStore(results_container)


def after_a_crash(store: ResultsStore) -> UploadLog:
    """The log as another process finds it."""
    return UploadLog(store, NAME, TARGET, SIZES)


def test_where_nothing_was_begun_nothing_is_there(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SIZES)
    assert log.place == ""
    assert not log.has("school.csv")
    assert not store.has(NAME)


def test_every_large_file_is_kept_as_soon_as_it_is_there(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SIZES)
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


def test_small_files_after_the_first_are_kept_together(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SMALL)
    for name in ("school.csv", "student.csv"):
        log.done(name)
        assert log.has(name)
    assert after_a_crash(store).has("school.csv")
    assert not after_a_crash(store).has("student.csv")
    log.save()
    assert after_a_crash(store).has("student.csv")


def test_small_files_that_are_large_together_are_kept(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, {**SMALL, "teacher.csv": LARGE})
    for name in SMALL:
        log.done(name)
    assert after_a_crash(store).has("student.csv")
    assert after_a_crash(store).has("teacher.csv")


def test_what_is_kept_is_not_written_a_second_time(store: ResultsStore) -> None:
    UploadLog(store, NAME, TARGET, SMALL).save()
    assert not store.has(NAME)
    log = UploadLog(store, NAME, TARGET, SMALL)
    log.done("school.csv")
    first = store.read(NAME)
    log.save()
    assert store.read(NAME) == first


def test_a_new_place_is_empty(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SIZES)
    log.begin("container-1")
    log.done("school.csv")
    log.begin("container-2")
    for found in (log, after_a_crash(store)):
        assert found.place == "container-2"
        assert not found.has("school.csv")


def test_a_file_that_is_there_already_is_not_written_down_again(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SIZES)
    log.done("school.csv")
    first = store.read(NAME)
    log.done("school.csv")
    assert store.read(NAME) == first


def test_a_file_without_a_place_is_kept_as_well(store: ResultsStore) -> None:
    UploadLog(store, NAME, TARGET, SIZES).done("school.csv")
    assert after_a_crash(store).place == ""
    assert after_a_crash(store).has("school.csv")


def test_logs_of_two_runs_do_not_meet(store: ResultsStore) -> None:
    UploadLog(store, NAME, TARGET, SIZES).done("school.csv")
    assert not UploadLog(store, "northwind/other/steps/upload.json", TARGET, SIZES).has(
        "school.csv"
    )


def test_what_is_at_one_target_is_not_at_another(store: ResultsStore) -> None:
    log = UploadLog(store, NAME, TARGET, SIZES)
    log.begin("container-1")
    log.done("school.csv")
    other = UploadLog(store, NAME, OTHER, SIZES)
    assert (other.place, other.has("school.csv")) == ("", False)
    other.done("student.csv")
    assert not after_a_crash(store).has("school.csv")
    assert not after_a_crash(store).has("student.csv")
    assert UploadLog(store, NAME, OTHER, SIZES).has("student.csv")
