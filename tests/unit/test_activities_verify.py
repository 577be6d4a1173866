"""The steps of a target that verifies before it starts, over real storage with a told target."""

from collections.abc import Callable

import pytest

from sync_core.activities import start_sync, upload_file_set, verify_upload
from sync_core.activities.deliver import OPERATION_SECONDS
from sync_core.errors import AccessDeniedError, AnswerLostError
from sync_core.landing import FileSet
from sync_core.messages import VerificationMessage
from sync_core.outcomes import Outcome
from sync_core.results.documents import RunError
from sync_core.steps import Answer, Ended, Through, Verdict, Wait
from sync_core.targets import OperationRunningError, StartAnswer, Verification
from tests.unit.product_kit import EXPORT, House

MESSAGE = VerificationMessage(type="Error", file_name="orgs.csv", description="x", code="y")
ACCEPTED = StartAnswer(started=True, operation="op-1")


@pytest.fixture
def files(house: House) -> FileSet:
    house.land("n1/")
    return house.landed_set("n1")


def ended(answer: Answer) -> Verdict:
    assert isinstance(answer, Ended)
    return answer.verdict


def accept(house: House, files: FileSet) -> None:
    """The service has accepted the upload for verification."""
    house.target.tell(verify=["op-1"])
    assert isinstance(house.ask(verify_upload, files=files), Wait)


class TestVerify:
    def test_a_target_whose_start_verifies_lets_the_run_through(
        self, house: House, files: FileSet
    ) -> None:
        assert house.ask(verify_upload, files=files) == Through()

    def test_files_that_are_verified_let_the_run_through(
        self, house: House, files: FileSet
    ) -> None:
        accept(house, files)
        warning = VerificationMessage(type="Warning", description="x")
        found = Verification(state="verified", messages=(warning,))
        house.target.tell(verification=[found])
        assert house.ask(verify_upload, files=files) == Through()
        kept = house.room.verify_record(files)
        assert kept is not None
        assert kept.verification == found

    def test_files_that_are_refused_end_the_run_before_anything_was_sent(
        self, house: House, files: FileSet
    ) -> None:
        accept(house, files)
        refused = Verification(state="refused", messages=(MESSAGE,), note="n")
        house.target.tell(verification=[refused])
        verdict = ended(house.ask(verify_upload, files=files))
        assert verdict == Verdict(outcome=Outcome.REFUSED, sent=False)

    def test_a_refusal_without_messages_says_what_is_known(
        self, house: House, files: FileSet
    ) -> None:
        accept(house, files)
        house.target.tell(verification=[Verification(state="refused", note="It has failed.")])
        verdict = ended(house.ask(verify_upload, files=files))
        assert verdict.outcome is Outcome.REFUSED
        assert verdict.error == RunError(code="start-refused", message="It has failed.")

    @pytest.mark.parametrize(
        ("asked", "waited"), [(7.25, 7.25), (4.9, OPERATION_SECONDS), (0.0, None), (None, None)]
    )
    def test_an_operation_is_looked_at_when_the_service_says_and_never_more_often(
        self, house: House, files: FileSet, asked: float | None, waited: float | None
    ) -> None:
        accept(house, files)
        house.target.tell(verification=[OperationRunningError("Running.", retry_after=asked)])
        answer = house.ask(verify_upload, files=files)
        assert isinstance(answer, Wait)
        assert answer.reason == "Running."
        assert answer.after == waited if waited else 24 <= answer.after <= 30

    def test_a_feed_in_a_hurry_does_not_look_more_often_either(
        self, new_house: Callable[..., House]
    ) -> None:
        house = new_house(pollSeconds=1, pollCapSeconds=2)
        house.land("n1/")
        files = house.landed_set("n1")
        accept(house, files)
        house.target.tell(verification=[OperationRunningError("Running.")])
        assert house.ask(verify_upload, files=files) == Wait(OPERATION_SECONDS, "Running.")

    def test_an_operation_that_does_not_end_in_time_fails_the_run(
        self, house: House, files: FileSet
    ) -> None:
        accept(house, files)
        house.target.tell(verification=[OperationRunningError("Running.")])
        verdict = ended(house.ask(verify_upload, files=files, after=21_600))
        assert verdict.outcome is Outcome.FAILED
        assert not verdict.sent
        assert verdict.error is not None
        assert verdict.error.code == "operation-running"

    def test_a_missing_permission_fails_the_run_and_says_so(
        self, house: House, files: FileSet
    ) -> None:
        house.target.tell(verify=[AccessDeniedError("Grant it.")])
        verdict = ended(house.ask(verify_upload, files=files))
        assert verdict.error == RunError(code="access-denied", message="Grant it.")


class TestLostRequest:
    @pytest.fixture
    def lost(self, house: House, files: FileSet) -> FileSet:
        """The files were uploaded, and the answer to the request never came."""
        house.ask(upload_file_set, files=files)
        house.target.tell(verify=[AnswerLostError("Lost.")])
        assert isinstance(house.ask(verify_upload, files=files), Wait)
        house.target.calls.clear()
        house.target.uploaded.clear()
        return files

    def test_every_file_is_uploaded_again_before_it_is_asked_again(
        self, house: House, lost: FileSet
    ) -> None:
        accept(house, lost)
        assert house.target.calls == ["upload", "verify"]
        assert house.target.uploaded == {name: text.encode() for name, text in EXPORT.items()}

    def test_what_the_log_knew_of_the_place_before_is_forgotten(
        self, house: House, lost: FileSet
    ) -> None:
        house.room.upload_log(lost).begin("container-1")
        seen: list[str] = []
        look = lambda: seen.append(house.room.upload_log(lost).place)  # noqa: E731
        house.target.tell(upload=[look], verify=["op-1"])
        house.ask(verify_upload, files=lost)
        assert seen == [""]

    def test_a_set_that_has_been_overtaken_is_not_uploaded_again(
        self, house: House, lost: FileSet
    ) -> None:
        house.land("n2/")
        assert ended(house.ask(verify_upload, files=lost)).outcome is Outcome.SUPERSEDED
        assert house.target.calls == []


class TestStart:
    def test_one_that_is_accepted_is_asked_after_at_the_pace_of_operations(
        self, house: House, files: FileSet
    ) -> None:
        running = OperationRunningError("Running.", retry_after=0.5)
        house.target.tell(start=[ACCEPTED], started=[running])
        assert isinstance(house.ask(start_sync, files=files), Wait)
        assert house.ask(start_sync, files=files) == Wait(OPERATION_SECONDS, "Running.")
        house.target.tell(started=[StartAnswer(started=True)])
        verdict = ended(house.ask(start_sync, files=files))
        assert verdict == Verdict(outcome=Outcome.STARTED, sent=True)
        assert house.target.calls.count("start") == 1

    def test_one_that_stays_open_is_never_given_up_by_the_feeds_deadline(
        self, house: House, files: FileSet
    ) -> None:
        house.target.tell(start=[ACCEPTED], started=[OperationRunningError("Running.")])
        house.ask(start_sync, files=files)
        assert isinstance(house.ask(start_sync, files=files, after=1e9), Wait)

    def test_one_that_came_to_nothing_was_sent_and_is_refused(
        self, house: House, files: FileSet
    ) -> None:
        house.target.tell(start=[ACCEPTED], started=[StartAnswer(started=False, note="No run.")])
        house.ask(start_sync, files=files)
        verdict = ended(house.ask(start_sync, files=files))
        assert (verdict.outcome, verdict.sent) == (Outcome.REFUSED, True)
        assert verdict.error == RunError(code="start-refused", message="No run.")

    def test_one_that_is_left_to_the_schedule_says_so(self, house: House, files: FileSet) -> None:
        left = StartAnswer(started=True, left_to_schedule=True, note="Within twelve hours.")
        house.target.tell(start=[left])
        verdict = ended(house.ask(start_sync, files=files))
        assert (verdict.outcome, verdict.summary) == (Outcome.STARTED, "Within twelve hours.")

    def test_one_that_a_dry_run_did_not_send_was_not_sent(
        self, house: House, files: FileSet
    ) -> None:
        house.target.tell(start=[StartAnswer(started=True, sent=False, note="Dry run.")])
        verdict = ended(house.ask(start_sync, files=files))
        assert verdict == Verdict(outcome=Outcome.DRY_RUN, summary="Dry run.", sent=False)
