"""Publishing, over real storage: one result, whatever happens, and the message after the blobs."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sync_core.activities import publish_result, start_sync, validate_file_set
from sync_core.activities.activity import NOT_ANNOUNCED, UNPUBLISHED_SECONDS
from sync_core.activities.announce import CUT_AFTER, SILENT_AFTER
from sync_core.landing import FileSet, LandedBlob
from sync_core.landing.reading import Landing
from sync_core.model.documents import RunError
from sync_core.model.errors import AccessDeniedError, AnswerLostError, ServiceBusyError
from sync_core.model.messages import VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import BREAKDOWNS, Published, Verdict, Wait
from sync_core.targets import StartAnswer
from tests.unit.product_kit import EXPORT, ActivityHarness

STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
FAILED = Verdict(outcome=Outcome.FAILED, error=RunError(code="step-broke-down", message="x"))
NO_FILES = FileSet(feed="northwind", folder="", landed_at=0.0, files=(), identity="access-denied")
DECIDED = {
    Outcome.STARTED,
    Outcome.STARTED_WITH_WARNINGS,
    Outcome.SCHEDULED,
    Outcome.REFUSED,
    Outcome.UNKNOWN,
}
WARNING = VerificationMessage(type="warning", file_name="User.csv", description="é verbatim")


def landed(harness: ActivityHarness, **changed: str) -> FileSet:
    harness.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    return harness.landed_set()


def lines(harness: ActivityHarness, files: FileSet) -> list[dict[str, Any]]:
    name = f"northwind/{files.run}/messages.jsonl"
    text = harness.results.download_blob(name).readall().decode()
    return [json.loads(line) for line in text.splitlines()]


def result(harness: ActivityHarness, files: FileSet) -> Any:
    return harness.kept(f"northwind/{files.run}/result.json")


class TestResult:
    def test_a_run_leaves_its_result_its_messages_and_one_event(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        answer = harness.publish(files, STARTED)
        assert answer == Published(
            run=files.run, outcome=Outcome.STARTED, severity="info", follow=True, more=False
        )
        kept = result(harness, files)
        assert (kept["outcome"], kept["sent"]) == ("started", True)
        assert lines(harness, files) == []
        (event,) = harness.emitted
        assert event["id"] == f"northwind/{files.run}"
        assert event["data"]["outcome"] == "started"

    def test_the_event_names_the_result_without_a_signature(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.publish(files, STARTED)
        address = harness.emitted[0]["data"]["result"]
        assert address == f"{harness.results.url}/northwind/{files.run}/result.json"

    def test_findings_come_first_and_then_the_services_messages_verbatim(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness, student="SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n")
        harness.ask(validate_file_set, files=files)
        harness.target.will_answer(start=[StartAnswer(started=True, messages=(WARNING,))])
        harness.ask(start_sync, files=files)
        harness.publish(files, STARTED)
        finding, message = lines(harness, files)
        assert finding["source"] == "validation"
        assert message == {
            "type": "warning",
            "fileName": "User.csv",
            "description": "é verbatim",
        }
        kept = result(harness, files)
        assert kept["outcome"] == "started_with_warnings"
        assert kept["counts"] == {"errors": 0, "warnings": 2, "information": 0}
        assert {file["name"]: file["rows"] for file in kept["files"]}["student.csv"] == 2
        assert len(harness.emitted[0]["data"]["messages"]) == 2

    def test_no_document_and_no_log_holds_a_cell(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        student = "SIS ID,School SIS ID,Username\nsentinel-id,sentinel-school,sentinel-name\n"
        files = landed(harness, student=student)
        harness.ask(validate_file_set, files=files)
        harness.publish(files, Verdict(outcome=Outcome.REJECTED))
        assert harness.emitted[0]["data"]["counts"]["errors"] > 0
        blobs = [harness.results.download_blob(name).readall() for name in self._names(harness)]
        for text in (*map(str, blobs), json.dumps(harness.emitted), caplog.text):
            assert "sentinel" not in text

    def test_what_the_service_quotes_stays_in_the_messages_and_the_record_of_the_start(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "sis_sync")
        files = landed(harness)
        quoting = VerificationMessage(
            type="Error",
            file_name="sentinel.csv",
            description="4 row(s) have missing data for the field - sentinel",
            code="sentinel",
        )
        harness.target.will_answer(start=[StartAnswer(started=False, messages=(quoting,))])
        answers = [harness.ask(start_sync, files=files)]
        answers.append(harness.publish(files, Verdict(outcome=Outcome.REFUSED, sent=True)))
        holding = {
            name.removeprefix(f"northwind/{files.run}/")
            for name in self._names(harness)
            if b"sentinel" in harness.results.download_blob(name).readall()
        }
        assert holding == {"messages.jsonl", "steps/start.json"}
        assert lines(harness, files)[0]["description"] == quoting.description
        told = harness.emitted[0]["data"]["messages"]
        assert told[0]["description"] == "4 row(s) have missing data for the field - …"
        for text in (str(answers), str(harness.emitted), caplog.text):
            assert "sentinel" not in text

    @pytest.mark.parametrize("follow", [True, False])
    @pytest.mark.parametrize("outcome", Outcome)
    @pytest.mark.parametrize("sent", [True, False])
    def test_a_sync_is_followed_where_the_feed_says_so_and_a_scheduled_one_always(
        self,
        new_harness: Callable[..., ActivityHarness],
        follow: bool,
        outcome: Outcome,
        sent: bool,
    ) -> None:
        harness = new_harness(follow=follow)
        answer = harness.publish(landed(harness), Verdict(outcome=outcome, sent=sent))
        assert isinstance(answer, Published)
        started = outcome in {Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS}
        scheduled = outcome is Outcome.SCHEDULED
        assert answer.follow is (sent and (scheduled or (follow and started)))

    def test_a_run_that_found_no_files_has_a_result_too(self, harness: ActivityHarness) -> None:
        nothing = FileSet(feed="northwind", folder="", landed_at=1_000.0, files=())
        harness.publish(nothing, FAILED)
        assert result(harness, nothing)["files"] == []
        assert harness.emitted[0]["data"]["error"]["code"] == "step-broke-down"

    def test_a_fault_that_an_earlier_run_has_announced_is_not_announced_again(
        self, harness: ActivityHarness
    ) -> None:
        harness.publish(NO_FILES, FAILED, now=3_000.0)
        harness.publish(NO_FILES, FAILED, now=3_000.0)
        assert len(harness.emitted) == 2
        harness.publish(NO_FILES, FAILED, now=9_000.0)
        assert len(harness.emitted) == 2

    def test_what_alert_rules_search_for_is_logged(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        files = landed(harness)
        harness.publish(files, FAILED)
        fields = "outcome=failed severity=critical errors=0 warnings=0"
        assert caplog.messages == [f"run finished feed=northwind run={files.run} {fields}"]

    @staticmethod
    def _names(harness: ActivityHarness) -> list[str]:
        return list(harness.results.list_blob_names())


class TestOnce:
    def test_a_second_end_of_the_same_run_changes_nothing_and_is_reported_as_the_first(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        first = harness.publish(files, STARTED, now=3_000)
        kept = result(harness, files)
        assert harness.publish(files, FAILED, now=9_000) == first
        assert result(harness, files) == kept
        assert harness.emitted[0] == harness.emitted[1]
        assert harness.kept("northwind/latest.json") == kept

    def test_the_messages_of_the_first_stay_too(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.publish(files, STARTED)
        harness.target.will_answer(start=[StartAnswer(started=True, messages=(WARNING,))])
        harness.ask(start_sync, files=files)
        harness.publish(files, STARTED)
        assert lines(harness, files) == []

    def test_a_message_that_was_lost_is_sent_when_publishing_is_retried(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.queue_is_down = True
        assert isinstance(harness.publish(files, STARTED), Wait)
        assert result(harness, files)["outcome"] == "started"
        harness.queue_is_down = False
        harness.publish(files, STARTED)
        assert len(harness.emitted) == 1

    def test_publishing_is_retried_whatever_is_wrong(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.results.delete_container()
        assert isinstance(harness.publish(files, STARTED, after=1e9), Wait)

    def test_publishing_that_waits_for_hours_is_critical(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = landed(harness)
        harness.results.delete_container()
        harness.publish(files, STARTED, after=UNPUBLISHED_SECONDS - 1)
        assert not any(one.levelname == "CRITICAL" for one in caplog.records)
        harness.publish(files, STARTED, after=UNPUBLISHED_SECONDS)
        (told,) = (one for one in caplog.records if one.levelname == "CRITICAL")
        start = f"{NOT_ANNOUNCED} feed=northwind run={files.run} reason="
        assert told.getMessage().startswith(start)

    def test_a_step_without_a_verdict_publishes_nothing(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        assert isinstance(harness.ask(publish_result, files=files), Wait)
        assert harness.emitted == []
        assert list(harness.results.list_blob_names()) == []


class TestLookingAgain:
    """What publishing says of exports that landed meanwhile."""

    def test_an_export_that_landed_meanwhile_is_reported(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.land("n2/")
        answer = harness.publish(files, STARTED)
        assert isinstance(answer, Published)
        assert answer.more is True

    def test_a_folder_that_cannot_be_read_keeps_no_result_back(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)

        class Broken(Landing):
            def listing(self, feed: str | None = None) -> list[LandedBlob]:
                raise ValueError("sentinel")

        harness.services.landing = Broken(harness.landing)
        answer = harness.publish(files, STARTED)
        assert isinstance(answer, Published)
        assert answer.more is False
        assert len(harness.emitted) == 1


class TestRefusedByTheQueue:
    """The host writes the message after the activity; a refusal shows as a breakdown of it."""

    def publish(self, harness: ActivityHarness, breakdowns: int) -> FileSet:
        files = landed(harness, student="SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n")
        harness.ask(validate_file_set, files=files)
        answer = harness.publish(files, STARTED, breakdowns=breakdowns)
        assert isinstance(answer, Published)
        assert result(harness, files)["counts"]["warnings"] == 1
        return files

    @pytest.mark.parametrize("breakdowns", range(CUT_AFTER))
    def test_the_whole_event_is_tried_again(
        self, harness: ActivityHarness, breakdowns: int
    ) -> None:
        self.publish(harness, breakdowns)
        assert len(harness.emitted[0]["data"]["messages"]) == 1

    @pytest.mark.parametrize("breakdowns", range(CUT_AFTER, SILENT_AFTER))
    def test_then_it_goes_without_messages(self, harness: ActivityHarness, breakdowns: int) -> None:
        self.publish(harness, breakdowns)
        data = harness.emitted[0]["data"]
        assert (data["messages"], data["messagesLeftOut"]) == ([], 1)

    def test_in_the_end_the_run_ends_without_an_event_and_says_so_where_alerts_look(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = self.publish(harness, SILENT_AFTER)
        assert harness.emitted == []
        (told,) = (one for one in caplog.records if one.levelname == "CRITICAL")
        start = f"{NOT_ANNOUNCED} feed=northwind run={files.run} reason="
        assert told.getMessage().startswith(start)

    def test_following_reaches_its_last_try_before_it_is_given_up(self) -> None:
        assert SILENT_AFTER < BREAKDOWNS


class TestLatest:
    def sets(self, harness: ActivityHarness) -> tuple[FileSet, FileSet]:
        """An older export and a newer one."""
        harness.land("n1/")
        newer = harness.landed_set("n1")
        older = FileSet(
            feed="northwind", folder="", landed_at=newer.landed_at - 60, files=newer.files
        )
        return older, newer

    def test_it_is_the_newest_runs_result(self, harness: ActivityHarness) -> None:
        older, newer = self.sets(harness)
        harness.publish(older, FAILED)
        assert harness.kept("northwind/latest.json")["run"] == older.run
        harness.publish(newer, STARTED)
        assert harness.kept("northwind/latest.json") == result(harness, newer)

    def test_an_older_run_that_is_reported_later_does_not_hide_it(
        self, harness: ActivityHarness
    ) -> None:
        older, newer = self.sets(harness)
        harness.publish(newer, STARTED)
        harness.publish(older, Verdict(outcome=Outcome.SUPERSEDED))
        assert harness.kept("northwind/latest.json")["run"] == newer.run
        assert result(harness, older)["outcome"] == "superseded"
        assert [event["data"]["run"] for event in harness.emitted] == [newer.run, older.run]

    def test_a_failure_without_files_does_not_hide_the_run_that_follows_it(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        later = files.landed_at + 300
        harness.publish(FileSet(feed="northwind", folder="", landed_at=later, files=()), FAILED)
        harness.publish(files, STARTED)
        assert harness.kept("northwind/latest.json")["run"] == files.run
        assert harness.kept("northwind/started.json")["run"] == files.run


class TestReconcilingWithTheStart:
    """What a run may say about its start, when something else ends it."""

    def after_a_start(self, harness: ActivityHarness, answer: object) -> FileSet:
        files = landed(harness)
        harness.target.will_answer(start=[answer])
        harness.ask(start_sync, files=files)
        return files

    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - DECIDED))
    def test_while_the_outcome_of_a_start_is_open_no_run_ends_as_if_nothing_had_been_sent(
        self, harness: ActivityHarness, outcome: Outcome
    ) -> None:
        files = self.after_a_start(harness, AnswerLostError("Lost."))
        harness.publish(files, Verdict(outcome=outcome))
        kept = result(harness, files)
        assert (kept["outcome"], kept["sent"]) == ("unknown", True)
        assert kept["error"]["code"] == "start-unknown"
        assert "Check in School Data Sync" in kept["error"]["message"]
        assert harness.emitted[0]["data"]["severity"] == "critical"

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (StartAnswer(started=True), "started"),
            (StartAnswer(started=False), "refused"),
            (StartAnswer(started=False, left_to_schedule=True), "scheduled"),
        ],
    )
    def test_what_the_service_has_answered_stands_whatever_ended_the_run(
        self, harness: ActivityHarness, answer: StartAnswer, outcome: str
    ) -> None:
        files = self.after_a_start(harness, answer)
        harness.publish(files, Verdict(outcome=Outcome.FAILED))
        kept = result(harness, files)
        assert (kept["outcome"], kept["sent"]) == (outcome, True)

    @pytest.mark.parametrize("outcome", sorted(DECIDED))
    def test_what_has_been_decided_about_a_start_stands(
        self, harness: ActivityHarness, outcome: Outcome
    ) -> None:
        files = self.after_a_start(harness, AnswerLostError("Lost."))
        harness.publish(files, Verdict(outcome=outcome, sent=True))
        assert result(harness, files)["outcome"] == outcome

    @pytest.mark.parametrize("answer", [ServiceBusyError("Later."), AccessDeniedError("No.")])
    def test_a_start_that_had_no_effect_leaves_a_failure_a_failure(
        self, harness: ActivityHarness, answer: Exception
    ) -> None:
        files = self.after_a_start(harness, answer)
        harness.publish(files, FAILED)
        assert (result(harness, files)["outcome"], result(harness, files)["sent"]) == (
            "failed",
            False,
        )

    def test_without_a_start_a_failure_is_a_failure(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.publish(files, FAILED)
        assert result(harness, files)["outcome"] == "failed"
