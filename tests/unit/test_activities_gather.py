"""Taking stock, over real storage: which export is run, and what is waited for."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sync_core.activities import Services, gather_file_set
from sync_core.activities.gather import MAX_SUPERSEDED
from sync_core.landing import FileSet, LandedBlob
from sync_core.landing.reading import Landing
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Ended, Gathered, Question, Verdict, Wait
from tests.unit.product_kit import EXPORT, ActivityHarness

NewHarness = Callable[..., ActivityHarness]


def chosen(answer: Answer) -> FileSet:
    assert isinstance(answer, Gathered)
    assert answer.files is not None
    return answer.files


def superseded(answer: Answer) -> list[str]:
    assert isinstance(answer, Gathered)
    return [files.folder for files in answer.superseded]


def without(*absent: str) -> dict[str, str]:
    return {name: text for name, text in EXPORT.items() if name not in absent}


def manifest(files: dict[str, str], **wrong: str) -> dict[str, bytes]:
    listed = [
        {
            "name": name,
            "size": len(text),
            "sha256": wrong.get(name[:-4], hashlib.sha256(text.encode()).hexdigest()),
        }
        for name, text in files.items()
    ]
    return {"manifest.json": msgspec.json.encode({"files": listed})}


class TestWhatIsRun:
    def test_where_nothing_has_landed_there_is_nothing_to_do(
        self, harness: ActivityHarness
    ) -> None:
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_complete_and_still_set_is_run_as_it_lies(self, harness: ActivityHarness) -> None:
        harness.land()
        answer = harness.ask(gather_file_set)
        assert chosen(answer) == harness.landed_set()
        assert [file.name for file in chosen(answer).files] == sorted(EXPORT)
        assert superseded(answer) == []

    def test_a_set_with_a_result_is_not_run_again(self, harness: ActivityHarness) -> None:
        harness.land()
        harness.publish(harness.landed_set(), Verdict(outcome=Outcome.REJECTED))
        assert harness.ask(gather_file_set) == Gathered()

    def test_the_same_files_written_anew_are_another_export(self, harness: ActivityHarness) -> None:
        harness.land()
        before = harness.landed_set()
        harness.publish(before, Verdict(outcome=Outcome.STARTED, sent=True))
        harness.land()
        assert chosen(harness.ask(gather_file_set)).generation != before.generation

    def test_the_newest_complete_export_is_run_and_the_older_ones_are_reported(
        self, harness: ActivityHarness
    ) -> None:
        for night in ("n1/", "n2/", "n3/"):
            harness.land(night)
        answer = harness.ask(gather_file_set)
        assert chosen(answer).folder == "n3"
        assert superseded(answer) == ["n2", "n1"]

    def test_what_is_older_than_the_last_result_is_never_dug_out(
        self, harness: ActivityHarness
    ) -> None:
        for night in ("n1/", "n2/", "n3/"):
            harness.land(night)
        harness.publish(harness.landed_set("n2"), Verdict(outcome=Outcome.REJECTED))
        answer = harness.ask(gather_file_set)
        assert chosen(answer).folder == "n3"
        assert superseded(answer) == []

    def test_an_older_complete_export_is_run_while_the_newest_is_still_landing(
        self, harness: ActivityHarness
    ) -> None:
        harness.land("n1/")
        harness.land("n2/", without("teacher.csv"))
        assert chosen(harness.ask(gather_file_set)).folder == "n1"

    def test_a_feed_that_is_switched_on_late_reports_a_few_old_exports_only(
        self, harness: ActivityHarness
    ) -> None:
        for night in range(MAX_SUPERSEDED + 3):
            harness.land(f"n{night:02}/", {"school.csv": str(night)})
        harness.land("n99/")
        answer = harness.ask(gather_file_set)
        assert chosen(answer).folder == "n99"
        assert len(superseded(answer)) == MAX_SUPERSEDED

    def test_a_file_that_changes_while_it_is_looked_at_is_looked_at_again(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={"a.zip": b"no zip" * 99, "b.zip": b"no zip" * 99})

        class Landing(Services):
            def has_result(self, files: FileSet) -> bool:
                harness.land(files={"a.zip": b"written anew", "b.zip": b"written anew"})
                return super().has_result(files)

        services = Landing(harness.settings, lambda feed, settings: harness.target)
        now = harness.newest() + 1_000
        answer = gather_file_set(services, Question(feed="northwind", since=now, now=now))
        assert isinstance(answer, Wait)
        assert answer.reason == (
            "blob northwind/a.zip was changed or deleted after the set was complete."
        )


class TestWaiting:
    def test_a_set_that_is_not_still_yet_is_waited_for_until_it_is(
        self, harness: ActivityHarness
    ) -> None:
        harness.land()
        now = harness.newest() + 30
        assert harness.ask(gather_file_set, now=now) == Wait(
            90.0, "All files are here; waiting until none has changed for 120 s."
        )
        assert isinstance(harness.ask(gather_file_set, now=now + 90), Gathered)

    def test_the_quiet_period_is_the_feeds_own(self, new_harness: NewHarness) -> None:
        harness = new_harness(quietSeconds=0)
        harness.land()
        assert isinstance(harness.ask(gather_file_set, now=harness.newest()), Gathered)

    def test_missing_files_are_named_and_looked_for_more_and_more_rarely(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files=without("teacher.csv", "section.csv"))
        first, later = harness.ask(gather_file_set), harness.ask(gather_file_set, polls=9)
        assert isinstance(first, Wait)
        assert isinstance(later, Wait)
        assert first.reason == "Waiting for section.csv, teacher.csv."
        assert 24 <= first.after <= 30
        assert 96 <= later.after <= 120

    def test_files_that_the_target_cannot_do_without_are_waited_for(
        self, harness: ActivityHarness
    ) -> None:
        people = ("school.csv", "student.csv", "teacher.csv")
        harness.land(files={name: EXPORT[name] for name in people})
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for section.csv, studentenrollment.csv, teacherroster.csv."

    def test_the_last_look_is_at_the_deadline(self, harness: ActivityHarness) -> None:
        harness.land(files=without("teacher.csv"))
        answer = harness.ask(gather_file_set, after=10_790, polls=9)
        assert isinstance(answer, Wait)
        assert answer.after == pytest.approx(10)

    def test_at_the_deadline_the_run_ends_with_the_names_of_what_is_missing(
        self, new_harness: NewHarness
    ) -> None:
        harness = new_harness(setDeadlineSeconds=60)
        harness.land("n1/", without("school.csv"))
        harness.land("n2/", without("teacher.csv"))
        assert isinstance(harness.ask(gather_file_set, after=59), Wait)
        answer = harness.ask(gather_file_set, after=60)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.INCOMPLETE
        assert answer.verdict.missing == ("teacher.csv",)
        assert [file.name for file in answer.verdict.found] == ["n1/teacher.csv"]
        assert answer.files == harness.landed_set("n2")
        assert [files.folder for files in answer.superseded] == ["n1"]

    def test_a_set_that_has_just_become_complete_is_not_given_up(
        self, harness: ActivityHarness
    ) -> None:
        harness.land()
        answer = harness.ask(gather_file_set, now=harness.newest() + 1, after=10_800 + 119)
        assert answer == Wait(
            119.0, "All files are here; waiting until none has changed for 120 s."
        )

    def test_a_set_that_never_holds_still_is_given_up_a_quiet_period_later(
        self, harness: ActivityHarness
    ) -> None:
        harness.land()
        answer = harness.ask(gather_file_set, now=harness.newest() + 1, after=10_800 + 120)
        assert isinstance(answer, Ended)
        assert answer.verdict.missing == ("120 seconds without a file change",)


class TestSpread:
    """`student.csv` is tonight's and the other five are last night's, which Azurite cannot date."""

    @staticmethod
    def overwritten(harness: ActivityHarness, *, hours: float = 24.0) -> None:
        harness.land()

        class Dated(Landing):
            def listing(self, feed: str | None = None) -> list[LandedBlob]:
                landed = super().listing(feed)
                newest = max(one.modified for one in landed)
                return [
                    one._replace(
                        modified=newest - (0 if one.file_name == "student.csv" else hours * 3_600)
                    )
                    for one in landed
                ]

        harness.services.landing = Dated(harness.landing)

    def test_the_old_files_are_waited_for_and_named_at_the_deadline(
        self, harness: ActivityHarness
    ) -> None:
        self.overwritten(harness)
        old = tuple(
            f"{name} (24 hours older than student.csv)" for name in sorted(without("student.csv"))
        )
        assert isinstance(waiting := harness.ask(gather_file_set), Wait)
        assert waiting.reason == f"Waiting for {', '.join(old)}."
        ended = harness.ask(gather_file_set, after=10_800)
        assert isinstance(ended, Ended)
        assert (ended.verdict.outcome, ended.verdict.missing) == (Outcome.INCOMPLETE, old)
        assert ended.files is not None
        harness.publish(ended.files, ended.verdict)
        result = harness.kept(f"northwind/{ended.files.run}/result.json")
        assert (result["outcome"], result["missing"]) == ("incomplete", list(old))

    def test_files_within_the_feeds_own_spread_are_one_set(self, new_harness: NewHarness) -> None:
        harness = new_harness(maxSpreadSeconds=90_000)
        self.overwritten(harness)
        assert isinstance(harness.ask(gather_file_set), Gathered)
        self.overwritten(harness, hours=26)
        assert isinstance(harness.ask(gather_file_set), Wait)

    def test_the_rest_of_the_files_completes_the_set(self, harness: ActivityHarness) -> None:
        self.overwritten(harness)
        assert isinstance(harness.ask(gather_file_set), Wait)
        self.overwritten(harness, hours=0)
        assert isinstance(harness.ask(gather_file_set), Gathered)


class TestMarkers:
    def test_where_a_marker_is_required_it_is_waited_for(self, new_harness: NewHarness) -> None:
        harness = new_harness(requireMarker=True)
        harness.land()
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for _READY or manifest.json."
        harness.land(files={"_READY": ""})
        assert isinstance(harness.ask(gather_file_set, now=harness.newest()), Gathered)

    def test_what_a_manifest_vouches_for_is_run_at_once(self, harness: ActivityHarness) -> None:
        harness.land(files={**EXPORT, **manifest(without())})
        assert chosen(harness.ask(gather_file_set, now=harness.newest())) == harness.landed_set()

    def test_a_file_with_another_hash_than_listed_is_waited_for(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={**EXPORT, **manifest(without(), teacher="00")})
        reason = "teacher.csv (its SHA-256 differs from manifest.json)"
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Wait)
        assert answer.reason == f"Waiting for {reason}."
        ended = harness.ask(gather_file_set, after=1e6)
        assert isinstance(ended, Ended)
        assert ended.verdict.missing == (reason,)

    def test_a_manifest_that_is_still_being_written_is_waited_for(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={**EXPORT, "manifest.json": '{"files": ['})
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for a valid manifest.json."


class TestZips:
    def test_a_zip_that_cannot_be_opened_may_still_be_being_written(
        self, harness: ActivityHarness
    ) -> None:
        harness.land(files={"export.zip": b"PK"})
        answer = harness.ask(gather_file_set, now=harness.newest() + 20)
        assert answer == Wait(100.0, "Waiting for a zip that is complete and readable.")

    def test_one_that_is_still_ends_the_run_with_what_to_do(self, harness: ActivityHarness) -> None:
        harness.land("n1/")
        harness.land("n2/", files={"export.zip": b"PK"})
        answer = harness.ask(gather_file_set)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.REJECTED
        assert answer.verdict.error is not None
        assert answer.verdict.error.code == "archive-refused"
        assert "northwind/n2/export.zip" in answer.verdict.summary
        assert answer.files is not None
        assert [file.name for file in answer.files.files] == ["export.zip"]
        assert [files.folder for files in answer.superseded] == ["n1"]


@pytest.mark.parametrize("kind", [Gathered, Ended])
def test_an_answer_crosses_to_the_orchestration_as_json(
    harness: ActivityHarness, kind: type[Any]
) -> None:
    harness.land(files=EXPORT if kind is Gathered else {"export.zip": b"PK"})
    answer = harness.ask(gather_file_set)
    assert isinstance(answer, kind)
    assert msgspec.json.encode(answer)
