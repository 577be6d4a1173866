"""From what a run knows to its documents: counts, sentences, and an event that fits the queue."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.messages import Finding, VerificationMessage
from sync_core.outcomes import OUTCOMES, Outcome
from sync_core.results.building import (
    ERROR_CODES,
    EVENT_BYTES,
    counted,
    ended_event,
    finished_event,
    run_result,
    sync_end,
)
from sync_core.results.documents import (
    MessageLine,
    RunError,
    RunFinishedEvent,
    RunResult,
    Step,
    TargetReference,
    message_line,
    rfc3339,
)
from sync_core.steps import Publication, Verdict
from sync_core.targets import Progress
from tests.unit.product_kit import EXPORT, PROFILE, file_set

ADDRESS = "https://a.blob.core.windows.net/sync-results/northwind/run/result.json"
QUEUE_BYTES = 64 * 1024
STEP = Step(name="gather", started_at=rfc3339(0), ended_at=rfc3339(1), seconds=1.0)


def said(weight: str, text: str = "A remark.") -> VerificationMessage:
    return VerificationMessage(type=weight, file_name="student.csv", description=text)


def result_of(verdict: Verdict, *weights: str, rows: dict[str, int] | None = None) -> RunResult:
    publication = Publication(
        feed="northwind",
        since=2_000.0,
        now=3_000.25,
        files=file_set(),
        verdict=verdict,
        steps=(STEP,),
        started_at=1_500.0,
    )
    return run_result(
        publication,
        [said(weight) for weight in weights],
        rows or {},
        target=TargetReference(kind="classic", id=PROFILE),
        format_name="sds-v1",
    )


def event_of(lines: list[MessageLine], **verdict: Any) -> RunFinishedEvent:
    result = result_of(Verdict(**({"outcome": Outcome.REFUSED} | verdict)))
    return finished_event(result, lines, ADDRESS)


def size(event: RunFinishedEvent) -> int:
    return len(msgspec.json.encode(event))


class TestResult:
    def test_it_tells_what_was_run_when_and_how_it_ended(self) -> None:
        result = result_of(Verdict(outcome=Outcome.STARTED, sent=True))
        files = file_set()
        assert (result.feed, result.run, result.generation) == (
            "northwind",
            files.run,
            files.generation,
        )
        assert (result.outcome, result.severity, result.sent) == ("started", "info", True)
        assert result.action == OUTCOMES[Outcome.STARTED].action
        assert (result.target.id, result.format) == (PROFILE, "sds-v1")
        assert result.steps == (STEP,)
        assert result.landed_at == "1970-01-01T00:16:40.000Z"
        assert result.started_at == "1970-01-01T00:25:00.000Z"
        assert result.ended_at == "1970-01-01T00:50:00.250Z"
        assert result.messages == f"northwind/{files.run}/messages.jsonl"

    def test_its_files_tell_their_rows_where_they_were_counted(self) -> None:
        result = result_of(Verdict(outcome=Outcome.STARTED), rows={"school.csv": 7})
        assert [file.name for file in result.files] == list(EXPORT)
        assert result.files[0].rows == 7
        assert {file.rows for file in result.files[1:]} == {None}

    def test_messages_are_counted_by_weight_and_strange_ones_as_errors(self) -> None:
        finding = Finding(type="Error", rule="r")
        weights = [said(weight) for weight in ("ERROR", "odd", "Warning", "warning", "Information")]
        counts = counted([*weights, finding])
        assert (counts.errors, counts.warnings, counts.information) == (3, 2, 1)
        assert counts.total == 6

    @pytest.mark.parametrize(
        ("weights", "outcome"),
        [
            ([], Outcome.STARTED),
            (["Information"], Outcome.STARTED),
            (["warning"], Outcome.STARTED_WITH_WARNINGS),
        ],
    )
    def test_a_start_with_warnings_is_one_of_its_own_kind(
        self, weights: list[str], outcome: Outcome
    ) -> None:
        assert result_of(Verdict(outcome=Outcome.STARTED), *weights).outcome is outcome

    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.STARTED}))
    def test_warnings_change_no_other_outcome(self, outcome: Outcome) -> None:
        result = result_of(Verdict(outcome=outcome), "Warning")
        assert (result.outcome, result.severity) == (outcome, outcome.severity)


class TestSummary:
    @pytest.mark.parametrize(
        ("outcome", "weights", "sentence"),
        [
            (Outcome.STARTED, [], "The sync has started with 6 files."),
            (Outcome.STARTED, ["Warning"], "The sync has started, with 1 warning."),
            (Outcome.STARTED, ["Warning"] * 2, "The sync has started, with 2 warnings."),
            (Outcome.REJECTED, ["Error"], "Validation found 1 error; nothing was uploaded."),
            (
                Outcome.REFUSED,
                ["Error"] * 1_234 + ["Warning"],
                "The service found 1,234 errors; the sync did not start.",
            ),
            (Outcome.UNKNOWN, [], OUTCOMES[Outcome.UNKNOWN].meaning),
        ],
    )
    def test_it_is_one_sentence_about_what_matters(
        self, outcome: Outcome, weights: list[str], sentence: str
    ) -> None:
        assert result_of(Verdict(outcome=outcome), *weights).summary == sentence

    def test_the_verdicts_own_sentence_goes_first(self) -> None:
        verdict = Verdict(outcome=Outcome.STARTED, summary="By evidence.")
        assert result_of(verdict, "Warning").summary == "By evidence."

    def test_what_is_missing_is_named_and_a_crowd_is_counted(self) -> None:
        names = tuple(f"{number}.csv" for number in range(1_025))
        few = result_of(Verdict(outcome=Outcome.INCOMPLETE, missing=names[:2]))
        assert few.summary == "The export was not complete in time; waited for: 0.csv, 1.csv."
        many = result_of(Verdict(outcome=Outcome.INCOMPLETE, missing=names))
        assert many.summary.endswith("18.csv, 19.csv and 1,005 more.")
        assert many.missing == names


class TestEvent:
    def test_it_is_a_cloud_event_of_the_run(self) -> None:
        result = result_of(Verdict(outcome=Outcome.REFUSED), "Error")
        event = msgspec.to_builtins(finished_event(result, [], ADDRESS))
        data = event.pop("data")
        assert event == {
            "specversion": "1.0",
            "id": f"northwind/{result.run}",
            "source": "/sis-sync/feeds/northwind",
            "subject": result.generation,
            "time": result.ended_at,
            "datacontenttype": "application/json",
            "type": "org.sis-sync.run.finished.v1",
            "dataschema": "urn:sis-sync:schema:run-finished-event:1",
        }
        assert data["outcome"] == "refused"
        assert data["counts"]["errors"] == 1
        assert data["result"] == ADDRESS

    def test_messages_that_fit_are_all_there(self) -> None:
        lines = [message_line(said("Error")) for _ in range(50)]
        event = event_of(lines)
        assert event.data.messages == tuple(lines)
        assert event.data.messages_left_out == 0

    def test_ten_thousand_messages_leave_out_what_does_not_fit_and_say_how_many(self) -> None:
        lines = [message_line(said("Error", f"message {number}")) for number in range(10_000)]
        event = event_of(lines)
        kept = len(event.data.messages)
        assert event.data.messages == tuple(lines[:kept])
        assert event.data.messages_left_out == 10_000 - kept
        assert EVENT_BYTES - 200 < size(event) <= EVENT_BYTES

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(0, 4_000), min_size=20, max_size=60), st.sampled_from("aé€😀\x01"))
    def test_the_most_messages_that_fit_are_kept_whole_however_many_bytes_a_letter_has(
        self, lengths: list[int], letter: str
    ) -> None:
        lines = [message_line(said("Error", letter * length)) for length in lengths]
        event = event_of(lines)
        kept = len(event.data.messages)
        assert size(event) <= EVENT_BYTES
        assert event.data.messages == tuple(lines[:kept])
        assert kept + event.data.messages_left_out == len(lines)
        if kept < len(lines):
            # An event without messages counts them all; each message adds itself and a comma.
            added = sum(len(msgspec.json.encode(line)) + 1 for line in lines[: kept + 1])
            assert size(event_of([])) + added > EVENT_BYTES - 10

    def test_a_letter_across_the_boundary_is_not_cut(self) -> None:
        room = EVENT_BYTES - size(event_of([message_line(said("Error", ""))]))
        for length in range(room // 2 - 2, room // 2 + 3):
            event = event_of([message_line(said("Error", "é" * length))])
            assert len(event.data.messages) == (1 if 2 * length <= room else 0)
            assert msgspec.json.encode(event).decode("utf-8")

    def test_one_huge_message_is_left_out_and_so_are_those_behind_it(self) -> None:
        huge, small = message_line(said("Error", "x" * EVENT_BYTES)), message_line(said("Error"))
        event = event_of([huge, small, small])
        assert event.data.messages == ()
        assert event.data.messages_left_out == 3

    def test_whatever_exporter_and_service_have_written_it_fits_into_a_queue_message(self) -> None:
        event = event_of(
            [message_line(said("Error", "\x01" * 100_000))] * 3,
            summary="\x01" * 100_000,
            missing=("\x01" * 100_000,) * 1_000,
            error=RunError(code="start-refused", message="\x01" * 100_000),
        )
        assert size(event) <= EVENT_BYTES == 48 * 1024
        assert len(base64.b64encode(msgspec.json.encode(event))) <= QUEUE_BYTES
        assert len(event.data.missing) == 20
        assert event.data.error is not None
        assert event.data.error.code == "start-refused"

    def test_what_is_short_is_told_as_it_is(self) -> None:
        error = RunError(code="a", message="b")
        event = event_of([], summary="c", missing=("d", "e"), error=error)
        assert (event.data.summary, event.data.missing) == ("c", ("d", "e"))
        assert event.data.error == error
        assert event_of([]).data.error is None


class TestMessageLines:
    def test_a_finding_keeps_all_that_it_has(self) -> None:
        finding = Finding(
            type="Error",
            file_name="a.csv",
            description="b",
            rule="missing",
            field="SIS ID",
            count=7,
            rows=(2, 3),
        )
        assert msgspec.to_builtins(message_line(finding)) == {
            "type": "Error",
            "fileName": "a.csv",
            "description": "b",
            "rule": "missing",
            "field": "SIS ID",
            "count": 7,
            "rows": (2, 3),
            "source": "validation",
        }

    def test_a_message_of_the_service_stays_as_it_was(self) -> None:
        message = VerificationMessage(type="eRRor", file_name="", description="x")
        assert msgspec.to_builtins(message_line(message)) == {
            "type": "eRRor",
            "fileName": "",
            "description": "x",
        }


class TestEndOfTheSync:
    @pytest.mark.parametrize(
        ("progress", "overdue", "ended", "weight", "sentence"),
        [
            (Progress(status="success", state="succeeded"), False, True, "info", "ended well"),
            (
                Progress(status="error", state="failed", errors={"a": 1_000, "b": 1}),
                False,
                True,
                "error",
                "ended as error with 1,001 errors",
            ),
            (
                Progress(status="inProgress", state="running"),
                True,
                False,
                "warning",
                "had not ended when the watch did (status inProgress)",
            ),
        ],
    )
    def test_it_is_told_with_its_weight(
        self, progress: Progress, overdue: bool, ended: bool, weight: str, sentence: str
    ) -> None:
        end = sync_end(file_set(), progress, now=60.0, overdue=overdue)
        assert (end.ended, end.severity, end.status) == (ended, weight, progress.status)
        assert sentence in end.summary
        assert end.errors == progress.errors
        assert end.ended_at == "1970-01-01T00:01:00.000Z"

    def test_the_commonest_codes_are_told_and_no_more_than_a_queue_takes(self) -> None:
        errors = {f"code-{number:03}": number for number in range(200)}
        progress = Progress(status="error", state="failed", errors=errors)
        end = sync_end(file_set(), progress, now=60.0, overdue=False)
        assert len(end.errors) == ERROR_CODES
        assert min(end.errors.values()) == 200 - ERROR_CODES

    def test_its_event_is_another_one_than_the_runs(self) -> None:
        files = file_set()
        end = sync_end(files, Progress(status="success", state="succeeded"), now=0.0, overdue=False)
        event = ended_event(files, end, ADDRESS)
        assert event.id == f"northwind/{files.run}/sync"
        assert event.type == "org.sis-sync.sync.ended.v1"
        assert (event.subject, event.data.result) == (files.generation, ADDRESS)
        assert (event.data.status, event.data.severity, event.data.ended) == (
            "success",
            "info",
            True,
        )


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_774_567_890.9999, "2026-03-26T23:31:30.999Z"),
        (1_774_567_890.0005, "2026-03-26T23:31:30.000Z"),
    ],
)
def test_times_are_in_utc_to_the_millisecond(moment: float, text: str) -> None:
    assert rfc3339(moment) == text
