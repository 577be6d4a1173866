"""Uploads an export from a folder or a zip to the landing container: the files, then the marker.

The app treats a set with a marker as complete at once. So the marker is written only after every
file, and an interrupted delivery starts no run.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import ContainerClient

from sync_core.cli.exports.local_files import shown_path
from sync_core.model.errors import AccessDeniedError, UnexpectedAnswerError
from sync_core.storage import FORBIDDEN, NOT_FOUND, storage_faults

MARKER, MANIFEST = "_READY", "manifest.json"


class Delivery(NamedTuple):
    """What is uploaded to `place`: `files` in order. `ignored`: names of the other files."""

    place: str
    files: tuple[Path, ...]
    ignored: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files)


class NothingToDeliverError(Exception):
    """There is no export at the path. The message says what to name instead."""


def delivery_of(path: Path, feed: str, export: str) -> Delivery:
    """The delivery of a folder of CSV files, or of one zip. Raises NothingToDeliverError."""
    place = f"{feed}/{export}"
    if path.is_file() and path.suffix.lower() == ".zip":
        return Delivery(place, (path,), ())
    if not path.is_dir():
        raise NothingToDeliverError(
            f"{shown_path(path)} is neither a folder nor a zip. Name the folder with the CSV files,"
            " or a zip."
        )
    names = sorted(each for each in path.iterdir() if each.is_file())
    files = [each for each in names if each.suffix.lower() == ".csv"]
    if not files:
        raise NothingToDeliverError(
            f"{shown_path(path)} contains no CSV file. Name the folder that contains them."
        )
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
    """Upload the files, then the marker. `on_bytes` is called with the number of new bytes.

    Existing files are overwritten, so a delivery can be repeated. Raises AccessDeniedError if the
    account refuses it, and the errors of `storage_faults`.
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
    """Turn refusals into advice for a person; `storage_faults` advises about the app's identity."""
    where = f"{landing.account_name}, container {landing.container_name}"
    try:
        yield
    except ClientAuthenticationError:
        raise AccessDeniedError(
            "You are not signed in to the storage account. Run az login or azd auth login, or set"
            " SIS_STORAGE to a connection string."
        ) from None
    except HttpResponseError as error:
        if error.status_code == FORBIDDEN:
            raise AccessDeniedError(
                f"The storage account {where}, refused the delivery (403). You need the role"
                " Storage Blob Data Contributor there; SIS_EXPORTERS in docs/deploy.md assigns it."
                " A new role takes up to 10 minutes to take effect. If the storage is in a network,"
                " SIS_ALLOWED_IP_RANGES must contain your address."
            ) from None
        if error.status_code == NOT_FOUND:
            raise UnexpectedAnswerError(
                f"There is no storage account {where}. Check the name of the account."
            ) from None
        raise
