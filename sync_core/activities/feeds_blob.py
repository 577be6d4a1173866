"""The feeds where they live in a blob: read anew at each question, and never all lost at once.

A copy of the good entries lies in the results container. It is used where the whole blob cannot be
read as JSON, also after a restart, and it decides which of two feeds with one target was there
first.
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
"""What an alert rule searches for; the fields follow as key=value."""


class _Read(NamedTuple):
    document: bytes
    settings: Settings


class FeedsBlob:
    """The feeds of the blob that `settings` name. `container` is the one that it lies in."""

    def __init__(
        self, settings: Settings, container: ContainerClient, name: str, results: ResultsStore
    ) -> None:
        self._settings, self._name, self._results = settings, name, results
        self.container = container
        self._read: _Read | None = None
        self._last: FeedsDocument | None = None
        self._written = b""

    def settings(self, *, anew: bool = False) -> Settings:
        """The settings with the feeds of now. What is wrong is logged once for each document.

        `anew`: understood and told of anew, whether the document has changed or not. Raises
        UnreadableFeedsError where no document was ever good, and the faults of storage.
        """
        with storage_faults(f"blob {self._settings.feeds_blob}"):
            document = self.container.download_blob(self._name).readall()
        read = self._read
        if read is None or anew or read.document != document:
            read = _Read(document, self._settings.with_document(self._understood(document)))
            self._read = read
        return read.settings

    def _understood(self, document: bytes) -> FeedsDocument:
        try:
            found = read_feeds(document, self._settings.feeds_source, self._known)
        except UnreadableFeedsError as fault:
            last = self._last_good()
            _tell_unreadable(fault, last)
            if last is None:
                raise
            return last
        for each in found.faults:
            _tell(each)
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
            log.warning("no copy of the feeds could be kept; it is tried again: %s", fault)


def _tell(fault: Fault) -> None:
    feed = fault.feed or (f"(entry {fault.entry})" if fault.entry else "(all)")
    log.error("%s feed=%s line=%d reason=%s", SETTINGS_WRONG, feed, fault.line, fault.text)


def _tell_unreadable(fault: UnreadableFeedsError, last: FeedsDocument | None) -> None:
    used = "The feeds of the last document that could be read are used."
    never = "There is no earlier document, so no feed runs."
    log.error(
        "%s feed=(all) line=%d reason=%s %s",
        SETTINGS_WRONG,
        fault.line,
        fault,
        used if last else never,
    )
