"""The validating step, over real storage: what it decides, and what it leaves for publishing."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sync_core.activities import validate_file_set
from sync_core.landing import FileSet, PinnedFile
from sync_core.landing.hashes import Hashes
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Ended, Validated, Verdict
from sync_core.results import paths
from tests.unit.product_kit import EXPORT, ActivityHarness


def landed(harness: ActivityHarness, **changed: str) -> FileSet:
    harness.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    return harness.landed_set()


def test_a_clean_set_continues_with_its_rows_counted(harness: ActivityHarness) -> None:
    files = landed(harness)
    assert harness.ask(validate_file_set, files=files) == Validated(rows=8)
    kept = harness.kept(paths.validation_record(files))
    assert kept["rows"] == {
        "school.csv": 1,
        "section.csv": 1,
        "student.csv": 2,
        "studentenrollment.csv": 2,
        "teacher.csv": 1,
        "teacherroster.csv": 1,
    }
    assert kept["findings"] == []
    assert kept["rules"] == {}
    assert kept["sha256"] == {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in EXPORT.items()
    }


class TestChangedRules:
    UNKNOWN_SCHOOL = "SIS ID,School SIS ID,Username\nt1,nowhere,cleo\n"

    def test_an_error_that_the_feed_calls_a_warning_stops_nothing(
        self, new_harness: Callable[..., ActivityHarness]
    ) -> None:
        harness = new_harness(rules={"reference-not-found": "warning"})
        files = landed(harness, teacher=self.UNKNOWN_SCHOOL)
        assert isinstance(harness.ask(validate_file_set, files=files), Validated)
        harness.publish(files, Verdict(outcome=Outcome.STARTED, sent=True))
        result = harness.kept("northwind/latest.json")
        assert result["rules"] == {"reference-not-found": "warning"}
        assert (result["outcome"], result["counts"]["warnings"]) == ("started_with_warnings", 1)
        assert result["summary"].endswith(
            " The feed changes the severity of rules: reference-not-found (warning)."
        )
        assert harness.emitted[0]["data"]["rules"] == result["rules"]

    def test_a_warning_that_the_feed_calls_an_error_rejects(
        self, new_harness: Callable[..., ActivityHarness]
    ) -> None:
        harness = new_harness(rules={"duplicate": "error"})
        student = "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n"
        answer = harness.ask(validate_file_set, files=landed(harness, student=student))
        assert answer == Ended(Verdict(outcome=Outcome.REJECTED))


class TestHashes:
    def test_a_file_is_hashed_while_it_is_read_and_not_read_again(self) -> None:
        opened: list[str] = []
        hashes = Hashes(reader_of({"a": [b"1", b"2"], "b": [b"3", b"4"]}, opened))
        assert list(hashes.reading(pinned("a"))) == [b"1", b"2"]
        assert hashes.of(pinned("a")) == hashlib.sha256(b"12").hexdigest()
        assert opened == ["a"]

    def test_a_file_that_was_not_read_to_its_end_is_read_for_it(self) -> None:
        opened: list[str] = []
        hashes = Hashes(reader_of({"b": [b"3", b"4"]}, opened))
        assert next(hashes.reading(pinned("b"))) == b"3"
        assert hashes.of(pinned("b")) == hashlib.sha256(b"34").hexdigest()
        assert opened == ["b", "b"]

    def test_reading_it_a_second_time_in_part_changes_nothing(self) -> None:
        hashes = Hashes(reader_of({"a": [b"1", b"2"]}, []))
        whole = hashes.of(pinned("a"))
        assert next(hashes.reading(pinned("a"))) == b"1"
        assert hashes.of(pinned("a")) == whole

    def test_a_set_that_is_rejected_unread_has_its_hashes_too(
        self, harness: ActivityHarness
    ) -> None:
        workbook = "PK\x03\x04[Content_Types].xml" + "x" * 100_000
        files = landed(harness, student=workbook)
        harness.ask(validate_file_set, files=files)
        kept = harness.kept(paths.validation_record(files))
        assert kept["sha256"]["student.csv"] == hashlib.sha256(workbook.encode()).hexdigest()


def pinned(name: str) -> PinnedFile:
    return PinnedFile(name=name, blob=name, etag="1", size=2)


def reader_of(
    files: Mapping[str, list[bytes]], opened: list[str]
) -> Callable[[PinnedFile], Iterator[bytes]]:
    def chunks(file: PinnedFile) -> Iterator[bytes]:
        opened.append(file.name)
        return iter(files[file.name])

    return chunks


def test_an_error_ends_the_run_as_rejected_and_is_kept(harness: ActivityHarness) -> None:
    files = landed(harness, teacher="SIS ID,School SIS ID,Username\nt1,nowhere,cleo\n")
    answer = harness.ask(validate_file_set, files=files)
    assert answer == Ended(Verdict(outcome=Outcome.REJECTED))
    (finding,) = harness.kept(paths.validation_record(files))["findings"]
    assert (finding["fileName"], finding["field"], finding["rows"]) == (
        "teacher.csv",
        "School SIS ID",
        [2],
    )
    assert "nowhere" not in str(finding)


def test_warnings_stop_nothing_and_are_kept(harness: ActivityHarness) -> None:
    student = "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n"
    files = landed(harness, student=student)
    assert isinstance(harness.ask(validate_file_set, files=files), Validated)
    (finding,) = harness.kept(paths.validation_record(files))["findings"]
    assert finding["type"] == "Warning"


@pytest.mark.parametrize(
    ("feed", "rules"),
    [
        ({"target": "classic"}, ["class-id-characters"]),
        ({"target": "dry-run", "profileId": None}, ["class-id-characters"]),
        ({"target": "industry-data", "profileId": None, "inboundFlowId": "i1"}, []),
    ],
    ids=["classic", "dry-run", "industry-data"],
)
def test_the_limits_are_those_of_the_target(
    new_harness: Callable[..., ActivityHarness], feed: dict[str, Any], rules: list[str]
) -> None:
    harness = new_harness(**feed)
    files = landed(
        harness,
        section="SIS ID,School SIS ID,Section Name\n7;A,N,Maths\n",
        studentenrollment="Section SIS ID,SIS ID\n7;A,s1\n",
        teacherroster="Section SIS ID,SIS ID\n7;A,t1\n",
    )
    assert isinstance(harness.ask(validate_file_set, files=files), Validated)
    findings = harness.kept(paths.validation_record(files))["findings"]
    assert [finding["rule"] for finding in findings] == rules


@pytest.mark.parametrize("change", ["rewritten", "deleted"])
def test_a_set_that_has_changed_is_not_judged(harness: ActivityHarness, change: str) -> None:
    files = landed(harness)
    if change == "rewritten":
        harness.land(files={"teacherroster.csv": "broken"})
    else:
        harness.landing.delete_blob("northwind/teacherroster.csv")
    assert harness.ask(validate_file_set, files=files) == Ended(Verdict(outcome=Outcome.SUPERSEDED))
    assert list(harness.results.list_blob_names()) == []


def test_it_asks_nothing_of_the_target(harness: ActivityHarness) -> None:
    harness.ask(validate_file_set, files=landed(harness))
    assert harness.target.calls == []
