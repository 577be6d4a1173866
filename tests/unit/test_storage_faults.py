"""The data storage: which client the settings mean, and its faults in the program's own terms."""

from collections.abc import Mapping
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import HttpRequest, RequestsTransportResponse
from requests import Response

from local.storage import Azurite
from sync_core.model.errors import (
    AccessDeniedError,
    ServiceUnreachableError,
    SisSyncError,
    SupersededError,
    TransientError,
    UnexpectedAnswerError,
)
from sync_core.model.feeds import load_settings
from sync_core.storage import APP_OPTIONS, Storage, queue_service, storage_faults
from tests.unit.product_kit import environment, settings_of

ONCE: Mapping[str, Any] = {"retry_total": 0}
CANARY = "https://a.blob.core.windows.net/c?sig=canary"


def refusal(status: int | None) -> HttpResponseError:
    """The SDK's error for an answer of this status; without an answer where it is None."""
    if status is None:
        return HttpResponseError(message=CANARY)
    told = Response()
    told.status_code = status
    answer = RequestsTransportResponse(HttpRequest("GET", CANARY), told)
    return HttpResponseError(message=CANARY, response=answer)


def translated(error: Exception, *, pinned: bool = False) -> SisSyncError:
    with pytest.raises(SisSyncError) as caught, storage_faults("blob a/b.csv", pinned=pinned):
        raise error
    message = str(caught.value)
    assert "blob a/b.csv" in message
    assert "canary" not in message
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize("status", [404, 412])
def test_what_was_pinned_and_is_not_the_same_is_superseded(status: int) -> None:
    assert type(translated(refusal(status), pinned=True)) is SupersededError
    assert type(translated(refusal(status))) is UnexpectedAnswerError


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (None, TransientError),
        (429, TransientError),
        (500, TransientError),
        (503, TransientError),
        (403, AccessDeniedError),
        (400, UnexpectedAnswerError),
        (409, UnexpectedAnswerError),
        (499, UnexpectedAnswerError),
    ],
)
def test_every_other_status_is_what_it_is(
    status: int | None, kind: type[SisSyncError], pinned: bool
) -> None:
    assert type(translated(refusal(status), pinned=pinned)) is kind


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ServiceRequestError, ServiceUnreachableError),
        (ServiceResponseError, ServiceUnreachableError),
        (IncompleteReadError, TransientError),
    ],
)
def test_no_answer_or_half_of_one_may_come_whole_another_time(
    kind: type[Exception], told: type[TransientError]
) -> None:
    assert type(translated(kind(CANARY))) is told


def test_what_is_no_fault_of_storage_is_left_alone() -> None:
    with pytest.raises(ValueError, match="mine"), storage_faults("blob a/b.csv"):
        raise ValueError("mine")


class TestClients:
    def test_a_connection_string_names_the_account(self) -> None:
        storage = Storage(settings_of())
        assert storage.landing.url == "http://127.0.0.1:10000/devstoreaccount1/sis-landing"
        assert storage.results.container_name == "sis-results"
        assert storage.decisions.container_name == "sis-decisions"
        assert storage.state.container_name == "sis-state"

    def test_a_managed_identity_has_the_address_alone(self) -> None:
        variables = environment(
            SIS_STORAGE__blobServiceUri="https://account.blob.core.windows.net",
            SIS_STORAGE__clientId="the-client-id",
            SIS_STORAGE__credential="managedidentity",
        )
        del variables["SIS_STORAGE"]
        storage = Storage(load_settings(variables))
        assert storage.landing.url == "https://account.blob.core.windows.net/sis-landing"
        assert storage.landing.credential is not None

    @pytest.mark.usefixtures("dead_proxies")
    def test_no_proxy_of_the_environment_sees_a_request(self, azurite: Azurite) -> None:
        settings = settings_of(SIS_STORAGE=azurite.connection_string)
        with Storage(settings, options={**APP_OPTIONS, **ONCE}).container("none") as container:
            assert not container.exists()
        with (
            Storage(settings, options=ONCE).container("none") as container,
            pytest.raises(ServiceRequestError),
        ):
            container.exists()

    @pytest.mark.usefixtures("dead_proxies")
    def test_no_proxy_of_the_environment_sees_a_queue(self, azurite: Azurite) -> None:
        environment = {"AzureWebJobsStorage": azurite.connection_string}
        with queue_service(environment, "AzureWebJobsStorage") as service:
            assert list(service.list_queues("none-")) == []
