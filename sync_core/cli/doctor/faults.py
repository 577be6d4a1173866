"""Errors of the storage SDK as sentences for whoever runs the doctor: no text of the SDK itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from sync_core.cli.doctor.steps import StorageUnreachableError
from sync_core.model.errors import AccessDeniedError, UnexpectedAnswerError
from sync_core.storage import FORBIDDEN, NOT_FOUND


class Resource(NamedTuple):
    """A container, queue or blob: what it is, its name, and the setting that names it.

    `role` is what the app's identity needs there.
    """

    noun: str
    name: str
    setting: str
    role: str = "Storage Blob Data Contributor"

    def __str__(self) -> str:
        return f"{self.noun} {self.name}"


@contextmanager
def storage_answers(resource: Resource) -> Iterator[None]:
    """Raise the errors of the SDK as AccessDeniedError, UnexpectedAnswerError or
    StorageUnreachableError.
    """
    try:
        yield
    except (ServiceRequestError, ServiceResponseError):
        raise unreachable() from None
    except HttpResponseError as error:
        raise _refused(error, resource) from None
    except AzureError as error:
        raise UnexpectedAnswerError(
            f"The {resource} could not be checked ({type(error).__name__}). Try again."
        ) from None


def unreachable() -> StorageUnreachableError:
    """The error about storage that does not answer."""
    return StorageUnreachableError(
        "The data storage did not answer. Check the name of the account, your connection, and"
        " whether SIS_ALLOWED_IP_RANGES contains your address."
    )


def _refused(
    error: HttpResponseError, resource: Resource
) -> AccessDeniedError | UnexpectedAnswerError:
    if error.status_code is None and isinstance(error, ClientAuthenticationError):
        return AccessDeniedError("There is no token for storage. Run az login or azd auth login.")
    if error.status_code == FORBIDDEN:
        return AccessDeniedError(
            f"Access to the {resource} was denied (403). The identity needs the role"
            f" {resource.role} there; docs/deploy.md says what assigns it."
        )
    if error.status_code == NOT_FOUND:
        return UnexpectedAnswerError(
            f"There is no {resource}. Check {resource.setting}, or create it: azd provision does."
        )
    return UnexpectedAnswerError(
        f"Storage answered {error.status_code} for the {resource}. Check that the settings name"
        " the right account."
    )
