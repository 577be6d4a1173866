"""The containers that operators' commands use, with refusals put into words for an operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.cli.runs.account import StorageAccount
from sync_core.guards.decision_store import DecisionStore
from sync_core.landing.reading import Landing
from sync_core.model.errors import (
    AccessDeniedError,
    ServiceUnreachableError,
    TransientError,
    UnexpectedAnswerError,
)
from sync_core.results.store import ResultsStore
from sync_core.storage import FEW_RETRIES


class Needed(NamedTuple):
    """The role that a person needs on a container, and the setting that assigns it."""

    role: str
    setting: str


READ_RESULTS = Needed("Storage Blob Data Reader", "SIS_OPERATOR_GROUP_ID")
WRITE_DECISIONS = Needed("Storage Blob Data Contributor", "SIS_OPERATOR_GROUP_ID")
WRITE_EXPORTS = Needed("Storage Blob Data Contributor", "SIS_EXPORTERS")


class Records:
    """The results, decisions and exports of one data storage account."""

    def __init__(
        self, landing: ContainerClient, results: ContainerClient, decisions: ContainerClient
    ) -> None:
        self._landing, self._results, self._decisions = landing, results, decisions

    @property
    def results_name(self) -> str:
        """The account and container of the results, for messages."""
        return _name(self._results)

    @contextmanager
    def results(self) -> Iterator[ResultsStore]:
        """The results, to read them."""
        with _refusals(self._results, READ_RESULTS):
            yield ResultsStore(self._results)

    @contextmanager
    def decisions(self) -> Iterator[DecisionStore]:
        """The decisions, to read and write them."""
        with _refusals(self._decisions, WRITE_DECISIONS):
            yield DecisionStore(self._decisions)

    @contextmanager
    def landing(self) -> Iterator[Landing]:
        """The landing container, to list it."""
        with _refusals(self._landing, WRITE_EXPORTS):
            yield Landing(self._landing)

    @contextmanager
    def landing_container(self) -> Iterator[ContainerClient]:
        """The landing container, to write to it."""
        with _refusals(self._landing, WRITE_EXPORTS):
            yield self._landing


@contextmanager
def records_of(account: StorageAccount) -> Iterator[Records]:
    """The records in an account. Clients are closed at the end."""
    with (
        account.container("SIS_LANDING_CONTAINER", **FEW_RETRIES) as landing,
        account.container("SIS_RESULTS_CONTAINER", **FEW_RETRIES) as results,
        account.container("SIS_DECISIONS_CONTAINER", **FEW_RETRIES) as decisions,
    ):
        yield Records(landing, results, decisions)


@contextmanager
def _refusals(container: ContainerClient, needed: Needed) -> Iterator[None]:
    """Turn faults of storage into advice for a person; the originals advise about the app."""
    where = _name(container)
    try:
        yield
    except AccessDeniedError:
        raise AccessDeniedError(
            f"The storage account {where}, refused access (403). You need the role {needed.role}"
            f" there; {needed.setting} in docs/deploy.md assigns it. A new role takes up to 10"
            " minutes to take effect. If the storage is in a network, SIS_ALLOWED_IP_RANGES must"
            " contain your address."
        ) from None
    except TransientError:
        raise ServiceUnreachableError(
            f"The storage account {where}, did not answer. Check the account's name and your"
            " connection, then try again."
        ) from None
    except msgspec.MsgspecError:
        # The reason is left out: it may quote a value of the document.
        raise UnexpectedAnswerError(
            f"A document in the storage account {where}, cannot be read by this version of"
            " sis-sync. Use the version of the app: appVersion in result.json."
        ) from None


def _name(container: ContainerClient) -> str:
    return f"{container.account_name}, container {container.container_name}"
