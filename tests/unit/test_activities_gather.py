"""Taking stock, over real storage: which export is run, and what is waited for."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sync_core.activities import Room, take_stock
from sync_core.activities.gather import MAX_SUPERSEDED
from sync_core.landing import FileSet, LandedBlob
from sync_core.landing.reading import Landing
from sync_core.outcomes import Outcome
from sync_core.steps import Answer, Ended, Question, Through, Verdict, Wait
from tests.unit.product_kit import EXPORT, House

NewHouse = Callable[..., House]


def chosen(answer: Answer) -> FileSet:
    assert isinstance(answer, Through)
    files: FileSet = answer.value["files"]
    return files


def superseded(answer: Answer) -> list[str]:
    assert isinstance(answer, Through)
    return [files.place for files in answer.value["superseded"]]


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
    def test_where_nothing_has_landed_there_is_nothing_to_do(self, house: House) -> None:
        assert house.ask(take_stock) == Through({})

    def test_a_complete_and_still_set_is_run_as_it_lies(self, house: House) -> None:
        house.land()
        answer = house.ask(take_stock)
        assert chosen(answer) == house.landed_set()
        assert [file.name for file in chosen(answer).files] == sorted(EXPORT)
        assert superseded(answer) == []

    def test_a_set_with_a_result_is_not_run_again(self, house: House) -> None:
        house.land()
        house.publish(house.landed_set(), Verdict(outcome=Outcome.REJECTED))
        assert house.ask(take_stock) == Through({})

    def test_the_same_files_written_anew_are_another_export(self, house: House) -> None:
        house.land()
        before = house.landed_set()
        house.publish(before, Verdict(outcome=Outcome.STARTED, sent=True))
        house.land()
        assert chosen(house.ask(take_stock)).generation != before.generation

    def test_the_newest_complete_export_is_run_and_the_older_ones_are_told_of(
        self, house: House
    ) -> None:
        for night in ("n1/", "n2/", "n3/"):
            house.land(night)
        answer = house.ask(take_stock)
        assert chosen(answer).place == "n3"
        assert superseded(answer) == ["n2", "n1"]

    def test_what_is_older_than_the_last_result_is_never_dug_out(self, house: House) -> None:
        for night in ("n1/", "n2/", "n3/"):
            house.land(night)
        house.publish(house.landed_set("n2"), Verdict(outcome=Outcome.REJECTED))
        answer = house.ask(take_stock)
        assert chosen(answer).place == "n3"
        assert superseded(answer) == []

    def test_an_older_complete_export_is_run_while_the_newest_is_still_landing(
        self, house: House
    ) -> None:
        house.land("n1/")
        house.land("n2/", without("teacher.csv"))
        assert chosen(house.ask(take_stock)).place == "n1"

    def test_a_feed_that_is_switched_on_late_tells_of_a_few_old_exports_only(
        self, house: House
    ) -> None:
        for night in range(MAX_SUPERSEDED + 3):
            house.land(f"n{night:02}/", {"school.csv": str(night)})
        house.land("n99/")
        answer = house.ask(take_stock)
        assert chosen(answer).place == "n99"
        assert len(superseded(answer)) == MAX_SUPERSEDED

    def test_a_file_that_changes_while_it_is_looked_at_is_looked_at_again(
        self, house: House
    ) -> None:
        house.land(files={"a.zip": b"no zip" * 99, "b.zip": b"no zip" * 99})

        class Landing(Room):
            def settled(self, files: FileSet) -> bool:
                house.land(files={"a.zip": b"written anew", "b.zip": b"written anew"})
                return super().settled(files)

        room = Landing(house.settings, lambda feed, settings: house.target)
        now = house.newest() + 1_000
        answer = take_stock(room, Question(feed="northwind", since=now, now=now))
        assert answer == Wait(
            1.0, "blob northwind/a.zip has changed or gone since the set was complete."
        )


class TestWaiting:
    def test_a_set_that_is_not_still_yet_is_waited_for_until_it_is(self, house: House) -> None:
        house.land()
        now = house.newest() + 30
        assert house.ask(take_stock, now=now) == Wait(90.0, "Waiting for a quiet moment.")
        assert isinstance(house.ask(take_stock, now=now + 90), Through)

    def test_the_quiet_period_is_the_feeds_own(self, new_house: NewHouse) -> None:
        house = new_house(quietSeconds=0)
        house.land()
        assert isinstance(house.ask(take_stock, now=house.newest()), Through)

    def test_missing_files_are_named_and_looked_for_more_and_more_rarely(
        self, house: House
    ) -> None:
        house.land(files=without("teacher.csv", "section.csv"))
        first, later = house.ask(take_stock), house.ask(take_stock, polls=9)
        assert isinstance(first, Wait)
        assert isinstance(later, Wait)
        assert first.reason == "Waiting for section.csv, teacher.csv."
        assert 24 <= first.after <= 30
        assert 96 <= later.after <= 120

    def test_files_that_the_target_cannot_do_without_are_waited_for(self, house: House) -> None:
        people = ("school.csv", "student.csv", "teacher.csv")
        house.land(files={name: EXPORT[name] for name in people})
        answer = house.ask(take_stock)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for section.csv, studentenrollment.csv, teacherroster.csv."

    def test_the_last_look_is_at_the_deadline(self, house: House) -> None:
        house.land(files=without("teacher.csv"))
        answer = house.ask(take_stock, after=10_790, polls=9)
        assert isinstance(answer, Wait)
        assert answer.after == pytest.approx(10)

    def test_at_the_deadline_the_run_ends_with_the_names_of_what_is_missing(
        self, new_house: NewHouse
    ) -> None:
        house = new_house(setDeadlineSeconds=60)
        house.land("n1/", without("school.csv"))
        house.land("n2/", without("teacher.csv"))
        assert isinstance(house.ask(take_stock, after=59), Wait)
        answer = house.ask(take_stock, after=60)
        assert isinstance(answer, Ended)
        assert answer.verdict == Verdict(outcome=Outcome.INCOMPLETE, missing=("teacher.csv",))
        assert answer.files == house.landed_set("n2")
        assert [files.place for files in answer.superseded] == ["n1"]

    def test_a_set_that_has_just_become_complete_is_not_given_up(self, house: House) -> None:
        house.land()
        answer = house.ask(take_stock, now=house.newest() + 1, after=10_800 + 119)
        assert answer == Wait(119.0, "Waiting for a quiet moment.")

    def test_a_set_that_never_holds_still_is_given_up_a_quiet_period_later(
        self, house: House
    ) -> None:
        house.land()
        answer = house.ask(take_stock, now=house.newest() + 1, after=10_800 + 120)
        assert isinstance(answer, Ended)
        assert answer.verdict.missing == ("a quiet moment",)


class TestSpread:
    """`student.csv` is tonight's and the other five are last night's, which Azurite cannot date."""

    @staticmethod
    def overwritten(house: House, *, hours: float = 24.0) -> None:
        house.land()

        class Dated(Landing):
            def listing(self, feed: str | None = None) -> list[LandedBlob]:
                return [
                    one._replace(modified=one.modified - hours * 3_600)
                    if one.file_name in without("student.csv")
                    else one
                    for one in super().listing(feed)
                ]

        house.room.landing = Dated(house.landing)

    def test_the_old_files_are_waited_for_and_named_at_the_deadline(self, house: House) -> None:
        self.overwritten(house)
        old = tuple(
            f"{name} (24 hours older than student.csv)" for name in sorted(without("student.csv"))
        )
        assert isinstance(waiting := house.ask(take_stock), Wait)
        assert waiting.reason == f"Waiting for {', '.join(old)}."
        ended = house.ask(take_stock, after=10_800)
        assert isinstance(ended, Ended)
        assert (ended.verdict.outcome, ended.verdict.missing) == (Outcome.INCOMPLETE, old)
        assert ended.files is not None
        house.publish(ended.files, ended.verdict)
        result = house.kept(f"northwind/{ended.files.run}/result.json")
        assert (result["outcome"], result["missing"]) == ("incomplete", list(old))

    def test_files_within_the_feeds_own_spread_are_one_set(self, new_house: NewHouse) -> None:
        house = new_house(maxSpreadSeconds=90_000)
        self.overwritten(house)
        assert isinstance(house.ask(take_stock), Through)
        self.overwritten(house, hours=26)
        assert isinstance(house.ask(take_stock), Wait)

    def test_the_rest_of_the_files_completes_the_set(self, house: House) -> None:
        self.overwritten(house)
        assert isinstance(house.ask(take_stock), Wait)
        self.overwritten(house, hours=0)
        assert isinstance(house.ask(take_stock), Through)


class TestMarkers:
    def test_where_a_marker_is_required_it_is_waited_for(self, new_house: NewHouse) -> None:
        house = new_house(requireMarker=True)
        house.land()
        answer = house.ask(take_stock)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for _READY or manifest.json."
        house.land(files={"_READY": ""})
        assert isinstance(house.ask(take_stock, now=house.newest()), Through)

    def test_what_a_manifest_vouches_for_is_run_at_once(self, house: House) -> None:
        house.land(files={**EXPORT, **manifest(without())})
        assert chosen(house.ask(take_stock, now=house.newest())) == house.landed_set()

    def test_a_file_with_another_hash_than_listed_is_waited_for(self, house: House) -> None:
        house.land(files={**EXPORT, **manifest(without(), teacher="00")})
        reason = "teacher.csv (its SHA-256 differs from manifest.json)"
        answer = house.ask(take_stock)
        assert isinstance(answer, Wait)
        assert answer.reason == f"Waiting for {reason}."
        ended = house.ask(take_stock, after=1e6)
        assert isinstance(ended, Ended)
        assert ended.verdict.missing == (reason,)

    def test_a_manifest_that_is_still_being_written_is_waited_for(self, house: House) -> None:
        house.land(files={**EXPORT, "manifest.json": '{"files": ['})
        answer = house.ask(take_stock)
        assert isinstance(answer, Wait)
        assert answer.reason == "Waiting for a manifest.json that can be read."


class TestZips:
    def test_a_zip_that_cannot_be_opened_may_still_be_being_written(self, house: House) -> None:
        house.land(files={"export.zip": b"PK"})
        answer = house.ask(take_stock, now=house.newest() + 20)
        assert answer == Wait(100.0, "Waiting for a zip that can be opened.")

    def test_one_that_is_still_ends_the_run_with_what_to_do(self, house: House) -> None:
        house.land("n1/")
        house.land("n2/", files={"export.zip": b"PK"})
        answer = house.ask(take_stock)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.REJECTED
        assert answer.verdict.error is not None
        assert answer.verdict.error.code == "archive-refused"
        assert "northwind/n2/export.zip" in answer.verdict.summary
        assert answer.files is not None
        assert [file.name for file in answer.files.files] == ["export.zip"]
        assert [files.place for files in answer.superseded] == ["n1"]


@pytest.mark.parametrize("kind", [Through, Ended])
def test_an_answer_crosses_to_the_orchestration_as_json(house: House, kind: type[Any]) -> None:
    house.land(files=EXPORT if kind is Through else {"export.zip": b"PK"})
    answer = house.ask(take_stock)
    assert isinstance(answer, kind)
    assert msgspec.json.encode(answer)
