"""The names of schools: read for reports of feeds that show them, and found nowhere else."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from sync_core.activities import (
    compare_with_baseline,
    gather_file_set,
    start_sync,
    upload_file_set,
    validate_file_set,
)
from sync_core.activities.context import ActivityContext
from sync_core.activities.school_names import school_names
from sync_core.landing.fileset import FileSet
from sync_core.orchestration.steps import Answer, Ended, Gathered, Question
from tests.unit.guards_kit import numbered, v1
from tests.unit.product_kit import ActivityHarness

NewHarness = Callable[..., ActivityHarness]

NAMES = "Zqxnorth", "Zqxsouth"


def export(students: int) -> Mapping[str, str]:
    files = v1(
        numbered(students) + numbered(students, "S", "z"),
        [("tN", "N"), ("tS", "S")],
        [("cN", "N")],
        enrolled=[("cN", "s1")],
    )
    schools = f"SIS ID,Name\nN,{NAMES[0]}\nS,{NAMES[1]}\n"
    roster = files["teacherroster.csv"] + "cN,tN\n"
    return {**files, "school.csv": schools, "teacherroster.csv": roster}


def landed(harness: ActivityHarness, files: Mapping[str, str | bytes], folder: str) -> FileSet:
    harness.land(folder, files)
    answer = harness.ask(gather_file_set)
    assert isinstance(answer, Gathered)
    assert answer.files is not None
    return answer.files


def names_of(harness: ActivityHarness, files: FileSet) -> Mapping[int, str]:
    question = Question(feed=files.feed, since=0, now=0, files=files)
    context = ActivityContext(
        harness.services, question, harness.services.feed(files.feed), harness.emitted.append
    )
    return school_names(context)


def test_each_name_stands_on_the_line_that_a_preview_tells(new_harness: NewHarness) -> None:
    harness = new_harness(showSchoolNames=True)
    schools = 'SIS ID,Name\nN,"North\nMain, site"\n\nS,South\n,\n'
    found = landed(harness, {**export(5), "school.csv": schools}, "n1/")
    assert names_of(harness, found) == {2: "North\nMain, site", 5: "South"}


def test_a_feed_shows_no_names_unless_it_says_so(harness: ActivityHarness) -> None:
    assert names_of(harness, landed(harness, export(5), "n1/")) == {}


@pytest.mark.parametrize(
    "schools", ["", "SIS ID\nN\n", "no header", "\x00", 'SIS ID,Name\nN,"never closed\n']
)
def test_a_file_without_readable_names_has_none(new_harness: NewHarness, schools: str) -> None:
    harness = new_harness(showSchoolNames=True)
    found = landed(harness, {**export(5), "school.csv": schools or " "}, "n1/")
    assert names_of(harness, found) == {}


def test_names_of_a_set_that_has_been_overwritten_are_not_taken_from_another(
    new_harness: NewHarness,
) -> None:
    harness = new_harness(showSchoolNames=True)
    found = landed(harness, export(5), "n1/")
    harness.land("n1/", {"school.csv": "SIS ID,Name\nX,Other\n"})
    assert names_of(harness, found) == {}


def blobs(container: ContainerClient) -> Iterator[bytes]:
    """All blobs but the reports, which show the names."""
    for name in container.list_blob_names():
        if not name.endswith("/report.html"):
            yield container.download_blob(name).readall()


def test_no_document_event_log_or_answer_has_a_name(
    new_harness: NewHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness = new_harness(showSchoolNames=True)
    answers: list[Answer] = []

    def asked(step: Any, files: FileSet) -> Answer:
        answers.append(harness.ask(step, files=files))
        return answers[-1]

    def ended(answer: Answer, files: FileSet) -> None:
        assert isinstance(answer, Ended)
        answers.append(harness.publish(files, answer.verdict, now=harness.newest() + 1_000))

    first = landed(harness, export(60), "n1/")
    for step in (validate_file_set, compare_with_baseline, upload_file_set):
        asked(step, first)
    ended(asked(start_sync, first), first)
    second = landed(harness, export(20), "n2/")
    asked(validate_file_set, second)
    ended(asked(compare_with_baseline, second), second)
    assert harness.kept("northwind/latest.json")["outcome"] == "held"
    written = [
        *(
            blob
            for each in (harness.results, harness.state, harness.decisions)
            for blob in blobs(each)
        ),
        msgspec.json.encode(answers),
        msgspec.json.encode(harness.emitted),
        caplog.text.encode(),
    ]
    assert len(written) > 10
    assert not [text for text in written if b"Zqx" in text]
