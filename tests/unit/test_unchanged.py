"""The same bytes again: they are sent once, and only after a sync that has ended well."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from sync_core.activities import (
    check_progress,
    gather_file_set,
    start_sync,
    upload_file_set,
    validate_file_set,
)
from sync_core.activities.deliver import FOLLOW_SECONDS
from sync_core.activities.unchanged import UNSETTLED
from sync_core.landing import FileSet
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Ended, Gathered, Published, Validated, Verdict
from sync_core.targets import Progress
from tests.unit.product_kit import EXPORT, ActivityHarness

NewHarness = Callable[..., ActivityHarness]

WELL = Progress(status="success", state="succeeded")
OTHER = {**EXPORT, "school.csv": "SIS ID,Name\nN,Norden\n"}


def gathered(harness: ActivityHarness) -> FileSet:
    answer = harness.ask(gather_file_set)
    assert isinstance(answer, Gathered)
    assert answer.files is not None
    return answer.files


def zipped(files: Mapping[str, str] = EXPORT) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def validated(harness: ActivityHarness, files: FileSet) -> Answer:
    return harness.ask(validate_file_set, files=files)


def is_unchanged(harness: ActivityHarness, files: FileSet | None = None) -> bool:
    """What validation decides about the files that landed last, or these."""
    answer = validated(harness, files or gathered(harness))
    if isinstance(answer, Ended):
        assert answer.verdict.outcome is Outcome.UNCHANGED
        assert not answer.verdict.sent
        return True
    assert isinstance(answer, Validated)
    return False


def started(
    harness: ActivityHarness, files: Mapping[str, str | bytes] = EXPORT, *, folder: str = "n1/"
) -> FileSet:
    """A run that has sent these files and started their sync."""
    harness.land(folder, files)
    found = gathered(harness)
    assert isinstance(validated(harness, found), Validated)
    harness.ask(upload_file_set, files=found)
    # Ten seconds before the files landed: what is written from now on is newer than the start.
    ended = harness.ask(start_sync, files=found, now=harness.newest() - 10)
    assert isinstance(ended, Ended)
    harness.publish(found, ended.verdict)
    return found


def followed(
    harness: ActivityHarness, files: FileSet, progress: Progress = WELL, *, after: float = 60
) -> None:
    harness.target.will_answer(progress=[progress])
    harness.ask(check_progress, files=files, after=after)


def synced(harness: ActivityHarness, **files: Any) -> FileSet:
    """A run whose sync has ended well."""
    found = started(harness, **files)
    followed(harness, found)
    return found


class TestTheSameBytes:
    def test_in_a_new_folder(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land("n2/")
        assert is_unchanged(harness)

    def test_in_the_same_folder_where_one_file_is_written_again(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness)
        harness.land("n1/", {"student.csv": EXPORT["student.csv"]})
        assert is_unchanged(harness)

    def test_in_a_new_zip(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land(files={"night.zip": zipped()})
        assert is_unchanged(harness)

    def test_in_another_zip_and_then_in_a_folder(self, harness: ActivityHarness) -> None:
        synced(harness, files={"one.zip": zipped()}, folder="")
        harness.land(files={"two.zip": zipped()})
        assert is_unchanged(harness)
        harness.land("n2/")
        assert is_unchanged(harness)

    def test_night_after_night(self, harness: ActivityHarness) -> None:
        synced(harness)
        for night in ("n2/", "n3/"):
            harness.land(night)
            files = gathered(harness)
            assert is_unchanged(harness, files)
            harness.publish(files, Verdict(outcome=Outcome.UNCHANGED))

    def test_one_byte_more_is_another_file(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land("n2/", {**EXPORT, "school.csv": EXPORT["school.csv"] + "\n"})
        assert not is_unchanged(harness)

    def test_one_file_more_is_another_set(self, harness: ActivityHarness) -> None:
        synced(harness)
        user = "Email,First Name,Last Name,Phone,SIS ID\n"
        relation = "SIS ID,Email,Role\n"
        harness.land("n2/", {**EXPORT, "user.csv": user, "guardianrelationship.csv": relation})
        assert not is_unchanged(harness)

    def test_of_the_sync_before_the_last_one(self, harness: ActivityHarness) -> None:
        synced(harness)
        synced(harness, files=OTHER, folder="n2/")
        harness.land("n3/")
        assert not is_unchanged(harness)

    def test_a_set_that_breaks_a_rule_is_rejected_all_the_same(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness)
        harness.land("n2/", {**EXPORT, "teacher.csv": "SIS ID\nt1\n"})
        answer = validated(harness, gathered(harness))
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.REJECTED


class TestWhereTheLastSyncIsNotKnownToBeGood:
    def test_nothing_was_started_before(self, harness: ActivityHarness) -> None:
        harness.land("n1/")
        assert not is_unchanged(harness)

    def test_it_was_not_followed(self, harness: ActivityHarness) -> None:
        started(harness)
        harness.land("n2/")
        assert not is_unchanged(harness)

    @pytest.mark.parametrize("status", ["error", "quarantined", "failed"])
    def test_it_ended_badly(self, harness: ActivityHarness, status: str) -> None:
        followed(harness, started(harness), Progress(status=status, state="failed"))
        harness.land("n2/")
        assert not is_unchanged(harness)

    def test_it_was_not_followed_to_its_end(self, harness: ActivityHarness) -> None:
        running = Progress(status="inProgress", state="running")
        followed(harness, started(harness), running, after=FOLLOW_SECONDS)
        harness.land("n2/")
        assert not is_unchanged(harness)

    @pytest.mark.parametrize("files", [EXPORT, OTHER])
    def test_later_files_were_uploaded(
        self, harness: ActivityHarness, files: Mapping[str, str]
    ) -> None:
        synced(harness)
        harness.land("n2/", files)
        harness.ask(upload_file_set, files=gathered(harness))
        harness.land("n3/")
        assert not is_unchanged(harness)

    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.STARTED}))
    def test_a_later_run_ended_otherwise(self, harness: ActivityHarness, outcome: Outcome) -> None:
        synced(harness)
        harness.land("n2/", OTHER)
        sent = outcome in {Outcome.STARTED_WITH_WARNINGS, Outcome.SCHEDULED}
        files = gathered(harness)
        if sent:
            harness.ask(upload_file_set, files=files)
        harness.publish(files, Verdict(outcome=outcome, sent=sent))
        harness.land("n3/")
        assert is_unchanged(harness) == (outcome not in UNSETTLED and not sent)


class TestWhatElseAsksForASync:
    @pytest.mark.parametrize("name", ["_READY", "manifest.json"])
    def test_a_marker_or_manifest_that_is_newer_than_the_last_start(
        self, harness: ActivityHarness, name: str
    ) -> None:
        synced(harness)
        harness.land("n2/")
        self.describe(harness, name)
        assert not is_unchanged(harness)

    @pytest.mark.parametrize("name", ["_READY", "manifest.json"])
    def test_not_one_that_is_older(self, harness: ActivityHarness, name: str) -> None:
        harness.land("n2/")
        self.describe(harness, name)
        synced(harness, folder="n1/", files=EXPORT)
        files = harness.landed_set("n2")
        assert files.described_at is not None
        older = msgspec.structs.replace(files, described_at=files.described_at - 3_600)
        assert is_unchanged(harness, older)

    def test_a_marker_beside_a_zip(self, harness: ActivityHarness) -> None:
        synced(harness, files={"one.zip": zipped()}, folder="")
        harness.land(files={"two.zip": zipped()})
        assert is_unchanged(harness)
        harness.land(files={"_READY": ""})
        assert not is_unchanged(harness)

    def describe(self, harness: ActivityHarness, name: str) -> None:
        listed = [
            {"name": file, "size": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
            for file, text in EXPORT.items()
        ]
        harness.land("n2/", {name: json.dumps({"files": listed})})

    def test_another_target(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.change_feed(profileId="another")
        harness.land("n2/")
        assert not is_unchanged(harness)

    @pytest.mark.parametrize("rules", [{}, {"duplicate": "error"}])
    def test_other_rules(self, new_harness: NewHarness, rules: dict[str, str]) -> None:
        harness = new_harness(rules={"duplicate": "information"})
        synced(harness)
        harness.change_feed(rules=rules)
        harness.land("n2/")
        assert not is_unchanged(harness)


class TestTheResult:
    def test_it_says_so_and_leaves_the_last_start_as_it_was(self, harness: ActivityHarness) -> None:
        last = synced(harness)
        before = harness.kept("northwind/started.json")
        harness.land("n2/")
        files = gathered(harness)
        answer = validated(harness, files)
        assert isinstance(answer, Ended)
        published = harness.publish(files, answer.verdict)
        assert isinstance(published, Published)
        assert (published.outcome, published.severity, published.follow) == (
            "unchanged",
            "info",
            False,
        )
        result = harness.kept("northwind/latest.json")
        assert (result["run"], result["outcome"], result["sent"]) == (
            files.run,
            "unchanged",
            False,
        )
        assert last.run in result["summary"]
        assert "write _READY beside them" in result["action"]
        assert harness.kept("northwind/started.json") == before

    def test_result_and_event_have_the_hash_of_each_file(self, harness: ActivityHarness) -> None:
        harness.land(files={"night.zip": zipped()})
        files = gathered(harness)
        validated(harness, files)
        harness.publish(files, Verdict(outcome=Outcome.STARTED, sent=True))
        expected = {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in EXPORT.items()
        }
        result = harness.kept(f"northwind/{files.run}/result.json")
        event = harness.emitted[-1]["data"]
        for document in (result, event):
            assert {each["name"]: each["sha256"] for each in document["files"]} == expected

    def test_files_that_were_not_validated_have_no_hash(self, harness: ActivityHarness) -> None:
        harness.land()
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.SUPERSEDED))
        result = harness.kept("northwind/latest.json")
        assert {each["sha256"] for each in result["files"]} == {None}
        assert harness.emitted[-1]["data"]["files"] == []
