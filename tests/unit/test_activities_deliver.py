"""Ready, upload, start and follow, over real storage with a told target."""

from collections.abc import Callable

import pytest

from sync_core.activities import (
    Services,
    check_progress,
    check_readiness,
    start_sync,
    upload_file_set,
)
from sync_core.activities.deliver import FOLLOW_SECONDS
from sync_core.delivery.start_once import CONFIRM_EVERY_SECONDS, CONFIRM_SECONDS
from sync_core.landing import FileSet
from sync_core.model.documents import RunError
from sync_core.model.errors import (
    AccessDeniedError,
    AccessPendingError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    TransientError,
    UploadAddressError,
)
from sync_core.model.messages import VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import (
    Answer,
    Ended,
    Followed,
    Ready,
    Uploaded,
    Verdict,
    Wait,
)
from sync_core.results.store import ResultsStore, StoredBlob
from sync_core.targets import Progress, Readiness, StartAnswer
from sync_core.targets.dry_run import DryRun
from tests.unit.product_kit import EXPORT, ActivityHarness

NewHarness = Callable[..., ActivityHarness]

NEEDS_THE_SET = pytest.mark.parametrize("step", [check_readiness, upload_file_set, start_sync])
NOT_READY = Readiness("waiting", "The state is provisioning.")
RUNNING = Progress(status="inProgress", state="running")


def landed(harness: ActivityHarness) -> FileSet:
    harness.land("n1/")
    return harness.landed_set("n1")


def verdict(answer: Answer) -> Verdict:
    assert isinstance(answer, Ended)
    return answer.verdict


def error(answer: Answer) -> RunError:
    found = verdict(answer).error
    assert found is not None
    return found


class TestTheSetItself:
    @NEEDS_THE_SET
    @pytest.mark.parametrize("change", ["rewritten", "deleted"])
    def test_a_set_that_has_changed_goes_no_further(
        self, harness: ActivityHarness, step: Callable[..., Answer], change: str
    ) -> None:
        files = landed(harness)
        if change == "rewritten":
            harness.land("n1/", {"school.csv": EXPORT["school.csv"]})
        else:
            harness.landing.delete_blob("northwind/n1/school.csv")
        harness.target.will_answer(readiness=[NOT_READY])
        assert harness.ask(step, files=files) == Ended(Verdict(outcome=Outcome.SUPERSEDED))
        assert not {"upload", "start"} & set(harness.target.calls)

    @NEEDS_THE_SET
    def test_a_set_that_a_newer_one_has_superseded_goes_no_further(
        self, harness: ActivityHarness, step: Callable[..., Answer]
    ) -> None:
        files = landed(harness)
        harness.land("n2/")
        harness.target.will_answer(readiness=[NOT_READY])
        assert verdict(harness.ask(step, files=files)).outcome is Outcome.SUPERSEDED
        assert not {"upload", "start"} & set(harness.target.calls)

    @NEEDS_THE_SET
    def test_a_newer_one_that_is_not_complete_stops_nothing(
        self, harness: ActivityHarness, step: Callable[..., Answer]
    ) -> None:
        files = landed(harness)
        harness.land("n2/", {"school.csv": "x"})
        answer = harness.ask(step, files=files)
        assert isinstance(answer, Ready | Uploaded) or verdict(answer).outcome is Outcome.STARTED

    def test_a_ready_target_leaves_the_look_to_the_upload(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.land("n2/")
        assert harness.ask(check_readiness, files=files) == Ready()
        assert verdict(harness.ask(upload_file_set, files=files)).outcome is Outcome.SUPERSEDED

    def test_a_look_at_an_unchanged_set_costs_one_listing(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        files, now = landed(harness), harness.newest() + 1_000.0
        harness.target.will_answer(readiness=[NOT_READY])
        with caplog.at_level("INFO", "azure.core.pipeline.policies.http_logging_policy"):
            assert isinstance(harness.ask(check_readiness, files=files, now=now), Wait)
        asked = [one.getMessage() for one in caplog.records if "Request URL" in one.getMessage()]
        assert len(asked) == 1
        assert "comp=" in asked[0]


class TestReadiness:
    def test_a_ready_target_lets_the_run_through(self, harness: ActivityHarness) -> None:
        assert harness.ask(check_readiness, files=landed(harness)) == Ready()

    def test_a_target_that_is_not_ready_yet_is_retried(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(readiness=[NOT_READY])
        answer = harness.ask(check_readiness, files=landed(harness))
        assert isinstance(answer, Wait)
        assert answer.reason == "The state is provisioning."
        assert 24 <= answer.after <= 30

    def test_the_feeds_own_waits_are_kept_to(self, new_harness: NewHarness) -> None:
        harness = new_harness(pollSeconds=10, pollCapSeconds=20, readyDeadlineSeconds=100)
        harness.target.will_answer(readiness=[Readiness("waiting", "Not yet.")])
        files = landed(harness)
        capped = harness.ask(check_readiness, files=files, polls=9)
        assert isinstance(capped, Wait)
        assert 16 <= capped.after <= 20
        assert isinstance(harness.ask(check_readiness, files=files, after=99), Wait)
        ended = harness.ask(check_readiness, files=files, after=100)
        assert verdict(ended).outcome is Outcome.NOT_READY
        assert verdict(ended).summary == "The target was not ready in time. Not yet."
        assert error(ended).code == "temporarily-unavailable"

    def test_a_target_that_will_never_be_ready_ends_the_run(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(readiness=[Readiness("failed", "The state is deleting.")])
        answer = harness.ask(check_readiness, files=landed(harness))
        assert verdict(answer).outcome is Outcome.NOT_READY
        assert error(answer) == RunError(code="target-failed", message="The state is deleting.")

    def test_a_busy_service_says_itself_when_to_ask_again(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(readiness=[ServiceBusyError("Later.", retry_after=92.128)])
        assert harness.ask(check_readiness, files=landed(harness)) == Wait(92.128, "Later.")

    def test_a_service_that_stays_busy_is_a_target_that_was_not_ready(
        self, harness: ActivityHarness
    ) -> None:
        harness.target.will_answer(readiness=[ServiceBusyError("Later.")])
        answer = harness.ask(check_readiness, files=landed(harness), after=21_600)
        assert verdict(answer).outcome is Outcome.NOT_READY
        assert error(answer).code == "service-busy"

    def test_a_token_that_is_refused_fails_the_run_and_says_so(
        self, harness: ActivityHarness
    ) -> None:
        harness.target.will_answer(readiness=[AccessDeniedError("Look there.")])
        answer = harness.ask(check_readiness, files=landed(harness))
        assert verdict(answer).outcome is Outcome.FAILED
        assert error(answer) == RunError(code="access-denied", message="Look there.")

    def test_a_missing_permission_is_waited_for_and_then_fails_the_run(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(readiness=[AccessPendingError("Grant it.")])
        waiting = harness.ask(check_readiness, files=files, after=21_599)
        assert isinstance(waiting, Wait)
        assert waiting.reason == "Grant it."
        answer = harness.ask(check_readiness, files=files, after=21_600)
        assert verdict(answer).outcome is Outcome.FAILED
        assert error(answer) == RunError(
            code="access-denied",
            message="Grant it. The app retried until readyDeadlineSeconds had passed and gave up.",
        )


class TestUpload:
    def test_every_file_goes_up_as_it_was_pinned(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        assert harness.ask(upload_file_set, files=files) == Uploaded(6, verify=False)
        assert harness.target.uploaded == {name: text.encode() for name, text in EXPORT.items()}

    def test_an_interrupted_upload_is_tried_again(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(upload=[TransientError("Interrupted.")])
        assert isinstance(harness.ask(upload_file_set, files=landed(harness)), Wait)

    def test_an_address_that_is_not_allowed_fails_the_run(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(upload=[UploadAddressError("Not there.")])
        assert error(harness.ask(upload_file_set, files=landed(harness))).code == (
            "upload-address-refused"
        )


class TestStart:
    def test_a_start_ends_the_run_as_started(self, harness: ActivityHarness) -> None:
        answer = harness.ask(start_sync, files=landed(harness))
        assert verdict(answer) == Verdict(outcome=Outcome.STARTED, sent=True)

    def test_it_is_sent_once_however_often_it_is_requested(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        answers = [harness.ask(start_sync, files=files) for _ in range(3)]
        assert len({verdict(answer).outcome for answer in answers}) == 1
        assert harness.target.calls.count("start") == 1

    def test_it_is_not_sent_once_the_run_has_its_final_result(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.publish(files, Verdict(outcome=Outcome.FAILED))
        assert verdict(harness.ask(start_sync, files=files)).outcome is Outcome.SUPERSEDED
        assert "start" not in harness.target.calls

    def test_a_refusal_with_messages_needs_no_error_of_ours(self, harness: ActivityHarness) -> None:
        message = VerificationMessage(type="Error", file_name="a.csv", description="x")
        harness.target.will_answer(start=[StartAnswer(started=False, messages=(message,))])
        answer = harness.ask(start_sync, files=landed(harness))
        assert verdict(answer) == Verdict(outcome=Outcome.REFUSED, sent=True)

    @pytest.mark.parametrize("note", ["The code badRequest.", ""])
    def test_a_refusal_without_messages_says_what_is_known(
        self, harness: ActivityHarness, note: str
    ) -> None:
        harness.target.will_answer(start=[StartAnswer(started=False, note=note)])
        answer = harness.ask(start_sync, files=landed(harness))
        assert verdict(answer).outcome is Outcome.REFUSED
        said = note or "School Data Sync refused the start and gave no reason."
        assert error(answer) == RunError(code="start-refused", message=said)

    def test_a_start_that_evidence_shows_says_how_it_is_known(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(
            start=[AnswerLostError("Lost.")], evidence=[StartAnswer(started=True, note="Seen.")]
        )
        assert harness.ask(start_sync, files=files) == Wait(CONFIRM_EVERY_SECONDS, "Lost.")
        answer = harness.ask(start_sync, files=files)
        assert verdict(answer) == Verdict(outcome=Outcome.STARTED, summary="Seen.", sent=True)
        assert harness.target.calls.count("start") == 1

    def test_a_start_whose_outcome_stays_open_is_unknown_and_never_failed(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(start=[AnswerLostError("Lost.")])
        sent = harness.newest() + 1_000
        harness.ask(start_sync, files=files, now=sent)
        # However long it was asked for before: the record alone says when to give up.
        waiting = harness.ask(start_sync, files=files, now=sent + CONFIRM_SECONDS - 1, after=1e9)
        assert isinstance(waiting, Wait)
        answer = harness.ask(start_sync, files=files, now=sent + CONFIRM_SECONDS)
        assert verdict(answer).outcome is Outcome.UNKNOWN
        assert verdict(answer).sent
        assert error(answer).code == "start-unknown"
        assert harness.target.calls.count("start") == 1

    def test_a_newer_export_does_not_hide_that_a_start_was_sent(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(start=[AnswerLostError("Lost.")])
        harness.ask(start_sync, files=files)
        harness.land("n2/")
        assert isinstance(harness.ask(start_sync, files=files), Wait)

    def test_a_busy_service_is_retried_when_it_says(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.target.will_answer(
            start=[ServiceBusyError("Later.", retry_after=45), StartAnswer(started=True)]
        )
        assert harness.ask(start_sync, files=files) == Wait(45, "Later.")
        assert verdict(harness.ask(start_sync, files=files)).outcome is Outcome.STARTED
        assert harness.target.calls.count("start") == 2


class TestFollow:
    def follow(self, harness: ActivityHarness, files: FileSet, **asked: float) -> Answer:
        return harness.ask(check_progress, files=files, **asked)  # type: ignore[arg-type]

    def test_a_sync_that_can_no_longer_be_asked_about_is_reported_as_well(
        self, harness: ActivityHarness
    ) -> None:
        harness.target.will_answer(progress=[AccessDeniedError("No.")])
        files = landed(harness)
        assert isinstance(self.follow(harness, files), Followed)
        kept = harness.kept(f"northwind/{files.run}/sync.json")
        assert (kept["status"], kept["ended"]) == ("unknown", False)
        assert len(harness.emitted) == 1

    def test_a_sync_that_runs_is_watched_on(self, harness: ActivityHarness) -> None:
        harness.target.will_answer(progress=[RUNNING])
        answer = self.follow(harness, landed(harness))
        assert isinstance(answer, Wait)
        assert answer.reason == "The sync's status is inProgress."
        assert 24 <= answer.after <= 30
        assert harness.emitted == []

    @pytest.mark.parametrize(
        ("progress", "severity"),
        [
            (Progress(status="success", state="succeeded"), "info"),
            (Progress(status="error", state="failed", errors={"x": 3}), "error"),
        ],
    )
    def test_its_end_is_kept_and_reported(
        self, harness: ActivityHarness, progress: Progress, severity: str
    ) -> None:
        harness.target.will_answer(progress=[progress])
        files = landed(harness)
        assert self.follow(harness, files) == Followed(progress.status, more=True)
        kept = harness.kept(f"northwind/{files.run}/sync.json")
        assert (kept["status"], kept["ended"], kept["severity"]) == (
            progress.status,
            True,
            severity,
        )
        assert kept["errors"] == progress.errors
        (event,) = harness.emitted
        assert event["id"] == f"northwind/{files.run}/sync"
        assert event["data"]["result"].endswith(f"/northwind/{files.run}/sync.json")

    def test_the_status_is_held_against_the_one_before_the_start(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(before_start=[{"status": "paused"}])
        harness.ask(start_sync, files=files)
        self.follow(harness, files)
        assert harness.target.before == {"status": "paused"}

    def test_a_repeated_end_is_reported_as_the_first_time(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.target.will_answer(progress=[Progress(status="success", state="succeeded")])
        self.follow(harness, files)
        harness.target.will_answer(progress=[Progress(status="error", state="failed")])
        self.follow(harness, files)
        assert harness.emitted[0] == harness.emitted[1]
        assert harness.kept(f"northwind/{files.run}/sync.json")["status"] == "success"

    def test_a_watch_ends_although_its_sync_does_not(self, harness: ActivityHarness) -> None:
        files = landed(harness)
        harness.target.will_answer(progress=[RUNNING])
        assert isinstance(self.follow(harness, files, after=FOLLOW_SECONDS - 1), Wait)
        assert isinstance(self.follow(harness, files, after=FOLLOW_SECONDS), Followed)
        (event,) = harness.emitted
        assert (event["data"]["ended"], event["data"]["severity"]) == (False, "warning")

    def test_a_watch_ends_when_a_newer_export_wants_the_target(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.publish(files, Verdict(outcome=Outcome.STARTED, sent=True))
        harness.target.will_answer(progress=[RUNNING])
        assert isinstance(self.follow(harness, files), Wait)
        harness.land("n2/")
        assert isinstance(self.follow(harness, files), Followed)
        assert harness.emitted[-1]["data"]["ended"] is False

    def test_a_watch_ends_where_the_feed_has_a_target_that_reports_no_progress(
        self, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
    ) -> None:
        files = landed(harness)
        harness.publish(files, Verdict(outcome=Outcome.STARTED, sent=True))
        harness.services = Services(harness.settings, lambda feed, settings: DryRun())
        assert self.follow(harness, files) == Followed("unknown", more=False)
        assert harness.emitted[-1]["data"]["ended"] is False
        assert "so its last sync can no longer be followed" in caplog.text

    def test_a_service_that_does_not_answer_is_polled_until_the_watch_ends(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(progress=[ServiceUnreachableError("Not reached.")])
        assert isinstance(self.follow(harness, files), Wait)
        answer = self.follow(harness, files, after=FOLLOW_SECONDS)
        assert answer == Followed("unknown", more=True)
        assert harness.emitted[-1]["data"]["status"] == "unknown"

    def test_a_storage_that_does_not_answer_for_a_moment_does_not_end_it(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)

        class Down(ResultsStore):
            def read(self, name: str) -> StoredBlob | None:
                raise TransientError(f"{name} could not be read.")

        harness.services.results = Down(harness.results)
        after = harness.services.feed("northwind").ready_deadline_seconds + 1
        assert isinstance(self.follow(harness, files, after=after), Wait)

    @pytest.mark.parametrize(("asked", "waited"), [(77.5, 77.5), (1e300, FOLLOW_SECONDS)])
    def test_the_services_own_time_is_kept_to_within_reason(
        self, harness: ActivityHarness, asked: float, waited: float
    ) -> None:
        harness.target.will_answer(progress=[ServiceBusyError("Later.", retry_after=asked)])
        assert self.follow(harness, landed(harness)) == Wait(waited, "Later.")

    def test_a_service_that_says_at_once_is_polled_with_the_feeds_back_off(
        self, harness: ActivityHarness
    ) -> None:
        harness.target.will_answer(progress=[ServiceBusyError("Later.", retry_after=0.0)])
        files = landed(harness)
        for polls, longest in ((0, 30), (3, 240), (99, 900)):
            answer = self.follow(harness, files, polls=polls)
            assert isinstance(answer, Wait)
            assert 0.8 * longest <= answer.after <= longest

    def test_a_permission_that_does_not_come_ends_the_watch_with_the_deadline(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(progress=[AccessPendingError("Grant it.")])
        assert isinstance(self.follow(harness, files, after=21_599), Wait)
        assert harness.emitted == []
        answer = self.follow(harness, files, after=21_600)
        assert answer == Followed("unknown", more=True)

    def test_a_service_that_does_not_answer_does_not_keep_newer_files_waiting(
        self, harness: ActivityHarness
    ) -> None:
        files = landed(harness)
        harness.target.will_answer(progress=[ServiceUnreachableError("Not reached.")])
        assert isinstance(self.follow(harness, files), Wait)
        harness.land("n2/")
        assert isinstance(self.follow(harness, files), Followed)
        assert harness.emitted[-1]["data"]["ended"] is False


class TestAnotherTarget:
    """The feed is given another target of the same kind while a run is under way."""

    @pytest.fixture
    def uploaded(self, harness: ActivityHarness) -> FileSet:
        files = landed(harness)
        harness.ask(upload_file_set, files=files)
        return files

    def test_files_that_were_uploaded_to_the_former_one_are_not_started(
        self, harness: ActivityHarness, uploaded: FileSet
    ) -> None:
        harness.change_feed(profileId="another")
        fault = error(harness.ask(start_sync, files=uploaded))
        assert fault.code == "target-changed"
        assert "classic (another)" in fault.message
        assert "start" not in harness.target.calls
        assert harness.services.start_record(uploaded) is None

    def test_they_are_started_there_once_they_are_uploaded_there(
        self, harness: ActivityHarness, uploaded: FileSet
    ) -> None:
        harness.change_feed(profileId="another")
        harness.ask(upload_file_set, files=uploaded)
        answer = harness.ask(start_sync, files=uploaded)
        assert verdict(answer).outcome is Outcome.STARTED

    def test_a_start_whose_answer_was_lost_is_not_looked_for_at_the_new_one(
        self, harness: ActivityHarness, uploaded: FileSet
    ) -> None:
        harness.target.will_answer(start=[AnswerLostError("Lost.")])
        harness.ask(start_sync, files=uploaded)
        harness.change_feed(profileId="another")
        harness.target.will_answer(evidence=[StartAnswer(started=True)])
        ended = verdict(harness.ask(start_sync, files=uploaded))
        assert (ended.outcome, ended.sent) == (Outcome.UNKNOWN, True)
        assert ended.error is not None
        assert "may have been sent to the former one" in ended.error.message
        assert "evidence" not in harness.target.calls

    def test_a_start_that_was_answered_stays_answered_and_names_the_former_one(
        self, harness: ActivityHarness, uploaded: FileSet
    ) -> None:
        harness.ask(start_sync, files=uploaded)
        harness.change_feed(profileId="another")
        answer = harness.ask(start_sync, files=uploaded)
        assert verdict(answer).outcome is Outcome.STARTED
        harness.publish(uploaded, verdict(answer))
        target = harness.kept("northwind/started.json")["target"]
        assert target == {"kind": "classic", "id": harness.target.id}

    def test_its_sync_is_followed_no_longer(
        self, harness: ActivityHarness, uploaded: FileSet
    ) -> None:
        harness.ask(start_sync, files=uploaded)
        harness.change_feed(profileId="another")
        answer = harness.ask(check_progress, files=uploaded)
        assert answer == Followed("unknown", more=True)
        assert "progress" not in harness.target.calls
