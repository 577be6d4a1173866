"""The guard step, over real storage: what it holds, what it lets through, and what it leaves."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sync_core.activities import (
    compare_with_baseline,
    gather_file_set,
    start_sync,
    upload_file_set,
    validate_file_set,
)
from sync_core.guards.decisions import Signed, paused, resumed
from sync_core.landing.fileset import FileSet
from sync_core.model.holds import Decision, Settlement
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import (
    Answer,
    Compared,
    Ended,
    Gathered,
    Validated,
    Verdict,
    Wait,
)
from sync_core.targets import StartAnswer
from tests.unit.guards_kit import numbered, v1
from tests.unit.product_kit import ActivityHarness

NewHarness = Callable[..., ActivityHarness]

FULL = v1(
    numbered(300) + numbered(100, "S", "z"),
    numbered(20, prefix="t"),
    numbered(5, prefix="c"),
    enrolled=[("c1", "s1")],
)
FULL["teacherroster.csv"] += "c1,t1\n"
HALF = {**FULL, "student.csv": "".join(FULL["student.csv"].splitlines(keepends=True)[:201])}
SIGNED = Signed("ann@example.org", "2026-11-29T08:00:00.000Z", "asked the school")
HELD = Ended(Verdict(outcome=Outcome.HELD))


def gathered(harness: ActivityHarness) -> FileSet:
    answer = harness.ask(gather_file_set)
    assert isinstance(answer, Gathered)
    assert answer.files is not None
    return answer.files


def guarded(harness: ActivityHarness, files: Mapping[str, str], folder: str) -> tuple[Any, FileSet]:
    """Land files, validate them, and what the guard step answers, with their file set."""
    harness.land(folder, files)
    found = gathered(harness)
    assert isinstance(harness.ask(validate_file_set, files=found), Validated)
    return harness.ask(compare_with_baseline, files=found), found


def started(harness: ActivityHarness, found: FileSet) -> None:
    harness.ask(upload_file_set, files=found)
    ended = harness.ask(start_sync, files=found)
    assert isinstance(ended, Ended)
    harness.publish(found, ended.verdict, now=harness.newest() + 1_000)


def synced(
    harness: ActivityHarness, files: Mapping[str, str] = FULL, folder: str = "n1/"
) -> FileSet:
    """A run whose sync has started."""
    answer, found = guarded(harness, files, folder)
    assert answer == Compared()
    started(harness, found)
    return found


def held(
    harness: ActivityHarness, files: Mapping[str, str] = HALF, folder: str = "n2/"
) -> tuple[FileSet, Any]:
    """A held run and its published result."""
    answer, found = guarded(harness, files, folder)
    assert answer == HELD
    return found, published(harness, found, answer)


def published(harness: ActivityHarness, found: FileSet, answer: Answer) -> Any:
    assert isinstance(answer, Ended)
    harness.publish(found, answer.verdict, now=harness.newest() + 1_000)
    return harness.kept(f"northwind/{found.run}/result.json")


def decide(harness: ActivityHarness, found: FileSet, decision: Any = "approved") -> None:
    harness.services.decisions.decide(
        Decision(
            feed="northwind",
            run=found.run,
            generation=found.generation,
            decision=decision,
            by=SIGNED.by,
            reason=SIGNED.reason,
            decided_at=SIGNED.at,
        )
    )


def nights(harness: ActivityHarness) -> list[str]:
    """The runs of the baselines, newest first."""
    return [each.run for each in harness.services.baselines.nights("northwind").summaries(last=9)]


class TestAHold:
    def test_the_first_run_of_a_feed_has_nothing_to_be_compared_with(
        self, harness: ActivityHarness
    ) -> None:
        first = synced(harness)
        assert nights(harness) == [first.run]
        result = harness.kept("northwind/latest.json")
        assert (result["comparedWith"], result["held"]) == (None, None)

    def test_half_an_export_is_held(self, harness: ActivityHarness) -> None:
        first = synced(harness)
        uploaded = dict(harness.target.uploaded)
        found, result = held(harness)
        assert (result["outcome"], result["severity"], result["sent"]) == ("held", "error", False)
        assert result["comparedWith"] == first.run
        trip = next(each for each in result["held"]["trips"] if each["guard"] == "removed")
        assert (trip["count"], trip["of"], trip["kind"]) == (200, 400.0, "student")
        assert trip["sentence"] in result["summary"]
        for command in ("show", "approve", "reject"):
            assert f"sis-sync {command} northwind {found.run}" in result["action"]
        assert harness.target.uploaded == uploaded
        assert nights(harness) == [first.run]

    def test_the_event_has_the_first_reasons(self, harness: ActivityHarness) -> None:
        synced(harness)
        _, result = held(harness)
        event = harness.emitted[-1]
        assert event["data"]["outcome"] == "held"
        assert event["data"]["held"] == result["held"]["trips"][:10]
        assert event["data"]["heldLeftOut"] == len(result["held"]["trips"][10:])
        assert event["data"]["action"] == result["action"]

    def test_what_would_change_lies_beside_the_result(self, harness: ActivityHarness) -> None:
        synced(harness)
        moved = HALF["student.csv"].replace("s199,N", "new,N")
        found, _ = held(harness, {**HALF, "student.csv": moved})
        lines = harness.results.download_blob(f"northwind/{found.run}/preview.jsonl").readall()
        preview = [json.loads(line) for line in lines.splitlines()]
        feed = next(line for line in preview if line["kind"] == "student" and line["wholeFeed"])
        assert (feed["before"], feed["now"], feed["removed"]) == (400, 200, 201)
        (north,) = [
            line for line in preview if line["kind"] == "student" and line.get("schoolLine") == 2
        ]
        assert north["rows"] == [201]
        assert b"s19" not in lines
        assert b"new" not in lines

    def test_replaced_ids_are_noticed_although_the_number_is_the_same(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness)
        students = FULL["student.csv"].replace("\nz", "\ny")
        _, result = held(harness, {**FULL, "student.csv": students})
        assert result["held"]["trips"][0]["count"] == 100

    def test_a_small_difference_is_synced_and_becomes_the_baseline(
        self, harness: ActivityHarness
    ) -> None:
        first = synced(harness)
        student = "".join(FULL["student.csv"].splitlines(keepends=True)[:-5])
        second = synced(harness, {**FULL, "student.csv": student}, "n2/")
        assert nights(harness) == [second.run, first.run]
        assert harness.kept("northwind/latest.json")["comparedWith"] == first.run

    @pytest.mark.parametrize("setting", [{"percent": 80}, False])
    def test_a_feed_can_change_a_limit_or_turn_a_guard_off(
        self, new_harness: NewHarness, setting: Any
    ) -> None:
        harness = new_harness(guards={"removed": setting})
        first = synced(harness)
        header, *students = FULL["student.csv"].splitlines(keepends=True)
        fewer = {**FULL, "student.csv": header + "".join(students[1:350:2])}
        second = synced(harness, fewer, "n2/")
        assert nights(harness) == [second.run, first.run]

    def test_a_repeated_call_tells_the_same(self, harness: ActivityHarness) -> None:
        synced(harness)
        _, found = guarded(harness, HALF, "n2/")
        at = harness.newest() + 1_000
        record = f"northwind/{found.run}/steps/guards.json"
        before = harness.kept(record)
        assert harness.ask(compare_with_baseline, files=found, now=at + 60, after=60) == HELD
        assert harness.kept(record) == before

    def test_an_export_that_is_overtaken_is_superseded(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land("n2/", HALF)
        found = gathered(harness)
        harness.ask(validate_file_set, files=found)
        harness.land("n3/", FULL)
        answer = harness.ask(compare_with_baseline, files=found)
        assert answer == Ended(Verdict(outcome=Outcome.SUPERSEDED))

    def test_what_validation_left_may_be_lost(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land("n2/", HALF)
        found = gathered(harness)
        harness.ask(validate_file_set, files=found)
        harness.state.delete_blob(f"northwind/candidates/{found.generation}")
        assert harness.ask(compare_with_baseline, files=found) == HELD


class TestAFileWithoutRows:
    EMPTY: Mapping[str, str] = {**FULL, "student.csv": "SIS ID,School SIS ID,Username\n"}

    def test_it_is_held_where_there_is_a_baseline(self, harness: ActivityHarness) -> None:
        synced(harness)
        _, result = held(harness, self.EMPTY)
        assert "file-emptied" in {trip["guard"] for trip in result["held"]["trips"]}
        assert result["counts"] == {"errors": 0, "warnings": 1, "information": 0}

    def test_it_is_an_error_on_the_first_run(self, harness: ActivityHarness) -> None:
        harness.land("n1/", self.EMPTY)
        answer = harness.ask(validate_file_set, files=gathered(harness))
        assert answer == Ended(Verdict(outcome=Outcome.REJECTED))

    def test_it_is_an_error_where_no_guard_holds_it(self, new_harness: NewHarness) -> None:
        harness = new_harness(guards={"file-emptied": False})
        synced(harness)
        harness.land("n2/", self.EMPTY)
        answer = harness.ask(validate_file_set, files=gathered(harness))
        assert answer == Ended(Verdict(outcome=Outcome.REJECTED))


class TestWhatCannotBeRead:
    """An error never lets a file set through."""

    def test_a_damaged_baseline_fails_the_run(self, harness: ActivityHarness) -> None:
        synced(harness)
        (name,) = [name for name in harness.state.list_blob_names() if name.endswith(".baseline")]
        harness.state.upload_blob(name, b"SISBASE1 cut", overwrite=True)
        answer, _ = guarded(harness, HALF, "n2/")
        assert answer.verdict.outcome is Outcome.FAILED
        assert answer.verdict.error.code == "baseline-damaged"

    def test_a_container_that_is_not_there_fails_the_run(self, harness: ActivityHarness) -> None:
        synced(harness)
        harness.land("n2/", HALF)
        found = gathered(harness)
        harness.state.delete_container()
        answer = harness.ask(validate_file_set, files=found)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.FAILED

    def test_a_pause_that_cannot_be_read_fails_the_run(self, harness: ActivityHarness) -> None:
        harness.decisions.upload_blob("northwind/pause.json", b"{")
        answer, _ = guarded(harness, FULL, "n1/")
        assert answer.verdict.error.code == "decision-unreadable"


class TestAnApproval:
    def test_it_runs_the_same_files_a_second_time_under_another_id(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        approved = gathered(harness)
        assert approved.run == f"{found.run}-approved"
        assert (approved.generation, approved.files) == (found.generation, found.files)
        assert isinstance(harness.ask(validate_file_set, files=approved), Validated)
        assert harness.ask(compare_with_baseline, files=approved) == Compared()
        started(harness, approved)
        result = harness.kept(f"northwind/{approved.run}/result.json")
        assert (result["outcome"], result["approves"]) == ("started", found.run)
        assert result["approval"]["by"] == SIGNED.by
        assert result["approval"]["reason"] == SIGNED.reason
        assert harness.emitted[-1]["data"]["approves"] == found.run
        assert nights(harness)[0] == approved.run
        assert harness.kept("northwind/started.json")["run"] == approved.run

    def test_it_counts_once(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        approved = gathered(harness)
        harness.publish(approved, Verdict(outcome=Outcome.NOT_READY))
        assert harness.ask(gather_file_set) == Gathered()

    def test_the_two_runs_of_a_generation_never_both_start(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        approved = gathered(harness)
        harness.ask(validate_file_set, files=approved)
        harness.ask(upload_file_set, files=approved)
        harness.ask(start_sync, files=approved)
        calls = harness.target.calls.count("start")
        harness.ask(start_sync, files=found)
        assert harness.target.calls.count("start") == calls

    @pytest.mark.parametrize("decision", ["rejected", None])
    def test_without_it_nothing_is_run(
        self, harness: ActivityHarness, decision: str | None
    ) -> None:
        synced(harness)
        found, _ = held(harness)
        if decision:
            decide(harness, found, decision)
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_newer_complete_export_voids_it(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        harness.land("n3/", FULL)
        newer = gathered(harness)
        assert newer.folder == "n3"
        harness.publish(newer, Verdict(outcome=Outcome.REJECTED))
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_newer_export_that_is_not_complete_does_not(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        harness.land("n3/", {"school.csv": FULL["school.csv"]})
        incomplete = harness.landed_set("n3")
        decide(harness, found)
        assert gathered(harness).approves == found.run
        harness.publish(incomplete, Verdict(outcome=Outcome.INCOMPLETE))
        assert gathered(harness).approves == found.run

    def test_it_is_for_exactly_these_files(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        harness.landing.delete_blob("northwind/n2/student.csv")
        answer = harness.ask(gather_file_set)
        assert not isinstance(answer, Gathered) or answer.files is None

    def test_a_decision_that_cannot_be_read_allows_nothing(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        harness.decisions.upload_blob(f"northwind/{found.run}/decision.json", b"yes")
        assert harness.ask(gather_file_set) == Gathered()

    def test_a_run_without_its_approval_fails(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        approved = gathered(harness)
        harness.ask(validate_file_set, files=approved)
        harness.decisions.delete_blob(f"northwind/{found.run}/decision.json")
        answer = harness.ask(compare_with_baseline, files=approved)
        assert isinstance(answer, Ended)
        assert answer.verdict.error is not None
        assert answer.verdict.error.code == "not-approved"


class TestAPause:
    def pause(self, harness: ActivityHarness) -> None:
        harness.services.decisions.change_pause("northwind", lambda _: paused("northwind", SIGNED))

    def resume(self, harness: ActivityHarness) -> None:
        later = SIGNED._replace(at="2026-11-29T09:00:00.000Z")
        harness.services.decisions.change_pause(
            "northwind", lambda pause: resumed("northwind", pause, later)
        )

    def test_exports_are_compared_and_held_while_it_lasts(self, harness: ActivityHarness) -> None:
        synced(harness)
        self.pause(harness)
        _, result = held(harness, FULL)
        (trip,) = result["held"]["trips"]
        assert trip["guard"] == "paused"
        assert "sis-sync resume northwind --by NAME. Then approve" in result["action"]
        self.resume(harness)
        synced(harness, FULL, "n3/")

    def test_one_with_an_end_may_be_waited_for(self, harness: ActivityHarness) -> None:
        synced(harness)
        until = "2126-01-07T00:00:00.000Z"
        harness.services.decisions.change_pause(
            "northwind", lambda _: paused("northwind", SIGNED, until)
        )
        _, result = held(harness, FULL)
        assert f"--by NAME, or wait until {until}. Then approve" in result["action"]

    def test_an_approval_waits_for_its_end(self, harness: ActivityHarness) -> None:
        synced(harness)
        self.pause(harness)
        found, result = held(harness)
        assert {trip["guard"] for trip in result["held"]["trips"]} >= {"removed", "paused"}
        decide(harness, found)
        assert harness.ask(gather_file_set) == Gathered()
        self.resume(harness)
        assert gathered(harness).approves == found.run

    def test_an_approved_run_is_held_too(self, harness: ActivityHarness) -> None:
        synced(harness)
        found, _ = held(harness)
        decide(harness, found)
        approved = gathered(harness)
        harness.ask(validate_file_set, files=approved)
        self.pause(harness)
        answer = harness.ask(compare_with_baseline, files=approved)
        assert answer == HELD
        result = published(harness, approved, answer)
        assert [trip["guard"] for trip in result["held"]["trips"]] == ["paused"]
        self.resume(harness)
        decide(harness, approved)
        assert gathered(harness).run == f"{approved.run}-approved"


GUARDIANS = {
    "user.csv": "Email,First Name,Last Name,Phone,SIS ID\np@example.org,P,Q,,p1\n",
    "guardianrelationship.csv": "SIS ID,Email,Role\ns1,p@example.org,parent\n",
}
"""Optional files, which come together or not at all."""

DEADLINE = 10_800.0


class TestAMissingOptionalFile:
    def at_the_deadline(
        self, harness: ActivityHarness, files: Mapping[str, str] = FULL, *, after: float = DEADLINE
    ) -> Answer:
        """What is answered about a set after one that had the optional files."""
        harness.land("n2/", files)
        return harness.ask(gather_file_set, after=after)

    def test_it_is_waited_for_until_the_deadline(self, harness: ActivityHarness) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        answer = self.at_the_deadline(harness, after=DEADLINE - 1)
        assert isinstance(answer, Wait)
        assert answer.reason == (
            "Waiting for guardianrelationship.csv (was in the last export),"
            " user.csv (was in the last export)."
        )

    def test_then_the_run_is_held_and_can_be_approved(self, harness: ActivityHarness) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        answer = self.at_the_deadline(harness)
        assert isinstance(answer, Gathered)
        found = answer.files
        assert found is not None
        assert isinstance(harness.ask(validate_file_set, files=found), Validated)
        answer = harness.ask(compare_with_baseline, files=found)
        result = published(harness, found, answer)
        trips = {(trip["guard"], trip["file"]) for trip in result["held"]["trips"]}
        assert trips == {("file-gone", "guardianrelationship.csv"), ("file-gone", "user.csv")}
        decide(harness, found)
        approved = gathered(harness)
        harness.ask(validate_file_set, files=approved)
        assert harness.ask(compare_with_baseline, files=approved) == Compared()
        started(harness, approved)
        assert isinstance(self.at_the_deadline(harness, after=0), Gathered)

    def test_a_required_file_that_is_missing_too_leaves_the_set_incomplete(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        few = {name: text for name, text in FULL.items() if name != "teacher.csv"}
        answer = self.at_the_deadline(harness, few)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.INCOMPLETE
        assert answer.verdict.missing == (
            "guardianrelationship.csv (was in the last export)",
            "teacher.csv",
            "user.csv (was in the last export)",
        )

    @pytest.mark.parametrize(
        "there",
        [
            pytest.param({"user.csv": GUARDIANS["user.csv"]}, id="half of the group"),
            pytest.param(
                {"user.csv": "", "guardianrelationship.csv": GUARDIANS["guardianrelationship.csv"]},
                id="empty",
            ),
        ],
    )
    def test_so_does_one_of_which_something_is_there(
        self, harness: ActivityHarness, there: Mapping[str, str]
    ) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        answer = self.at_the_deadline(harness, {**FULL, **there})
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.INCOMPLETE

    def test_a_set_that_still_changes_at_the_deadline_is_waited_for(
        self, harness: ActivityHarness
    ) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        harness.land("n2/", FULL)
        answer = harness.ask(gather_file_set, now=harness.newest() + 50, after=DEADLINE)
        assert isinstance(answer, Wait)
        assert answer.after == pytest.approx(70)

    @pytest.mark.parametrize("setting", [False, {"least": 2}])
    def test_without_the_guard_the_set_stays_incomplete(
        self, new_harness: NewHarness, setting: Any
    ) -> None:
        harness = new_harness(guards={"file-gone": setting})
        synced(harness, {**FULL, **GUARDIANS})
        answer = self.at_the_deadline(harness)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.INCOMPLETE

    def test_so_does_one_of_a_feed_without_a_baseline(self, harness: ActivityHarness) -> None:
        synced(harness, {**FULL, **GUARDIANS})
        harness.services.baselines.erase("northwind")
        answer = self.at_the_deadline(harness)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.INCOMPLETE


class TestADryRun:
    def ended(self, harness: ActivityHarness, files: Mapping[str, str], folder: str) -> Any:
        answer, found = guarded(harness, files, folder)
        assert answer == Compared()
        verdict = Verdict(outcome=Outcome.DRY_RUN)
        return published(harness, found, Ended(verdict))

    def test_it_says_that_it_would_be_held(self, new_harness: NewHarness) -> None:
        harness = new_harness(target="dry-run", profileId=None)
        self.ended(harness, FULL, "n1/")
        result = self.ended(harness, HALF, "n2/")
        assert result["outcome"] == "dry_run"
        assert "would be held" in result["summary"]
        assert result["held"]["trips"]
        assert harness.ask(gather_file_set) == Gathered()

    def test_it_is_no_baseline_for_a_sync(self, new_harness: NewHarness) -> None:
        harness = new_harness(target="dry-run", profileId=None)
        self.ended(harness, FULL, "n1/")
        assert nights(harness) == []
        harness.change_feed()
        synced(harness, HALF, "n2/")


class TestAnUnknownStart:
    def unknown(self, harness: ActivityHarness) -> tuple[FileSet, Any]:
        answer, found = guarded(harness, self.SMALLER, "n2/")
        assert answer == Compared()
        harness.ask(upload_file_set, files=found)
        return found, published(harness, found, Ended(Verdict(outcome=Outcome.UNKNOWN, sent=True)))

    SMALLER: Mapping[str, str] = {
        **FULL,
        "student.csv": "".join(FULL["student.csv"].splitlines(keepends=True)[:-5]),
    }

    def settle(self, harness: ActivityHarness, found: FileSet, *, started: bool) -> None:
        harness.services.decisions.settle(
            Settlement(
                feed="northwind",
                run=found.run,
                generation=found.generation,
                started=started,
                by=SIGNED.by,
                settled_at="2026-11-29T08:00:00.000Z",
            )
        )

    def test_it_leaves_the_baseline_as_it_was_and_says_so(self, harness: ActivityHarness) -> None:
        first = synced(harness)
        found, result = self.unknown(harness)
        assert nights(harness) == [first.run]
        assert f"sis-sync settle northwind {found.run} --started" in result["action"]
        assert "compared with the last one whose start was confirmed" in result["action"]

    @pytest.mark.parametrize("started", [True, False])
    def test_a_settlement_decides_what_the_next_export_is_compared_with(
        self, harness: ActivityHarness, started: bool
    ) -> None:
        first = synced(harness)
        found, _ = self.unknown(harness)
        self.settle(harness, found, started=started)
        harness.land("n3/", FULL)
        harness.ask(validate_file_set, files=gathered(harness))
        expected = [found.run, first.run] if started else [first.run]
        assert sorted(nights(harness)) == sorted(expected)
        last = found if started else first
        assert harness.kept("northwind/started.json")["run"] == last.run

    def test_a_settlement_that_cannot_be_read_settles_nothing(
        self, harness: ActivityHarness
    ) -> None:
        first = synced(harness)
        found, _ = self.unknown(harness)
        harness.decisions.upload_blob(f"northwind/{found.run}/settlement.json", b"it did")
        synced_again, _ = guarded(harness, FULL, "n3/")
        assert synced_again == Compared()
        assert nights(harness) == [first.run]

    def test_a_later_start_makes_it_void(self, harness: ActivityHarness) -> None:
        first = synced(harness)
        found, _ = self.unknown(harness)
        third = synced(harness, FULL, "n3/")
        self.settle(harness, found, started=True)
        harness.land("n4/", FULL)
        harness.ask(validate_file_set, files=gathered(harness))
        assert nights(harness) == [third.run, first.run]


def test_a_scheduled_run_becomes_the_baseline_once_it_has_ended_well(
    harness: ActivityHarness,
) -> None:
    from sync_core.activities import check_progress

    answer, found = guarded(harness, FULL, "n1/")
    assert answer == Compared()
    harness.ask(upload_file_set, files=found)
    published(harness, found, Ended(Verdict(outcome=Outcome.SCHEDULED, sent=True)))
    assert nights(harness) == []
    harness.ask(check_progress, files=found)
    assert nights(harness) == [found.run]


def test_a_refused_start_leaves_the_baseline_as_it_was(harness: ActivityHarness) -> None:
    harness.target.will_answer(start=[StartAnswer(started=False)])
    answer, found = guarded(harness, FULL, "n1/")
    assert answer == Compared()
    harness.ask(upload_file_set, files=found)
    ended = harness.ask(start_sync, files=found)
    assert isinstance(ended, Ended)
    assert published(harness, found, ended)["outcome"] == "refused"
    assert nights(harness) == []
