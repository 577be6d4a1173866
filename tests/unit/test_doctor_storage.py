"""The doctor's checks of the data storage, as the app and as an operator."""

from collections.abc import Callable

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import ContainerClient, ContainerSasPermissions

from sync_core.cli.doctor.steps import DoctorEnvironment, Step
from sync_core.cli.doctor.storage import clock, sign_in, storage_steps
from sync_core.storage import Storage
from tests.unit.product_kit import settings_of

READ = ContainerSasPermissions(read=True, list=True)
WRITE = ContainerSasPermissions(read=True, list=True, write=True, delete=True)
OTHER = ContainerSasPermissions(tag=True)
"""Access that neither lists nor writes."""

ACCESS = {"sis-results": READ, "sis-decisions": WRITE, "sis-state": OTHER}
"""What the templates give to operators."""


class SignedStorage(Storage):
    """The data storage for somebody who has these signed addresses."""

    def __init__(self, addresses: dict[str, str]) -> None:
        super().__init__(settings_of())
        self._addresses = addresses

    def container(self, name: str) -> ContainerClient:
        return ContainerClient.from_container_url(self._addresses[name])


class SignedIn:
    """An operator who is signed in."""

    def get_token(self, *_: str) -> str:
        return "token"


def steps_of(storage: Storage) -> dict[str, Step]:
    around = DoctorEnvironment({}, credential=SignedIn())
    return {step.name: step for step in storage_steps(settings_of(), storage, around)}


@pytest.fixture
def with_access(
    new_container: Callable[[str], ContainerClient], signed: Callable[..., str]
) -> Callable[..., Storage]:
    """A function to the storage for an operator, with other access to some containers."""

    def storage(**others: ContainerSasPermissions) -> Storage:
        access = ACCESS | {f"sis-{kind}": each for kind, each in others.items()}
        return SignedStorage(
            {name: signed(new_container(name), permission=each) for name, each in access.items()}
        )

    return storage


def test_an_operator_reads_results_and_writes_decisions(
    with_access: Callable[..., Storage],
) -> None:
    steps = steps_of(with_access())
    assert {name: step.state for name, step in steps.items()} == {
        "sign-in": "ok",
        "landing container": "skipped",
        "results container": "ok",
        "decisions container": "ok",
        "state container": "ok",
        "clock": "ok",
        "results queue": "skipped",
    }
    assert "not write" in steps["results container"].detail


@pytest.mark.parametrize(
    ("kind", "access", "said"),
    [
        ("results", OTHER, "SIS_OPERATOR_GROUP_ID"),
        ("results", WRITE, "a sync could start twice"),
        ("decisions", READ, "SIS_OPERATOR_GROUP_ID"),
        ("state", READ, "only the app may read"),
    ],
)
def test_too_little_and_too_much_access_is_found(
    with_access: Callable[..., Storage], kind: str, access: ContainerSasPermissions, said: str
) -> None:
    steps = steps_of(with_access(**{kind: access}))
    assert [name for name, step in steps.items() if step.state == "failed"] == [f"{kind} container"]
    assert said in steps[f"{kind} container"].detail


def test_an_operator_without_a_token_is_asked_to_sign_in() -> None:
    class NoToken:
        def get_token(self, *_: str) -> None:
            raise ClientAuthenticationError("no")

    step = sign_in(DoctorEnvironment({}, credential=NoToken()))
    assert (step.state, "az login" in step.detail) == ("failed", True)


def test_a_clock_that_is_far_off_is_found() -> None:
    assert clock(["Mon, 01 Jan 2001 00:00:00 GMT"]).state == "failed"


def test_without_an_answer_there_is_no_clock_to_compare() -> None:
    assert clock([]).state == "skipped"
