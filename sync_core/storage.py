"""Clients for the data storage, and its errors as the program's own types."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

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


APP_OPTIONS: Mapping[str, Any] = {"use_env_settings": False}
"""The app reads no proxy settings and no netrc, because no proxy may see a token. The SDK would
read both before every request to storage, in a fifth of a small one's time."""


class Storage:
    """The containers that the app uses. The client is created on first use.

    `credential` replaces the app's managed identity, for tools that run as another identity.
    `options` are those of the SDK's client.
    """

    def __init__(
        self,
        settings: Settings,
        credential: TokenCredential | None = None,
        *,
        options: Mapping[str, Any] = APP_OPTIONS,
    ) -> None:
        self._settings, self._credential, self._options = settings, credential, options

    @property
    def landing(self) -> ContainerClient:
        return self.container(self._settings.landing_container)

    @property
    def results(self) -> ContainerClient:
        return self.container(self._settings.results_container)

    @property
    def decisions(self) -> ContainerClient:
        return self.container(self._settings.decisions_container)

    @property
    def state(self) -> ContainerClient:
        return self.container(self._settings.state_container)

    def container(self, name: str) -> ContainerClient:
        return self._service.get_container_client(name)

    @cached_property
    def _service(self) -> BlobServiceClient:
        settings = self._settings
        if settings.storage:
            return BlobServiceClient.from_connection_string(settings.storage, **self._options)
        credential = self._credential or managed_identity(settings.storage_client_id)
        address = str(settings.blob_service_uri)
        return BlobServiceClient(address, credential=credential, **self._options)


FEW_RETRIES: Mapping[str, Any] = {"retry_total": 2, "initial_backoff": 1, "increment_base": 2}
"""Two retries, a few seconds apart. The SDK's default takes more than a minute. The sweep can do
without an answer, because it runs again soon, and a person at a terminal can try again."""


def queue_service(environment: Mapping[str, str], connection: str) -> "QueueServiceClient":
    """A client for the queues of a connection, which is named by its setting.

    Resolved as the Functions host does: a connection string, or the address or name of an account
    with the app's identity. Raises SettingsError if none is set.
    """
    # Imported here because only the sweep needs it, and rarely.
    from azure.storage.queue import QueueServiceClient

    options = {**FEW_RETRIES, **APP_OPTIONS}
    if text := environment.get(connection):
        try:
            return QueueServiceClient.from_connection_string(text, **options)
        except ValueError:
            # The value is not quoted: it contains a key.
            raise SettingsError(
                f"{connection} is not a valid connection string. Copy it from the storage account,"
                f" or set {connection}__queueServiceUri to use a managed identity."
            ) from None
    address = environment.get(f"{connection}__queueServiceUri")
    if not address and (account := environment.get(f"{connection}__accountName")):
        address = f"https://{account}.queue.core.windows.net"
    if not address:
        raise SettingsError(
            f"Neither {connection} nor {connection}__queueServiceUri is set. Set one of them."
        )
    credential = managed_identity(environment.get(f"{connection}__clientId"))
    return QueueServiceClient(address, credential=credential, **options)


def managed_identity(client_id: str | None) -> TokenCredential:
    """A credential for the app's own identity."""
    # Imported here: it takes most of a second, and a connection string does not need it.
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id, **APP_OPTIONS)


@contextmanager
def storage_faults(what: str, *, pinned: bool = False) -> Iterator[None]:
    """Raise the SDK's errors as the program's own. `what` names the resource, without a query.

    With `pinned`, a blob that was changed or deleted raises SupersededError. The SDK's text is left
    out, because it may quote addresses and headers.
    """
    try:
        yield
    except HttpResponseError as error:
        raise _translated(error.status_code, what, pinned=pinned) from None
    except (ServiceRequestError, ServiceResponseError):
        raise ServiceUnreachableError(f"Storage did not respond for {what}; retrying.") from None


def _translated(
    status: int | None, what: str, *, pinned: bool
) -> TransientError | SupersededError | AccessDeniedError | UnexpectedAnswerError:
    if pinned and status in (NOT_FOUND, PRECONDITION_FAILED):
        return SupersededError(f"{what} was changed or deleted after the set was complete.")
    if status is None or status == BUSY or status >= SERVER_FAULT:
        return TransientError(f"Storage is busy ({status}) for {what}; retrying.")
    if status == FORBIDDEN:
        return AccessDeniedError(
            f"Storage denied access to {what} (403). Assign the role Storage Blob Data Contributor"
            " on its container to the app's identity."
        )
    return UnexpectedAnswerError(
        f"Storage answered {status} for {what}. Check that the container exists and that"
        " SIS_STORAGE points to the right account."
    )
