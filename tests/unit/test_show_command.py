"""`sis-sync show`: what is printed of a run, and the exit code of its outcome."""

import json
import re
from collections.abc import Callable

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.model.documents import RunResult
from sync_core.model.holds import Decision, PreviewLine, approved_run
from sync_core.model.outcomes import Outcome
from tests.unit.operators_kit import (
    AT,
    FEED,
    GENERATION,
    NEWER,
    RUN,
    SIGNED,
    TRIP,
    Operator,
    run_result,
)


def line(kind: str, **changes: object) -> PreviewLine:
    usual = PreviewLine(
        kind=kind,
        file=f"{kind}.csv",
        whole_feed=False,
        before=500,
        now=250,
        removed=1_250,
        moved=0,
        changed_role=0,
        added=6,
    )
    return msgspec.structs.replace(usual, **changes)


PREVIEW = (
    line("student", whole_feed=True),
    line("student", school_line=7, in_last_export=True),
    line("teacher", school_line=3, rows=(2, 3, 4, 5, 6, 7)),
    line("section"),
)


@pytest.fixture
def operator(azurite: Azurite, new_container: Callable[[str], ContainerClient]) -> Operator:
    containers = [new_container(kind) for kind in ("landing", "results", "decisions")]
    return Operator(azurite.connection_string, *containers)


@pytest.fixture
def held(operator: Operator) -> Operator:
    """The same, with a held run that has a preview."""
    operator.has_run(run_result(files=operator.land(school="N")))
    body = b"".join(msgspec.json.encode(each) + b"\n" for each in PREVIEW)
    operator.results.upload_blob(f"{FEED}/{RUN}/preview.jsonl", body)
    return operator


def rows(output: str) -> list[list[str]]:
    """The cells of the tables in an output, without their heads."""
    _, _, tables = output.partition("why it is held")
    lines = [re.split(r" {2,}", text.strip()) for text in tables.splitlines()]
    return [cells for cells in lines[1:] if cells[0] != "kind"]


class TestAHeldRun:
    def test_it_says_where_its_report_is(self, operator: Operator) -> None:
        operator.has_run(
            run_result(files=operator.land(school="N"), report="northwind/r/report.html")
        )
        assert (
            "Report    northwind/r/report.html, in the results"
            in operator.call("show", FEED).stdout
        )

    def test_it_says_why_and_what_would_change_without_naming_anybody(self, held: Operator) -> None:
        answer = held.call("show", FEED, RUN)
        assert answer.exit_code == 1
        assert "Nobody has decided yet." in answer.stdout
        assert rows(answer.stdout) == [
            [TRIP.sentence, TRIP.advice],
            ["student", "all", "500", "250", "1,250", "0", "0", "6"],
            ["student", "line 7 (last export)", "500", "250", "1,250", "0", "0", "6"],
            ["teacher", "line 3", "500", "250", "1,250", "0", "0", "6", "2, 3, 4, 5, 6, ..."],
            ["section", "not in its file", "500", "250", "1,250", "0", "0", "6"],
        ]

    def test_the_newest_run_is_shown_where_none_is_named(self, held: Operator) -> None:
        assert RUN in held.call("show", FEED).stdout

    def test_json_has_everything(self, held: Operator) -> None:
        held.call("reject", FEED, RUN, *SIGNED)
        document = held.called_json("show", FEED, RUN)
        assert document["state"] == "rejected"
        assert document["result"]["outcome"] == "held"
        assert document["decision"]["by"] == "Ann Lee"
        assert len(document["preview"]) == len(PREVIEW)
        assert (document["settlement"], document["pause"]) == (None, None)

    def test_who_has_decided_is_shown_with_the_reason(self, held: Operator) -> None:
        held.call("approve", FEED, RUN, *SIGNED)
        shown = held.call("show", FEED, RUN).stdout
        assert "Approved by Ann Lee at 2" in shown
        assert "Reason: North School has closed." in shown

    def test_a_hold_that_a_newer_export_has_ended_is_said(self, held: Operator) -> None:
        held.has_run(run_result(Outcome.REJECTED, NEWER, held.land("second/", school="N")))
        shown = held.call("show", FEED, RUN).stdout
        assert f"A newer export has landed, whose run is {NEWER}" in shown

    def test_the_second_run_is_named_also_after_a_newer_export(self, held: Operator) -> None:
        held.call("approve", FEED, RUN, *SIGNED)
        files = held.land("second/", school="N")
        held.has_run(run_result(Outcome.STARTED, approved_run(RUN), files))
        held.has_run(run_result(Outcome.STARTED, NEWER, files))
        shown = held.call("show", FEED, RUN).stdout
        assert f"The second run of these files is {approved_run(RUN)}." in shown
        assert "cannot be synced" not in shown

    def to_do(self, operator: Operator) -> str:
        shown = operator.call("show", FEED, RUN).stdout
        return next(line for line in shown.splitlines() if line.startswith("To do"))

    def test_what_to_do_is_what_is_left_to_do_after_a_rejection(self, held: Operator) -> None:
        held.call("reject", FEED, RUN, *SIGNED)
        assert "corrected export" in self.to_do(held)
        assert "sis-sync" not in self.to_do(held)

    def test_after_an_approval_the_app_starts_the_second_run(self, held: Operator) -> None:
        held.call("approve", FEED, RUN, *SIGNED)
        assert "within 10 minutes" in self.to_do(held)
        held.call("pause", FEED, *SIGNED)
        assert "once the pause of the feed has ended" in self.to_do(held)
        files = held.land("second/", school="N")
        held.has_run(run_result(Outcome.STARTED, approved_run(RUN), files))
        assert f"sis-sync show {FEED} {approved_run(RUN)}" in self.to_do(held)

    def test_a_hold_that_is_void_points_to_the_newest_run(self, held: Operator) -> None:
        held.has_run(run_result(Outcome.REJECTED, NEWER, held.land("second/", school="N")))
        assert f"sis-sync show {FEED} {NEWER}" in self.to_do(held)

    @pytest.mark.parametrize("started", [True, False])
    def test_a_settled_run_needs_no_settlement(self, operator: Operator, started: bool) -> None:
        operator.has_run(run_result(Outcome.UNKNOWN, files=operator.land(school="N")))
        operator.call("settle", FEED, RUN, "--started" if started else "--not-started", *SIGNED)
        assert "settle" not in self.to_do(operator)
        assert ("sis-sync redeliver" in self.to_do(operator)) is not started

    def test_many_reasons_are_cut_and_counted(self, operator: Operator) -> None:
        files = operator.land(school="N")
        held = run_result(files=files).held
        assert held is not None
        many = msgspec.structs.replace(held, trips=(TRIP,) * 33)
        operator.has_run(run_result(files=files, held=many))
        shown = operator.call("show", FEED, RUN).stdout
        assert shown.count(TRIP.advice) == 30
        assert "3 more reasons are in result.json." in shown

    def test_the_schools_with_the_largest_changes_are_shown_first(self, held: Operator) -> None:
        lines = [
            line("student", school_line=5, removed=1),
            line("student", school_line=6, removed=90),
            line("student", whole_feed=True, removed=2),
        ]
        body = b"".join(msgspec.json.encode(each) + b"\n" for each in lines)
        held.results.upload_blob(f"{FEED}/{RUN}/preview.jsonl", body, overwrite=True)
        shown = held.call("show", FEED, RUN).stdout
        places = [shown.index(school) for school in ("student  all", "line 6", "line 5")]
        assert places == sorted(places)

    def test_a_long_preview_is_cut_and_counted(self, held: Operator) -> None:
        body = b"".join(msgspec.json.encode(line("student")) + b"\n" for _ in range(32))
        held.results.upload_blob(f"{FEED}/{RUN}/preview.jsonl", body, overwrite=True)
        assert "2 more lines are in preview.jsonl." in held.call("show", FEED, RUN).stdout


class TestOtherRuns:
    def approved(self, operator: Operator) -> RunResult:
        decision = Decision(
            feed=FEED,
            run=RUN,
            generation=GENERATION,
            decision="approved",
            by="Ann Lee",
            decided_at=AT,
        )
        return run_result(
            Outcome.STARTED,
            approved_run(RUN),
            operator.land(school="N"),
            approves=RUN,
            approval=decision,
        )

    def test_an_approved_run_names_the_held_one(self, operator: Operator) -> None:
        operator.has_run(self.approved(operator))
        answer = operator.call("show", FEED)
        assert answer.exit_code == 0
        assert f"second one of {RUN}. Approved by Ann Lee at {AT}." in answer.stdout

    def test_a_settlement_and_a_pause_are_shown(self, operator: Operator) -> None:
        operator.has_run(run_result(Outcome.UNKNOWN, files=operator.land(school="N")))
        operator.call("settle", FEED, RUN, "--not-started", *SIGNED)
        operator.call("pause", FEED, "--until", "2126-01-07", *SIGNED)
        shown = operator.call("show", FEED).stdout
        assert "Settled as not started by Ann Lee" in shown
        assert "The feed is paused until 2126-01-07T00:00:00.000Z, by Ann Lee." in shown

    @pytest.mark.parametrize("outcome", Outcome)
    def test_the_exit_code_is_that_of_the_outcome(
        self, operator: Operator, outcome: Outcome
    ) -> None:
        operator.has_run(run_result(outcome, files=operator.land(school="N")))
        assert operator.call("show", FEED, RUN).exit_code == outcome.exit_code

    def test_a_feed_without_a_result_exits_with_2(self, operator: Operator) -> None:
        answer = operator.call("show", "south", "--json")
        assert answer.exit_code == 2
        assert json.loads(answer.stdout)["error"]["code"] == "run-not-found"
