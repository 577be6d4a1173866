"""The data storage: clients from the settings, and its faults in the program's own terms."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from sync_core.model.errors import (
    AccessDeniedError,
    ServiceUnreachableError,
    SettingsError,
    SupersededError,
    TransientError,
    UnexpectedAnswerError,
)
from sync_core.model.feeds import Settings

if TYPE_CHECKING:
    from azure.storage.queue import QueueServiceClient

FORBIDDEN, NOT_FOUND, PRECONDITION_FAILED, BUSY = 403, 404, 412, 429
SERVER_FAULT = 500


class Storage:
    """The two containers that a run touches. Clients are made when they are first used.

    `credential` signs in instead of the app's identity, where somebody else looks.
    """

    def __init__(self, settings: Settings, credential: TokenCredential | None = None) -> None:
        self._settings = settings
        self._credential = credential

    @property
    def landing(self) -> ContainerClient:
        return self.container(self._settings.landing_container)

    @property
    def results(self) -> ContainerClient:
        return self.container(self._settings.results_container)

    def container(self, name: str) -> ContainerClient:
        return self._service.get_container_client(name)

    @cached_property
    def _service(self) -> BlobServiceClient:
        settings = self._settings
        if settings.storage:
            return BlobServiceClient.from_connection_string(settings.storage)
        credential = self._credential or managed_identity(settings.storage_client_id)
        return BlobServiceClient(str(settings.blob_service_uri), credential=credential)


def queue_service(environment: Mapping[str, str], connection: str) -> "QueueServiceClient":
    """The queues of a connection of the Functions host, which goes by the name of its setting.

    As the host reads it: a connection string, or the address or the name of an account for the
    app's identity. Raises SettingsError where neither is set.
    """
    # Only the sweep asks for queues, and rarely.
    from azure.storage.queue import QueueServiceClient

    if text := environment.get(connection):
        try:
            return QueueServiceClient.from_connection_string(text)
        except ValueError:
            # Not quoted: it holds a key.
            raise SettingsError(f"{connection} is not a connection string.") from None
    address = environment.get(f"{connection}__queueServiceUri")
    if not address and (account := environment.get(f"{connection}__accountName")):
        address = f"https://{account}.queue.core.windows.net"
    if not address:
        raise SettingsError(f"{connection} is not set, nor {connection}__queueServiceUri.")
    credential = managed_identity(environment.get(f"{connection}__clientId"))
    return QueueServiceClient(address, credential=credential)


def managed_identity(client_id: str | None) -> TokenCredential:
    """The app's own identity."""
    # Most of a second of imports that a connection string has no use for.
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)


@contextmanager
def storage_faults(what: str, *, pinned: bool = False) -> Iterator[None]:
    """Turn the SDK's errors into the program's. `what` names the thing touched, without a query.

    With `pinned`, a blob that has changed or gone is a SupersededError.
    The SDK's own text is left out: it may quote addresses and headers.
    """
    try:
        yield
    except HttpResponseError as error:
        raise _translated(error.status_code, what, pinned=pinned) from None
    except (ServiceRequestError, ServiceResponseError):
        raise ServiceUnreachableError(
            f"Storage did not answer for {what}; it is tried again."
        ) from None


def _translated(
    status: int | None, what: str, *, pinned: bool
) -> TransientError | SupersededError | AccessDeniedError | UnexpectedAnswerError:
    if pinned and status in (NOT_FOUND, PRECONDITION_FAILED):
        return SupersededError(f"{what} has changed or gone since the set was complete.")
    if status is None or status == BUSY or status >= SERVER_FAULT:
        return TransientError(f"Storage is busy ({status}) for {what}; it is tried again.")
    if status == FORBIDDEN:
        return AccessDeniedError(
            f"Storage refused access to {what} (403). Give the app's identity the role Storage"
            " Blob Data Contributor on the data storage account."
        )
    return UnexpectedAnswerError(
        f"Storage answered {status} for {what}. Check that the container exists and that"
        " SIS_STORAGE points to the right account."
    )
