"""From what a run knows to its documents: counts and sentences."""

import msgspec
import pytest

from sync_core import __version__
from sync_core.model.documents import (
    RunError,
    RunResult,
    Step,
    TargetReference,
    message_line,
    rfc3339,
)
from sync_core.model.messages import Finding, VerificationMessage
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.orchestration.steps import Publication, Verdict
from sync_core.results.building import (
    ERROR_CODES,
    NO_REASON,
    count_messages,
    run_result,
    sync_end,
)
from sync_core.targets import Progress
from tests.unit.product_kit import EXPORT, PROFILE, file_set

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


class TestResult:
    def test_it_reports_what_was_run_when_and_how_it_ended(self) -> None:
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
        assert result.app_version == __version__

    @pytest.mark.parametrize("outcome", [Outcome.NOT_READY, Outcome.FAILED, Outcome.UNKNOWN])
    def test_where_the_files_may_be_right_it_names_the_command_to_deliver_them_again(
        self, outcome: Outcome
    ) -> None:
        result = result_of(Verdict(outcome=outcome))
        assert f"sis-sync redeliver northwind {result.run}" in result.action

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.INCOMPLETE, Outcome.STARTED])
    def test_elsewhere_it_does_not(self, outcome: Outcome) -> None:
        assert "redeliver" not in result_of(Verdict(outcome=outcome)).action

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.REFUSED])
    def test_it_says_to_fix_errors_only_if_there_are_any(self, outcome: Outcome) -> None:
        verdict = Verdict(outcome=outcome, summary="The zip a.zip is damaged.")
        assert "listed in the messages" in result_of(verdict, "Error").action
        assert "listed in the messages" not in result_of(verdict, "Warning").action

    def test_its_files_tell_their_rows_where_they_were_counted(self) -> None:
        result = result_of(Verdict(outcome=Outcome.STARTED), rows={"school.csv": 7})
        assert [file.name for file in result.files] == list(EXPORT)
        assert result.files[0].rows == 7
        assert {file.rows for file in result.files[1:]} == {None}

    def test_messages_are_counted_by_level_and_unknown_types_as_errors(self) -> None:
        finding = Finding(type="Error", rule="r")
        levels = [said(level) for level in ("ERROR", "odd", "Warning", "warning", "Information")]
        counts = count_messages([*levels, finding])
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
                "School Data Sync returned 1,234 errors; the sync did not start.",
            ),
            (
                Outcome.REFUSED,
                ["Warning"],
                f"{NO_REASON} The sync did not start.",
            ),
            (Outcome.UNKNOWN, [], OUTCOMES[Outcome.UNKNOWN].meaning),
        ],
    )
    def test_it_is_one_sentence_about_what_matters(
        self, outcome: Outcome, weights: list[str], sentence: str
    ) -> None:
        assert result_of(Verdict(outcome=outcome), *weights).summary == sentence

    def test_a_refusal_without_errors_is_reported_with_its_reason(self) -> None:
        error = RunError(code="start-refused", message="The service refused it with the code x.")
        summary = result_of(Verdict(outcome=Outcome.REFUSED, error=error), "Warning").summary
        assert summary == "The service refused it with the code x. The sync did not start."

    def test_the_verdicts_own_sentence_goes_first(self) -> None:
        verdict = Verdict(outcome=Outcome.STARTED, summary="By evidence.")
        assert result_of(verdict, "Warning").summary == "By evidence."

    def test_what_is_missing_is_named_and_a_crowd_is_counted(self) -> None:
        names = tuple(f"{number}.csv" for number in range(1_025))
        few = result_of(Verdict(outcome=Outcome.INCOMPLETE, missing=names[:2]))
        assert few.summary == (
            "The export was not complete by its deadline. Missing: 0.csv, 1.csv."
        )
        many = result_of(Verdict(outcome=Outcome.INCOMPLETE, missing=names))
        assert many.summary.endswith("18.csv, 19.csv and 1,005 more.")
        assert many.missing == names


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
            (
                Progress(status="success", state="succeeded"),
                False,
                True,
                "info",
                "finished successfully",
            ),
            (
                Progress(status="error", state="failed", errors={"a": 1_000, "b": 1}),
                False,
                True,
                "error",
                "status error. School Data Sync reports 1,001 errors.",
            ),
            (
                Progress(status="error", state="failed", errors={"a": 1_000}, errors_cut=True),
                False,
                True,
                "error",
                "status error. School Data Sync reports at least 1,000 errors.",
            ),
            (
                Progress(status="inProgress", state="running"),
                True,
                False,
                "warning",
                "had not finished when the app stopped watching it (last status: inProgress)",
            ),
        ],
    )
    def test_it_is_reported_with_its_severity(
        self, progress: Progress, overdue: bool, ended: bool, weight: str, sentence: str
    ) -> None:
        end = sync_end(file_set(), progress, now=60.0, overdue=overdue)
        assert (end.ended, end.severity, end.status) == (ended, weight, progress.status)
        assert sentence in end.summary
        assert (end.errors, end.errors_cut) == (progress.errors, progress.errors_cut)
        assert end.ended_at == "1970-01-01T00:01:00.000Z"

    def test_only_the_most_frequent_codes_are_listed(self) -> None:
        errors = {f"code-{number:03}": number for number in range(200)}
        progress = Progress(status="error", state="failed", errors=errors)
        end = sync_end(file_set(), progress, now=60.0, overdue=False)
        assert len(end.errors) == ERROR_CODES
        assert end.errors_cut
        assert min(end.errors.values()) == 200 - ERROR_CODES


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
