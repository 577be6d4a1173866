"""An export from a folder or a zip into the landing container: the files, and the marker last.

The app takes a set with a marker as complete at once, so the marker is written only when every file
has arrived; an interrupted delivery starts nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import ContainerClient

from sync_core.model.errors import AccessDeniedError, UnexpectedAnswerError
from sync_core.storage import FORBIDDEN, NOT_FOUND, storage_faults

MARKER, MANIFEST = "_READY", "manifest.json"


class Delivery(NamedTuple):
    """What goes where: `files` in order, `ignored` the names that are not part of an export."""

    place: str
    files: tuple[Path, ...]
    ignored: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files)


class NothingToDeliverError(Exception):
    """There is no export at the path; the message says what to give instead."""


def delivery_of(path: Path, feed: str, export: str) -> Delivery:
    """The delivery of a folder of CSV files, or of one zip. Raises NothingToDeliverError."""
    place = f"{feed}/{export}"
    if path.is_file() and path.suffix.lower() == ".zip":
        return Delivery(place, (path,), ())
    if not path.is_dir():
        raise NothingToDeliverError(
            f"{path} is neither a folder nor a zip. Give the folder with the CSV files, or a zip."
        )
    names = sorted(each for each in path.iterdir() if each.is_file())
    files = [each for each in names if each.suffix.lower() == ".csv"]
    if not files:
        raise NothingToDeliverError(f"{path} holds no CSV file. Give the folder that holds them.")
    # A manifest describes the files, so it comes after them.
    files += [each for each in names if each.name.lower() == MANIFEST]
    mine = {*files, path / MARKER}
    return Delivery(place, tuple(files), tuple(each.name for each in names if each not in mine))


def deliver(
    delivery: Delivery,
    landing: ContainerClient,
    on_file: Callable[[Path], None],
    on_bytes: Callable[[int], None],
) -> None:
    """Upload the files, then the marker. `on_bytes` is told how many more have arrived.

    A file that lies there already is overwritten, so the same delivery may be repeated. Raises
    AccessDeniedError where the account refuses, and the errors of `storage_faults`.
    """
    for file in delivery.files:
        on_file(file)
        with file.open("rb") as content, storage_faults(delivery.place), _refusals(landing):
            landing.upload_blob(
                f"{delivery.place}/{file.name}",
                content,
                overwrite=True,
                max_concurrency=4,
                progress_hook=_progress(on_bytes),
            )
    with storage_faults(delivery.place), _refusals(landing):
        landing.upload_blob(f"{delivery.place}/{MARKER}", b"", overwrite=True)


def _progress(on_bytes: Callable[[int], None]) -> Callable[[int, int | None], None]:
    arrived = 0

    def hook(current: int, _total: int | None) -> None:
        nonlocal arrived
        on_bytes(current - arrived)
        arrived = current

    return hook


@contextmanager
def _refusals(landing: ContainerClient) -> Iterator[None]:
    """Say who lacks what: the advice of `storage_faults` is about the app, and this is a person."""
    where = f"{landing.account_name}, container {landing.container_name}"
    try:
        yield
    except ClientAuthenticationError:
        raise AccessDeniedError(
            "There is no sign-in for the storage account. Run az login or azd auth login, or set"
            " SIS_STORAGE to a connection string."
        ) from None
    except HttpResponseError as error:
        if error.status_code == FORBIDDEN:
            raise AccessDeniedError(
                f"The storage account {where}, refused the delivery (403). You need the role"
                " Storage Blob Data Contributor there: SIS_EXPORTERS in docs/deploy.md gives it. A"
                " new role takes up to 10 minutes. Where the storage is in a network, your address"
                " has to be in SIS_ALLOWED_IP_RANGES."
            ) from None
        if error.status_code == NOT_FOUND:
            raise UnexpectedAnswerError(
                f"There is no storage account {where}. Check the name of the account."
            ) from None
        raise
