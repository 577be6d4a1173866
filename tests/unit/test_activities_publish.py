"""Publishing, over real storage: one result, whatever happens, and the message after the blobs."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from sync_core.activities import publish_result, start_sync, validate_file_set
from sync_core.activities.publish import CUT_AFTER, SILENT_AFTER
from sync_core.activities.room import NOT_ANNOUNCED, UNPUBLISHED_SECONDS
from sync_core.errors import AccessDeniedError, AnswerLostError, ServiceBusyError
from sync_core.landing import FileSet, LandedBlob
from sync_core.landing.reading import Landing
from sync_core.messages import VerificationMessage
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError
from sync_core.steps import BREAKDOWNS, Through, Verdict, Wait
from sync_core.targets import StartAnswer
from tests.unit.product_kit import EXPORT, House

STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
FAILED = Verdict(outcome=Outcome.FAILED, error=RunError(code="step-broke-down", message="x"))
DECIDED = {
    Outcome.STARTED,
    Outcome.STARTED_WITH_WARNINGS,
    Outcome.SCHEDULED,
    Outcome.REFUSED,
    Outcome.UNKNOWN,
}
WARNING = VerificationMessage(type="warning", file_name="User.csv", description="é verbatim")


def landed(house: House, **changed: str) -> FileSet:
    house.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    return house.landed_set()


def lines(house: House, files: FileSet) -> list[dict[str, Any]]:
    name = f"northwind/{files.run}/messages.jsonl"
    text = house.results.download_blob(name).readall().decode()
    return [json.loads(line) for line in text.splitlines()]


def result(house: House, files: FileSet) -> Any:
    return house.kept(f"northwind/{files.run}/result.json")


class TestResult:
    def test_a_run_leaves_its_result_its_messages_and_one_event(self, house: House) -> None:
        files = landed(house)
        answer = house.publish(files, STARTED)
        assert answer == Through(
            {
                "run": files.run,
                "outcome": "started",
                "severity": "info",
                "follow": True,
                "more": False,
            }
        )
        kept = result(house, files)
        assert (kept["outcome"], kept["sent"]) == ("started", True)
        assert lines(house, files) == []
        (event,) = house.emitted
        assert event["id"] == f"northwind/{files.run}"
        assert event["data"]["outcome"] == "started"

    def test_the_event_names_the_result_without_a_signature(self, house: House) -> None:
        files = landed(house)
        house.publish(files, STARTED)
        address = house.emitted[0]["data"]["result"]
        assert address == f"{house.results.url}/northwind/{files.run}/result.json"

    def test_findings_come_first_and_then_the_services_messages_verbatim(
        self, house: House
    ) -> None:
        files = landed(house, student="SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n")
        house.ask(validate_file_set, files=files)
        house.target.tell(start=[StartAnswer(started=True, messages=(WARNING,))])
        house.ask(start_sync, files=files)
        house.publish(files, STARTED)
        finding, message = lines(house, files)
        assert finding["source"] == "validation"
        assert message == {
            "type": "warning",
            "fileName": "User.csv",
            "description": "é verbatim",
        }
        kept = result(house, files)
        assert kept["outcome"] == "started_with_warnings"
        assert kept["counts"] == {"errors": 0, "warnings": 2, "information": 0}
        assert {file["name"]: file["rows"] for file in kept["files"]}["student.csv"] == 2
        assert len(house.emitted[0]["data"]["messages"]) == 2

    def test_no_document_and_no_log_holds_a_cell(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        student = "SIS ID,School SIS ID,Username\nsentinel-id,sentinel-school,sentinel-name\n"
        files = landed(house, student=student)
        house.ask(validate_file_set, files=files)
        house.publish(files, Verdict(outcome=Outcome.REJECTED))
        assert house.emitted[0]["data"]["counts"]["errors"] > 0
        blobs = [house.results.download_blob(name).readall() for name in self._names(house)]
        for text in (*map(str, blobs), json.dumps(house.emitted), caplog.text):
            assert "sentinel" not in text

    def test_what_the_service_quotes_stays_in_the_messages_and_the_record_of_the_start(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "sis_sync")
        files = landed(house)
        quoting = VerificationMessage(
            type="Error",
            file_name="sentinel.csv",
            description="4 row(s) have missing data for the field - sentinel",
            code="sentinel",
        )
        house.target.tell(start=[StartAnswer(started=False, messages=(quoting,))])
        answers = [house.ask(start_sync, files=files)]
        answers.append(house.publish(files, Verdict(outcome=Outcome.REFUSED, sent=True)))
        holding = {
            name.removeprefix(f"northwind/{files.run}/")
            for name in self._names(house)
            if b"sentinel" in house.results.download_blob(name).readall()
        }
        assert holding == {"messages.jsonl", "steps/start.json"}
        assert lines(house, files)[0]["description"] == quoting.description
        told = house.emitted[0]["data"]["messages"]
        assert told[0]["description"] == "4 row(s) have missing data for the field - …"
        for text in (str(answers), str(house.emitted), caplog.text):
            assert "sentinel" not in text

    @pytest.mark.parametrize("follow", [True, False])
    @pytest.mark.parametrize("outcome", Outcome)
    @pytest.mark.parametrize("sent", [True, False])
    def test_a_sync_is_followed_where_the_feed_says_so_and_a_scheduled_one_always(
        self, new_house: Callable[..., House], follow: bool, outcome: Outcome, sent: bool
    ) -> None:
        house = new_house(follow=follow)
        answer = house.publish(landed(house), Verdict(outcome=outcome, sent=sent))
        assert isinstance(answer, Through)
        started = outcome in {Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS}
        scheduled = outcome is Outcome.SCHEDULED
        assert answer.value["follow"] is (sent and (scheduled or (follow and started)))

    def test_a_run_that_found_no_files_has_a_result_too(self, house: House) -> None:
        nothing = FileSet(feed="northwind", place="", landed_at=1_000.0, files=())
        house.publish(nothing, FAILED)
        assert result(house, nothing)["files"] == []
        assert house.emitted[0]["data"]["error"]["code"] == "step-broke-down"

    def test_what_alert_rules_search_for_is_logged(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "sis_sync")
        files = landed(house)
        house.publish(files, FAILED)
        fields = "outcome=failed severity=critical errors=0 warnings=0"
        assert caplog.messages == [f"run finished feed=northwind run={files.run} {fields}"]

    @staticmethod
    def _names(house: House) -> list[str]:
        return list(house.results.list_blob_names())


class TestOnce:
    def test_a_second_end_of_the_same_run_changes_nothing_and_is_told_as_the_first(
        self, house: House
    ) -> None:
        files = landed(house)
        first = house.publish(files, STARTED, now=3_000)
        kept = result(house, files)
        assert house.publish(files, FAILED, now=9_000) == first
        assert result(house, files) == kept
        assert house.emitted[0] == house.emitted[1]
        assert house.kept("northwind/latest.json") == kept

    def test_the_messages_of_the_first_stay_too(self, house: House) -> None:
        files = landed(house)
        house.publish(files, STARTED)
        house.target.tell(start=[StartAnswer(started=True, messages=(WARNING,))])
        house.ask(start_sync, files=files)
        house.publish(files, STARTED)
        assert lines(house, files) == []

    def test_a_message_that_was_lost_is_sent_when_publishing_is_asked_again(
        self, house: House
    ) -> None:
        files = landed(house)
        house.queue_is_down = True
        assert isinstance(house.publish(files, STARTED), Wait)
        assert result(house, files)["outcome"] == "started"
        house.queue_is_down = False
        house.publish(files, STARTED)
        assert len(house.emitted) == 1

    def test_publishing_is_asked_again_whatever_is_wrong(self, house: House) -> None:
        files = landed(house)
        house.results.delete_container()
        assert isinstance(house.publish(files, STARTED, after=1e9), Wait)

    def test_publishing_that_waits_for_hours_is_critical(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = landed(house)
        house.results.delete_container()
        house.publish(files, STARTED, after=UNPUBLISHED_SECONDS - 1)
        assert not any(one.levelname == "CRITICAL" for one in caplog.records)
        house.publish(files, STARTED, after=UNPUBLISHED_SECONDS)
        (told,) = (one for one in caplog.records if one.levelname == "CRITICAL")
        start = f"{NOT_ANNOUNCED} feed=northwind run={files.run} reason="
        assert told.getMessage().startswith(start)

    def test_a_step_without_a_verdict_publishes_nothing(self, house: House) -> None:
        files = landed(house)
        assert isinstance(house.ask(publish_result, files=files), Wait)
        assert house.emitted == []
        assert list(house.results.list_blob_names()) == []


class TestLookingAgain:
    """What publishing says of exports that landed meanwhile."""

    def test_an_export_that_landed_meanwhile_is_told(self, house: House) -> None:
        files = landed(house)
        house.land("n2/")
        answer = house.publish(files, STARTED)
        assert isinstance(answer, Through)
        assert answer.value["more"] is True

    def test_a_folder_that_cannot_be_read_keeps_no_result_back(self, house: House) -> None:
        files = landed(house)

        class Broken(Landing):
            def listing(self, feed: str | None = None) -> list[LandedBlob]:
                raise ValueError("sentinel")

        house.room.landing = Broken(house.landing)
        answer = house.publish(files, STARTED)
        assert isinstance(answer, Through)
        assert answer.value["more"] is False
        assert len(house.emitted) == 1


class TestRefusedByTheQueue:
    """The host writes the message after the activity; a refusal shows as a breakdown of it."""

    def publish(self, house: House, breakdowns: int) -> FileSet:
        files = landed(house, student="SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n")
        house.ask(validate_file_set, files=files)
        answer = house.publish(files, STARTED, breakdowns=breakdowns)
        assert isinstance(answer, Through)
        assert result(house, files)["counts"]["warnings"] == 1
        return files

    @pytest.mark.parametrize("breakdowns", range(CUT_AFTER))
    def test_the_whole_event_is_tried_again(self, house: House, breakdowns: int) -> None:
        self.publish(house, breakdowns)
        assert len(house.emitted[0]["data"]["messages"]) == 1

    @pytest.mark.parametrize("breakdowns", range(CUT_AFTER, SILENT_AFTER))
    def test_then_it_goes_without_messages(self, house: House, breakdowns: int) -> None:
        self.publish(house, breakdowns)
        data = house.emitted[0]["data"]
        assert (data["messages"], data["messagesLeftOut"]) == ([], 1)

    def test_in_the_end_the_run_ends_without_an_event_and_says_so_where_alerts_look(
        self, house: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = self.publish(house, SILENT_AFTER)
        assert house.emitted == []
        (told,) = (one for one in caplog.records if one.levelname == "CRITICAL")
        start = f"{NOT_ANNOUNCED} feed=northwind run={files.run} reason="
        assert told.getMessage().startswith(start)

    def test_following_reaches_its_last_try_before_it_is_given_up(self) -> None:
        assert SILENT_AFTER < BREAKDOWNS


class TestLatest:
    def sets(self, house: House) -> tuple[FileSet, FileSet]:
        """An older export and a newer one."""
        house.land("n1/")
        newer = house.landed_set("n1")
        older = FileSet(
            feed="northwind", place="", landed_at=newer.landed_at - 60, files=newer.files
        )
        return older, newer

    def test_it_is_the_newest_runs_result(self, house: House) -> None:
        older, newer = self.sets(house)
        house.publish(older, FAILED)
        assert house.kept("northwind/latest.json")["run"] == older.run
        house.publish(newer, STARTED)
        assert house.kept("northwind/latest.json") == result(house, newer)

    def test_an_older_run_that_is_told_of_later_does_not_hide_it(self, house: House) -> None:
        older, newer = self.sets(house)
        house.publish(newer, STARTED)
        house.publish(older, Verdict(outcome=Outcome.SUPERSEDED))
        assert house.kept("northwind/latest.json")["run"] == newer.run
        assert result(house, older)["outcome"] == "superseded"
        assert [event["data"]["run"] for event in house.emitted] == [newer.run, older.run]

    def test_a_failure_without_files_does_not_hide_the_run_that_follows_it(
        self, house: House
    ) -> None:
        files = landed(house)
        later = files.landed_at + 300
        house.publish(FileSet(feed="northwind", place="", landed_at=later, files=()), FAILED)
        house.publish(files, STARTED)
        assert house.kept("northwind/latest.json")["run"] == files.run
        assert house.kept("northwind/started.json")["run"] == files.run


class TestHonesty:
    """What a run may say about its start, when something else ends it."""

    def after_a_start(self, house: House, answer: object) -> FileSet:
        files = landed(house)
        house.target.tell(start=[answer])
        house.ask(start_sync, files=files)
        return files

    @pytest.mark.parametrize("outcome", sorted(set(Outcome) - DECIDED))
    def test_while_the_fate_of_a_start_is_open_no_run_ends_as_if_nothing_had_been_sent(
        self, house: House, outcome: Outcome
    ) -> None:
        files = self.after_a_start(house, AnswerLostError("Lost."))
        house.publish(files, Verdict(outcome=outcome))
        kept = result(house, files)
        assert (kept["outcome"], kept["sent"]) == ("unknown", True)
        assert kept["error"]["code"] == "start-unknown"
        assert "Look at the target" in kept["error"]["message"]
        assert house.emitted[0]["data"]["severity"] == "critical"

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (StartAnswer(started=True), "started"),
            (StartAnswer(started=False), "refused"),
            (StartAnswer(started=False, left_to_schedule=True), "scheduled"),
        ],
    )
    def test_what_the_service_has_answered_stands_whatever_ended_the_run(
        self, house: House, answer: StartAnswer, outcome: str
    ) -> None:
        files = self.after_a_start(house, answer)
        house.publish(files, Verdict(outcome=Outcome.FAILED))
        kept = result(house, files)
        assert (kept["outcome"], kept["sent"]) == (outcome, True)

    @pytest.mark.parametrize("outcome", sorted(DECIDED))
    def test_what_has_been_decided_about_a_start_stands(
        self, house: House, outcome: Outcome
    ) -> None:
        files = self.after_a_start(house, AnswerLostError("Lost."))
        house.publish(files, Verdict(outcome=outcome, sent=True))
        assert result(house, files)["outcome"] == outcome

    @pytest.mark.parametrize("answer", [ServiceBusyError("Later."), AccessDeniedError("No.")])
    def test_a_start_that_had_no_effect_leaves_a_failure_a_failure(
        self, house: House, answer: Exception
    ) -> None:
        files = self.after_a_start(house, answer)
        house.publish(files, FAILED)
        assert (result(house, files)["outcome"], result(house, files)["sent"]) == ("failed", False)

    def test_without_a_start_a_failure_is_a_failure(self, house: House) -> None:
        files = landed(house)
        house.publish(files, FAILED)
        assert result(house, files)["outcome"] == "failed"
