"""The service's verification of an upload, whatever breaks on the way: over real storage."""

from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from sync_core.delivery.verification import VerifyOnce, VerifyRecord
from sync_core.model.errors import (
    AccessDeniedError,
    AnswerLostError,
    ServiceBusyError,
    ServiceUnreachableError,
    SisSyncError,
    SupersededError,
)
from sync_core.model.messages import VerificationMessage
from sync_core.results.store import ResultsStore
from sync_core.targets import OperationRunningError, Verification
from tests.unit.product_kit import VerifyingTarget

NAME = "northwind/run/steps/verify.json"
MESSAGE = VerificationMessage(type="Error", file_name="orgs.csv", description="é", code="x")
REFUSED = Verification(state="refused", messages=(MESSAGE,), note="n")
ASKED_AT = 1_000.0
RUNNING = OperationRunningError("Not yet.", retry_after=7)


class Case:
    """One generation's verification; `log` holds every upload and every request in its order."""

    def __init__(self, store: ResultsStore) -> None:
        self.store = store
        self.log: list[str] = []

    def ask(self, target: VerifyingTarget) -> Verification:
        target.calls = self.log
        return VerifyOnce(self.store, NAME, target).verification(self.upload_again, now=ASKED_AT)

    def upload_again(self) -> None:
        self.log.append("upload again")

    def accept(self) -> None:
        """The service has accepted the request as the operation op-1."""
        with pytest.raises(OperationRunningError):
            self.ask(VerifyingTarget(verify=["op-1"]))
        self.log.clear()

    @property
    def record(self) -> VerifyRecord | None:
        return VerifyOnce(self.store, NAME, VerifyingTarget()).record()


@pytest.fixture
def case(results_container: ContainerClient) -> Case:
    return Case(ResultsStore(results_container))


def test_where_none_was_requested_there_is_no_record(case: Case) -> None:
    assert case.record is None


def test_a_request_that_was_accepted_is_polled_and_not_sent_again(case: Case) -> None:
    with pytest.raises(OperationRunningError, match="is verifying"):
        case.ask(VerifyingTarget(verify=["op-1"]))
    assert case.record == VerifyRecord(state="accepted", operation="op-1", accepted_at=ASKED_AT)
    with pytest.raises(OperationRunningError, match="Not yet") as caught:
        case.ask(VerifyingTarget(verification=[RUNNING]))
    assert caught.value.retry_after == 7
    assert case.ask(VerifyingTarget(verification=[REFUSED])) == REFUSED
    assert case.log == ["verify", "verification", "verification"]


def test_the_operation_that_was_accepted_is_the_one_that_is_polled(case: Case) -> None:
    polled: list[str] = []

    class Polled(VerifyingTarget):
        def verification(self, operation: str) -> Verification:
            polled.append(operation)
            return REFUSED

    case.accept()
    case.ask(Polled())
    assert polled == ["op-1"]


@pytest.mark.parametrize("found", [REFUSED, Verification(state="verified", messages=(MESSAGE,))])
def test_what_was_found_is_kept_and_never_requested_again(case: Case, found: Verification) -> None:
    case.accept()
    case.ask(VerifyingTarget(verification=[found]))
    case.log.clear()
    assert case.ask(VerifyingTarget(verify=["op-2"])) == found
    assert case.log == []
    assert case.record == VerifyRecord(state="answered", verification=found)


def test_the_intention_is_recorded_before_the_request(case: Case) -> None:
    seen: list[Any] = []

    def verify() -> str:
        seen.append(case.record)
        return "op-1"

    with pytest.raises(OperationRunningError):
        case.ask(VerifyingTarget(verify=[verify]))
    assert seen == [VerifyRecord(state="sending")]


@pytest.mark.parametrize(
    "fault",
    [
        AnswerLostError("Lost."),
        AccessDeniedError("No."),
        MemoryError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_request_without_an_answer_is_repeated_on_files_that_are_uploaded_again(
    case: Case, fault: Exception
) -> None:
    with pytest.raises(type(fault)):
        case.ask(VerifyingTarget(verify=[fault]))
    assert case.log == ["verify"]
    with pytest.raises(OperationRunningError):
        case.ask(VerifyingTarget(verify=["op-2"]))
    assert case.log == ["verify", "upload again", "verify"]
    assert case.record == VerifyRecord(state="accepted", operation="op-2", accepted_at=ASKED_AT)


@pytest.mark.parametrize(
    "fault",
    [ServiceUnreachableError("Not reached."), ServiceBusyError("Later.")],
    ids=lambda fault: type(fault).__name__,
)
def test_a_request_that_had_no_effect_is_repeated_on_the_files_that_are_there(
    case: Case, fault: Exception
) -> None:
    with pytest.raises(type(fault)):
        case.ask(VerifyingTarget(verify=[fault]))
    with pytest.raises(OperationRunningError):
        case.ask(VerifyingTarget(verify=["op-2"]))
    assert case.log == ["verify", "verify"]


def test_files_that_can_not_be_uploaded_again_are_not_verified(case: Case) -> None:
    with pytest.raises(AnswerLostError):
        case.ask(VerifyingTarget(verify=[AnswerLostError("Lost.")]))

    def changed() -> None:
        raise SupersededError("Newer files have landed.")

    target = VerifyingTarget()
    with pytest.raises(SupersededError):
        VerifyOnce(case.store, NAME, target).verification(changed, now=ASKED_AT)
    assert target.calls == []
    assert case.record == VerifyRecord(state="sending")


@pytest.mark.parametrize("fault", [ServiceBusyError("Later."), AccessDeniedError("No.")])
def test_a_poll_that_fails_changes_nothing(case: Case, fault: SisSyncError) -> None:
    case.accept()
    with pytest.raises(type(fault)):
        case.ask(VerifyingTarget(verification=[fault]))
    assert case.record == VerifyRecord(state="accepted", operation="op-1", accepted_at=ASKED_AT)
    assert case.ask(VerifyingTarget(verification=[REFUSED])) == REFUSED
    assert case.log == ["verification", "verification"]


def test_records_of_two_generations_do_not_meet(case: Case) -> None:
    case.accept()
    other = VerifyingTarget(verify=["op-2"])
    with pytest.raises(OperationRunningError, match="is verifying"):
        VerifyOnce(case.store, "northwind/other/steps/verify.json", other).verification(
            case.upload_again, now=ASKED_AT
        )
    assert case.log == []
