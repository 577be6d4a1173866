"""Reads the feeds from a blob, for every activity call.

The results container keeps a copy of the valid entries. The app uses it, also after a restart, if
the blob is not valid JSON, and to decide which of two feeds with the same target was there first.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from azure.storage.blob import ContainerClient

from sync_core.model.errors import SisSyncError
from sync_core.model.feeds import (
    Fault,
    Feed,
    FeedsDocument,
    Settings,
    UnreadableFeedsError,
    read_feeds,
)
from sync_core.results import paths
from sync_core.results.store import ResultsStore
from sync_core.storage import storage_faults

log = logging.getLogger("sis_sync")

SETTINGS_WRONG = "settings wrong"
"""An alert rule searches for this text. The fields follow as key=value."""


class _Read(NamedTuple):
    document: bytes
    settings: Settings


class FeedsBlob:
    """The feeds in the blob that `settings` name. `container` is the container of that blob."""

    def __init__(
        self, settings: Settings, container: ContainerClient, name: str, results: ResultsStore
    ) -> None:
        self._settings, self._name, self._results = settings, name, results
        self.container = container
        self._read: _Read | None = None
        self._last: FeedsDocument | None = None
        self._written = b""

    def settings(self, *, reload: bool = False) -> Settings:
        """The settings with the current feeds. Faults are logged once per version of the blob.

        `reload`: read the document and log its faults again even if it has not changed. Raises
        UnreadableFeedsError if no document was ever valid, and the errors of storage.
        """
        with storage_faults(f"blob {self._settings.feeds_blob}"):
            document = self.container.download_blob(self._name).readall()
        read = self._read
        if read is None or reload or read.document != document:
            read = _Read(document, self._settings.with_document(self._parse(document)))
            self._read = read
        return read.settings

    def _parse(self, document: bytes) -> FeedsDocument:
        try:
            found = read_feeds(document, self._settings.feeds_source, self._known)
        except UnreadableFeedsError as fault:
            last = self._last_good()
            _log_unreadable(fault, last)
            if last is None:
                raise
            return last
        for each in found.faults:
            _log_fault(each)
        if found.feeds:
            self._keep(found)
        return found

    def _known(self) -> Mapping[str, Feed]:
        last = self._last_good()
        return last.feeds if last else {}

    def _last_good(self) -> FeedsDocument | None:
        if self._last is None and (kept := self._results.read(paths.FEEDS_COPY)):
            with suppress(UnreadableFeedsError):
                self._last = read_feeds(kept.data, paths.FEEDS_COPY)
        return self._last

    def _keep(self, found: FeedsDocument) -> None:
        self._last = found
        if found.kept == self._written:
            return
        try:
            self._results.write(paths.FEEDS_COPY, found.kept)
            self._written = found.kept
        except SisSyncError as fault:
            log.warning("could not save the copy of the feeds; retrying later: %s", fault)


def _log_fault(fault: Fault) -> None:
    feed = fault.feed or (f"(entry {fault.entry})" if fault.entry else "(all)")
    log.error("%s feed=%s line=%d reason=%s", SETTINGS_WRONG, feed, fault.line, fault.text)


def _log_unreadable(fault: UnreadableFeedsError, last: FeedsDocument | None) -> None:
    used = "The app uses the feeds of the last valid document."
    never = "There is no earlier valid document, so no feed runs."
    log.error(
        "%s feed=(all) line=%d reason=%s %s",
        SETTINGS_WRONG,
        fault.line,
        fault,
        used if last else never,
    )
