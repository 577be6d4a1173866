"""The steps of a target that verifies before it starts, over real storage with a told target."""

from collections.abc import Callable

import pytest

from sync_core.activities import Services, start_sync, upload_file_set, verify_upload
from sync_core.activities.deliver import OPERATION_SECONDS
from sync_core.landing import FileSet
from sync_core.model.documents import RunError
from sync_core.model.errors import AccessDeniedError, AnswerLostError
from sync_core.model.messages import VerificationMessage
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Ended, Uploaded, Verdict, Verified, Wait
from sync_core.targets import OperationRunningError, StartAnswer, StartPutOffError, Verification
from sync_core.targets.dry_run import DryRun
from tests.unit.product_kit import EXPORT, ActivityHarness, VerifyingTarget

MESSAGE = VerificationMessage(type="Error", file_name="orgs.csv", description="x", code="y")
ACCEPTED = StartAnswer(started=True, operation="op-1")


@pytest.fixture
def files(harness: ActivityHarness) -> FileSet:
    harness.land("n1/")
    return harness.landed_set("n1")


def ended(answer: Answer) -> Verdict:
    assert isinstance(answer, Ended)
    return answer.verdict


def accept(harness: ActivityHarness, files: FileSet) -> None:
    """The service has accepted the upload for verification."""
    harness.target.will_answer(verify=["op-1"])
    assert isinstance(harness.ask(verify_upload, files=files), Wait)


@pytest.fixture
def verifying(harness: ActivityHarness) -> ActivityHarness:
    """The harness of a target that verifies before the start."""
    harness.target = VerifyingTarget()
    return harness


@pytest.mark.usefixtures("verifying")
class TestVerify:
    def test_the_upload_shows_whether_the_target_verifies_before_the_start(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        assert harness.ask(upload_file_set, files=files) == Uploaded(6, verify=True)
        harness.services = Services(harness.settings, lambda feed, settings: DryRun())
        assert harness.ask(upload_file_set, files=files) == Uploaded(6, verify=False)

    def test_files_of_a_former_target_are_not_taken_for_verified(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        harness.services = Services(harness.settings, lambda feed, settings: DryRun())
        verdict = ended(harness.ask(verify_upload, files=files))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.error is not None
        assert verdict.error.code == "target-changed"

    def test_files_that_are_verified_let_the_run_through(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        accept(harness, files)
        warning = VerificationMessage(type="Warning", description="x")
        found = Verification(state="verified", messages=(warning,))
        harness.target.will_answer(verification=[found])
        assert harness.ask(verify_upload, files=files) == Verified()
        kept = harness.services.verify_record(files)
        assert kept is not None
        assert kept.verification == found

    def test_files_that_are_refused_end_the_run_before_anything_was_sent(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        accept(harness, files)
        refused = Verification(state="refused", messages=(MESSAGE,), note="n")
        harness.target.will_answer(verification=[refused])
        verdict = ended(harness.ask(verify_upload, files=files))
        assert verdict == Verdict(outcome=Outcome.REFUSED, sent=False)

    def test_a_refusal_without_messages_says_what_is_known(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        accept(harness, files)
        harness.target.will_answer(
            verification=[Verification(state="refused", note="It has failed.")]
        )
        verdict = ended(harness.ask(verify_upload, files=files))
        assert verdict.outcome is Outcome.REFUSED
        assert verdict.error == RunError(code="start-refused", message="It has failed.")

    @pytest.mark.parametrize(
        ("asked", "waited"), [(77.25, 77.25), (4.9, None), (0.0, None), (None, None)]
    )
    def test_an_operation_is_looked_at_when_the_service_says_and_never_more_often(
        self, harness: ActivityHarness, files: FileSet, asked: float | None, waited: float | None
    ) -> None:
        accept(harness, files)
        harness.target.will_answer(
            verification=[OperationRunningError("Running.", retry_after=asked)]
        )
        answer = harness.ask(verify_upload, files=files)
        assert isinstance(answer, Wait)
        assert answer.reason == "Running."
        assert answer.after == waited if waited else 24 <= answer.after <= 30

    def test_a_feed_in_a_hurry_does_not_look_more_often_either(
        self, new_harness: Callable[..., ActivityHarness]
    ) -> None:
        harness = new_harness(pollSeconds=1, pollCapSeconds=2)
        harness.target = VerifyingTarget()
        harness.land("n1/")
        files = harness.landed_set("n1")
        accept(harness, files)
        harness.target.will_answer(verification=[OperationRunningError("Running.")])
        assert harness.ask(verify_upload, files=files) == Wait(OPERATION_SECONDS, "Running.")

    def test_an_operation_that_does_not_end_in_time_fails_the_run(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        accept(harness, files)
        harness.target.will_answer(verification=[OperationRunningError("Running.")])
        verdict = ended(harness.ask(verify_upload, files=files, after=21_600))
        assert verdict.outcome is Outcome.FAILED
        assert not verdict.sent
        assert verdict.error is not None
        assert verdict.error.code == "operation-running"

    def test_a_missing_permission_fails_the_run_and_says_so(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        harness.target.will_answer(verify=[AccessDeniedError("Grant it.")])
        verdict = ended(harness.ask(verify_upload, files=files))
        assert verdict.error == RunError(code="access-denied", message="Grant it.")


@pytest.mark.usefixtures("verifying")
class TestLostRequest:
    @pytest.fixture
    def lost(self, harness: ActivityHarness, files: FileSet) -> FileSet:
        """The files were uploaded, and the answer to the request never came."""
        harness.ask(upload_file_set, files=files)
        harness.target.will_answer(verify=[AnswerLostError("Lost.")])
        assert isinstance(harness.ask(verify_upload, files=files), Wait)
        harness.target.calls.clear()
        harness.target.uploaded.clear()
        return files

    def test_every_file_is_uploaded_again_before_it_is_retried(
        self, harness: ActivityHarness, lost: FileSet
    ) -> None:
        accept(harness, lost)
        assert harness.target.calls == ["upload", "verify"]
        assert harness.target.uploaded == {name: text.encode() for name, text in EXPORT.items()}

    def test_what_the_log_knew_of_the_place_before_is_forgotten(
        self, harness: ActivityHarness, lost: FileSet
    ) -> None:
        harness.upload_log(lost).begin("container-1")
        seen: list[str] = []
        look = lambda: seen.append(harness.upload_log(lost).place)  # noqa: E731
        harness.target.will_answer(upload=[look], verify=["op-1"])
        harness.ask(verify_upload, files=lost)
        assert seen == [""]

    def test_a_set_that_has_been_superseded_is_not_uploaded_again(
        self, harness: ActivityHarness, lost: FileSet
    ) -> None:
        harness.land("n2/")
        assert ended(harness.ask(verify_upload, files=lost)).outcome is Outcome.SUPERSEDED
        assert harness.target.calls == []


class TestStart:
    def test_files_that_a_verifying_target_has_not_verified_are_never_started(
        self, verifying: ActivityHarness, files: FileSet
    ) -> None:
        """The feed was given another kind of target after its files were uploaded."""
        verdict = ended(verifying.ask(start_sync, files=files))
        assert verdict.error is not None
        assert verdict.error.code == "target-changed"
        assert "start" not in verifying.target.calls
        assert verifying.services.start_record(files) is None

    def test_files_that_it_has_verified_are_started(
        self, verifying: ActivityHarness, files: FileSet
    ) -> None:
        accept(verifying, files)
        assert verifying.ask(verify_upload, files=files) == Verified()
        assert ended(verifying.ask(start_sync, files=files)).outcome is Outcome.STARTED

    def test_one_that_is_accepted_is_polled_at_the_pace_of_operations(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        running = OperationRunningError("Running.", retry_after=0.0)
        harness.target.will_answer(start=[ACCEPTED], started=[running])
        assert isinstance(harness.ask(start_sync, files=files), Wait)
        waiting = harness.ask(start_sync, files=files)
        assert isinstance(waiting, Wait)
        assert 24 <= waiting.after <= 30
        harness.target.will_answer(started=[StartAnswer(started=True)])
        verdict = ended(harness.ask(start_sync, files=files))
        assert verdict == Verdict(outcome=Outcome.STARTED, sent=True)
        assert harness.target.calls.count("start") == 1

    def test_one_that_stays_open_is_never_given_up_by_the_feeds_deadline(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        harness.target.will_answer(start=[ACCEPTED], started=[OperationRunningError("Running.")])
        harness.ask(start_sync, files=files)
        assert isinstance(harness.ask(start_sync, files=files, after=1e9), Wait)

    def test_one_that_came_to_nothing_was_sent_and_is_refused(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        harness.target.will_answer(
            start=[ACCEPTED], started=[StartAnswer(started=False, note="No run.")]
        )
        harness.ask(start_sync, files=files)
        verdict = ended(harness.ask(start_sync, files=files))
        assert (verdict.outcome, verdict.sent) == (Outcome.REFUSED, True)
        assert verdict.error == RunError(code="start-refused", message="No run.")

    def test_one_that_is_left_to_the_schedule_says_so(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        left = StartAnswer(started=False, left_to_schedule=True, note="Within twelve hours.")
        harness.target.will_answer(start=[left])
        verdict = ended(harness.ask(start_sync, files=files))
        assert verdict == Verdict(
            outcome=Outcome.SCHEDULED, summary="Within twelve hours.", sent=True
        )

    def test_one_that_is_put_off_is_waited_out_and_in_the_end_left_to_the_schedule(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        put_off = StartPutOffError("Microsoft Graph asked to wait (429).", retry_after=30.5)
        harness.target.will_answer(start=[put_off])
        assert harness.ask(start_sync, files=files) == Wait(30.5, str(put_off))
        deadline = harness.settings.feed("northwind").ready_deadline_seconds
        verdict = ended(harness.ask(start_sync, files=files, after=deadline))
        assert (verdict.outcome, verdict.sent) == (Outcome.SCHEDULED, True)
        assert "the app started no sync" in verdict.summary
        assert harness.target.calls.count("start") == 2

    def test_one_that_a_dry_run_did_not_send_was_not_sent(
        self, harness: ActivityHarness, files: FileSet
    ) -> None:
        harness.target.will_answer(start=[StartAnswer(started=True, sent=False, note="Dry run.")])
        verdict = ended(harness.ask(start_sync, files=files))
        assert verdict == Verdict(outcome=Outcome.DRY_RUN, summary="Dry run.", sent=False)
