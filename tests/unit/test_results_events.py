"""The events of the results queue: they fit, whatever was written, and tell what matters most."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from local.host import queue_form
from sync_core.formats import FORMATS, Format
from sync_core.formats.rules import RULES
from sync_core.model.documents import (
    FileRecord,
    MessageLine,
    RunError,
    RunResult,
    SyncEnd,
    message_line,
)
from sync_core.model.event_documents import RunFinishedEvent
from sync_core.model.file_names import shown_name
from sync_core.model.found import FOUND, FoundFile
from sync_core.model.masking import MASK, NOT_SHOWN
from sync_core.model.messages import MessageLevel, VerificationMessage, level_of
from sync_core.model.outcomes import Outcome
from sync_core.model.statistics import LARGEST_COUNT, EntityCounts, RunStatistics
from sync_core.orchestration.steps import Verdict
from sync_core.results.building import sync_end
from sync_core.results.events import (
    EVENT_BYTES,
    FOUND_NAMED,
    KEYS_NAMED,
    MESSAGE_ROWS,
    ORDER,
    ended_event,
    finished_event,
    host_form,
)
from sync_core.results.schemas import DOCUMENTS, schema
from sync_core.targets import Progress
from tests.unit.product_kit import file_set
from tests.unit.test_results_building import result_of, said

ADDRESS = "https://a.blob.core.windows.net/sync-results/northwind/run/result.json"
LETTERS = 'aé€😀\x01"\\\u2028'


def found_file(name: str) -> FoundFile:
    return FoundFile(
        name=name,
        reason="too-deep",
        description=FOUND["too-deep"].description,
        landed_at="2026-11-29T02:00:00.000Z",
    )


def event_of(lines: list[MessageLine], **verdict: Any) -> RunFinishedEvent:
    result = result_of(Verdict(**({"outcome": Outcome.REFUSED} | verdict)))
    return finished_event(result, lines, ADDRESS)


def sent(event: msgspec.Struct) -> str:
    """The message as the host puts it on the queue."""
    (body,) = queue_form.messages(msgspec.json.encode(event).decode())
    return base64.b64encode(body).decode()


def faults(event: msgspec.Struct) -> list[Any]:
    """Why the message is refused by the queue, or by its schema as a consumer reads it."""
    message = sent(event)
    too_large = [len(message)] if queue_form.too_large(message) else []
    document = json.loads(base64.b64decode(message))
    (name,) = (name for name, kind in DOCUMENTS.items() if kind is type(event))
    return too_large + list(Draft202012Validator(schema(name)).iter_errors(document))


def line(
    kind: str = "Error", text: str = "x", count: int | None = None, rows: int = 0
) -> MessageLine:
    return MessageLine(
        type=kind,
        file_name="student.csv",
        description=text,
        count=count,
        rows=tuple(range(rows)),
        source="validation",
        advice="Write dates as YYYY-MM-DD or YYYYMMDD." if rows else None,
    )


LINES = st.builds(
    line,
    st.sampled_from(["Error", "Warning", "Information", "odd"]),
    st.builds(str.__mul__, st.sampled_from(LETTERS), st.integers(0, 3_000)),
    st.none() | st.integers(1, 10**9),
    st.integers(0, 100),
)


class TestRunFinished:
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
        lines = [line() for _ in range(50)]
        event = event_of(lines)
        assert event.data.messages == tuple(lines)
        assert event.data.messages_left_out == 0

    def test_errors_come_before_warnings_and_then_what_concerns_most_rows(self) -> None:
        few, many = line(count=2), line(count=70)
        warning, remark = line("Warning", count=900), line("Information")
        event = event_of([remark, warning, few, many])
        assert event.data.messages == (many, few, warning, remark)

    def test_the_most_important_of_a_hundred_thousand_messages_are_reported(self) -> None:
        lines = [line("Warning", f"message {number}") for number in range(100_000)]
        lines += [line("Error", f"error {number}") for number in range(20)]
        event = event_of(lines)
        assert [one.type for one in event.data.messages[:21]] == ["Error"] * 20 + ["Warning"]
        assert len(event.data.messages) + event.data.messages_left_out == 100_020
        assert EVENT_BYTES - 200 < len(host_form(event)) <= EVENT_BYTES
        assert faults(event) == []

    @settings(max_examples=40, deadline=None)
    @given(st.lists(LINES, max_size=300), st.integers(0, 100_000), st.sampled_from(LETTERS))
    def test_it_fits_and_keeps_to_its_schema_whatever_exporter_and_service_have_written(
        self, lines: list[MessageLine], length: int, letter: str
    ) -> None:
        text = letter * length
        event = event_of(
            lines,
            summary=text,
            missing=(text,) * (length % 1_000),
            found=(found_file(shown_name(text)),) * (length % 30),
            error=RunError(code="start-refused", message=text),
        )
        assert faults(event) == []
        told = event.data.messages
        levels = [ORDER[level_of(one.type)] for one in told]
        assert levels == sorted(levels)
        assert len(told) + event.data.messages_left_out == len(lines)

    @pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda fmt: fmt.name)
    def test_it_has_every_hash_and_every_changed_rule_and_still_fits(self, fmt: Format) -> None:
        files = tuple(
            FileRecord(name=spec.name, blob="x", etag="1", size=1, sha256="0" * 64)
            for spec in fmt.files
        )
        rules: dict[str, MessageLevel] = dict.fromkeys(RULES, "information")
        result = result_of(Verdict(outcome=Outcome.REFUSED))
        result = msgspec.structs.replace(result, files=files, rules=rules)
        event = finished_event(result, [line()] * 2_000, ADDRESS)
        assert [file.name for file in event.data.files] == [spec.name for spec in fmt.files]
        assert event.data.rules == rules
        assert faults(event) == []

    def test_long_texts_and_lists_are_cut(self) -> None:
        event = event_of([line(text="x" * 100_000, rows=100)], summary="é" * 100_000)
        (told,) = event.data.messages
        assert (len(told.description), len(told.rows)) == (1_000, MESSAGE_ROWS)
        assert len(event.data.summary) == 1_000

    def test_the_first_found_files_are_named_and_the_others_counted(self) -> None:
        found = tuple(found_file(f"{number}/{'x' * 190}.csv") for number in range(20))
        event = event_of([], outcome=Outcome.INCOMPLETE, found=found, found_left_out=7)
        assert len(event.data.found) == FOUND_NAMED
        assert event.data.found_left_out == 7 + 20 - FOUND_NAMED
        assert event.data.found[0].name.startswith("0/xxx")
        assert event.data.found[0].name.endswith(".csv")
        assert len(event.data.found[0].name) == 100

    def test_the_code_of_an_error_is_cut_too(self) -> None:
        event = event_of([], error=RunError(code="é" * 100_000, message="x"))
        assert event.data.error is not None
        assert event.data.error.code == "é" * 60
        assert faults(event) == []

    def test_a_message_of_the_service_loses_what_may_be_a_cell(self) -> None:
        known = VerificationMessage(
            type="Warning",
            file_name="Student.csv",
            description="4 row(s) have missing data for the field - Ann Bell",
            code="AnnBell",
        )
        unknown = VerificationMessage(type="Ann", file_name="ann.csv", description="Ann Bell")
        event = event_of([message_line(known), message_line(unknown)])
        assert event.data.messages == (
            MessageLine(type=MASK, file_name=MASK, description=NOT_SHOWN),
            MessageLine(
                type="Warning",
                file_name="student.csv",
                description=f"4 row(s) have missing data for the field - {MASK}",
                code=MASK,
            ),
        )

    def test_the_columns_are_those_of_the_feeds_own_format(self) -> None:
        text = "4 row(s) have missing data for the field - sourcedId"
        said_so = VerificationMessage(type="Error", file_name="orgs.csv", description=text)
        result = msgspec.structs.replace(
            result_of(Verdict(outcome=Outcome.REFUSED)), format="sds-v2.1"
        )
        event = finished_event(result, [message_line(said_so)], ADDRESS)
        assert event.data.messages == (message_line(said_so),)

    def test_what_is_short_is_reported_as_it_is(self) -> None:
        error = RunError(code="a", message="b")
        event = event_of([], summary="c", missing=("d", "e"), error=error)
        assert (event.data.summary, event.data.missing) == ("c", ("d", "e"))
        assert event.data.error == error
        assert event_of([]).data.error is None

    def test_where_the_queue_refuses_it_it_goes_without_messages_and_counts_them(self) -> None:
        result: RunResult = result_of(Verdict(outcome=Outcome.REFUSED), "Error")
        event = finished_event(result, [message_line(said("Error"))] * 3, ADDRESS, cut=True)
        assert event.data.messages == ()
        assert event.data.messages_left_out == 3


class TestSyncEnded:
    def end(self, **progress: Any) -> SyncEnd:
        told = Progress(**({"status": "success", "state": "succeeded"} | progress))
        return sync_end(file_set(), told, now=0.0, overdue=False)

    def test_it_is_another_one_than_the_runs(self) -> None:
        files = file_set()
        event = ended_event(files, self.end(), ADDRESS)
        assert event.id == f"northwind/{files.run}/sync"
        assert event.type == "org.sis-sync.sync.ended.v1"
        assert (event.subject, event.data.result) == (files.generation, ADDRESS)
        assert (event.data.status, event.data.severity, event.data.ended) == (
            "success",
            "info",
            True,
        )

    @pytest.mark.parametrize("letter", LETTERS)
    def test_it_fits_whatever_the_service_has_written(self, letter: str) -> None:
        words = {f"{number}{letter * 9_000}": 10**12 for number in range(200)}
        end = self.end(
            status=letter * 90_000,
            state="failed",
            errors=words,
            note=letter * 90_000,
            statistics=RunStatistics(matched=words, unmatched=words),
        )
        assert faults(ended_event(file_set(), end, ADDRESS)) == []

    def test_counts_that_no_reader_of_json_holds_are_cut(self) -> None:
        huge = 10**4_000
        each = EntityCounts(total=huge, active=huge, inactive=huge)
        statistics = RunStatistics(
            errors=huge,
            warnings=huge,
            organizations=each,
            people=each,
            groups=each,
            memberships=EntityCounts(total=1),
            matched={"student": huge},
            unmatched={"student": huge, "teacher": 2},
        )
        end = self.end(errors={"a": huge}, state="failed", statistics=statistics)
        event = ended_event(file_set(), end, ADDRESS)
        assert faults(event) == []
        assert event.data.errors == {"a": LARGEST_COUNT}
        told = event.data.statistics
        assert told is not None
        assert (told.errors, told.memberships) == (LARGEST_COUNT, EntityCounts(total=1))
        assert told.unmatched == {"student": LARGEST_COUNT, "teacher": 2}

    def test_words_that_are_alike_when_they_are_cut_are_added_up(self) -> None:
        errors = {"x" * 100 + "a": 2, "x" * 100 + "b": 3}
        event = ended_event(file_set(), self.end(errors=errors, state="failed"), ADDRESS)
        assert event.data.errors == {"x" * 60: 5}
        assert event.data.errors_cut is False

    def test_codes_that_are_left_out_are_reported(self) -> None:
        errors = {f"code-{number}": 1 for number in range(KEYS_NAMED + 1)}
        end = self.end(errors=errors, state="failed")
        assert end.errors_cut is False
        assert ended_event(file_set(), end, ADDRESS).data.errors_cut is True

    def test_where_the_queue_refuses_it_it_goes_without_counts(self) -> None:
        end = self.end(errors={"a": 1}, state="failed", statistics=RunStatistics(errors=1))
        event = ended_event(file_set(), end, ADDRESS, cut=True)
        assert (event.data.errors, event.data.statistics) == ({}, None)
        assert event.data.errors_cut is True


@pytest.mark.parametrize("text", ["é€😀", "\u0085\u2028\u2029", 'quo"te \\ \x01\n', "x" * 3_000])
def test_its_size_is_measured_in_the_form_that_the_host_writes(text: str) -> None:
    event = event_of([line(text=text)])
    # The host shortens times, and nothing else parts the two.
    written = base64.b64decode(sent(event))
    assert 0 <= len(host_form(event)) - len(written) <= len(".250Z")
