"""Copies the files of an earlier run into a new folder of its feed, so that they run again.

Storage copies the files itself; they do not pass through this machine. Each copy requires the ETag
that the run had, and the marker is written last, so a set that has changed is never delivered.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, ContainerClient

from sync_core.cli.runs.listing import NamedRun, files_state, result_of
from sync_core.cli.runs.records import Records
from sync_core.guards.decisions import FilesChangedError, RunReference
from sync_core.landing.exports import READY_MARKER
from sync_core.model.documents import RunResult
from sync_core.model.errors import SupersededError, TerminalError, UnexpectedAnswerError
from sync_core.model.holds import Redelivery, Settlement
from sync_core.model.outcomes import Outcome
from sync_core.storage import storage_faults

POLL_SECONDS = 1.0
MARKER = READY_MARKER.upper()


class RedeliveryError(TerminalError):
    """The files of a run cannot be delivered again."""

    code = "redelivery-not-possible"


class SignedBy(NamedTuple):
    """Who delivers a run again, None if they gave no name; when, as RFC 3339; and why."""

    by: str | None
    at: str
    reason: str = ""


class Copy(NamedTuple):
    """One blob to copy. `etag` is the version that the run had."""

    source: str
    etag: str
    name: str


class Delivery(NamedTuple):
    """The copies of a run's files, in the folder `place` of the landing container."""

    run: RunReference
    place: str
    copies: tuple[Copy, ...]


def delivery_of(records: Records, named: NamedRun, now: datetime) -> Delivery:
    """What to copy to deliver a run again. Raises RedeliveryError, FilesChangedError."""
    result = result_of(records, named)
    with records.decisions() as decisions:
        settlement = decisions.settlement(named.feed, named.run)
    _check(result, settlement)
    if files_state(records, result) == "changed":
        raise _files_changed(named)
    place = f"{named.feed}/redelivered-{now:%Y%m%dT%H%M%SZ}-{named.run}"
    # The files of a zip have the name and ETag of the zip, which is copied once.
    blobs = dict.fromkeys((file.blob, file.etag) for file in result.files)
    copies = (Copy(blob, etag, f"{place}/{blob.rpartition('/')[2]}") for blob, etag in blobs)
    return Delivery(RunReference(*named, result.generation), place, tuple(copies))


def _check(result: RunResult, settlement: Settlement | None) -> None:
    run = f"The run {result.run} of the feed {result.feed}"
    if not result.files:
        raise RedeliveryError(f"{run} has no files. Deliver the export again.")
    if result.outcome is Outcome.INCOMPLETE:
        raise RedeliveryError(
            f"{run} ended as incomplete: files were missing. Have them delivered; the app then"
            " checks the export again."
        )
    if result.outcome is Outcome.UNKNOWN and (settlement is None or settlement.started):
        raise RedeliveryError(
            f"{run} ended as unknown, and its sync may have started. Check in School Data Sync. If"
            " no sync ran, first record it: sis-sync settle"
            f" {result.feed} {result.run} --not-started --by NAME"
        )


def redeliver(
    records: Records,
    delivery: Delivery,
    signed: SignedBy,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Copy the files, record who did it, then write the marker.

    Copies are deleted again if one of these steps fails.
    """
    with records.landing_container() as landing, _all_or_nothing(landing, delivery):
        for copy in delivery.copies:
            try:
                with storage_faults(f"blob {copy.source}", pinned=True):
                    _copy(landing, copy, wait)
            except SupersededError:
                raise _files_changed(delivery.run) from None
        with records.decisions() as decisions:
            decisions.note_redelivery(_record(delivery, signed))
        with storage_faults(delivery.place):
            landing.upload_blob(f"{delivery.place}/{MARKER}", b"", overwrite=True)


def _record(delivery: Delivery, signed: SignedBy) -> Redelivery:
    return Redelivery(
        feed=delivery.run.feed,
        run=delivery.run.run,
        generation=delivery.run.generation,
        folder=delivery.place,
        by=signed.by,
        reason=signed.reason,
        redelivered_at=signed.at,
    )


def _copy(landing: ContainerClient, copy: Copy, wait: Callable[[float], None]) -> None:
    target: BlobClient = landing.get_blob_client(copy.name)
    state: object = target.start_copy_from_url(
        landing.get_blob_client(copy.source).url,
        source_etag=copy.etag,
        source_match_condition=MatchConditions.IfNotModified,
    )["copy_status"]
    while state == "pending":
        wait(POLL_SECONDS)
        state = target.get_blob_properties().copy.status
    if state != "success":
        raise UnexpectedAnswerError(
            f"Storage could not copy the blob {copy.source} (status {state}). Try again."
        )


@contextmanager
def _all_or_nothing(landing: ContainerClient, delivery: Delivery) -> Iterator[None]:
    """Delete the copies if not all of them could be made: a part of a set must not be taken."""
    try:
        yield
    except BaseException:
        for copy in delivery.copies:
            with suppress(HttpResponseError):
                landing.delete_blob(copy.name)
        raise


def _files_changed(named: NamedRun | RunReference) -> FilesChangedError:
    return FilesChangedError(
        f"The files of the run {named.run} of the feed {named.feed} were changed or deleted after"
        " it. Nothing was delivered. Have the export delivered again."
    )
