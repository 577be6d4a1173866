"""Dependencies shared by all activities, and the context of one call."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sync_core.activities.feeds_blob import FeedsBlob
from sync_core.delivery.start_once import StartOnce, StartRecord
from sync_core.delivery.upload_log import UploadLog, UploadRecord
from sync_core.delivery.verification import VerifyOnce, VerifyRecord
from sync_core.formats import Format, format_named
from sync_core.guards.decision_store import DecisionStore
from sync_core.landing.fileset import FileSet
from sync_core.landing.reading import Landing
from sync_core.model.documents import TargetReference
from sync_core.model.errors import SettingsError
from sync_core.model.feeds import Feed, Settings
from sync_core.orchestration.steps import Question
from sync_core.results import paths
from sync_core.results.store import ResultsStore
from sync_core.storage import Storage
from sync_core.targets import Target, VerifiesUploads, target_for

if TYPE_CHECKING:
    from sync_core.guards.baseline_store import BaselineStore


class Services:
    """The settings, and the clients made from them. `targets` creates a feed's adapter."""

    def __init__(
        self, settings: Settings, targets: Callable[[Feed, Settings], Target] = target_for
    ) -> None:
        self._settings = settings
        # Cached: an adapter keeps its access token and its connections.
        self._target = functools.lru_cache(maxsize=256)(lambda feed: targets(feed, settings))
        self._storage = Storage(settings)
        self.landing = Landing(self._storage.landing)
        self.results = ResultsStore(self._storage.results)
        self.decisions = DecisionStore(self._storage.decisions)
        self.feeds_blob: FeedsBlob | None = None
        if settings.feeds_blob is not None:
            container_name, _, name = settings.feeds_blob.partition("/")
            container = self._storage.container(container_name)
            self.feeds_blob = FeedsBlob(settings, container, name, self.results)

    @functools.cached_property
    def baselines(self) -> "BaselineStore":
        """The baselines of all feeds."""
        # Imported here: it loads numpy, which only a comparison needs.
        from sync_core.guards.baseline_store import BaselineStore

        return BaselineStore(self._storage.state)

    def settings(self, *, reload: bool = False) -> Settings:
        """The settings. If the feeds are in a blob, it is read again.

        `reload`: log the faults of that blob again even if it has not changed.
        """
        if self.feeds_blob is None:
            return self._settings
        return self.feeds_blob.settings(reload=reload)

    def feed(self, name: str) -> Feed:
        return self.settings().feed(name)

    def target(self, feed: Feed) -> Target:
        return self._target(feed)

    def has_result(self, files: FileSet) -> bool:
        """Whether a file set has its final result."""
        return self.results.has(paths.result(files))

    def start_once(self, files: FileSet, target: Target) -> StartOnce:
        return StartOnce(self.results, paths.start_record(files), target)

    def start_record(self, run: paths.RunKey) -> StartRecord | None:
        """The record of the start, None if no start was attempted."""
        return self.results.decoded(paths.start_record(run), StartRecord)

    def verify_once(self, files: FileSet, target: VerifiesUploads) -> VerifyOnce:
        return VerifyOnce(self.results, paths.verification_record(files), target)

    def verify_record(self, files: FileSet) -> VerifyRecord | None:
        """The record of the service's verification, None if none was requested."""
        return self.results.decoded(paths.verification_record(files), VerifyRecord)

    def upload_log(self, files: FileSet, target: TargetReference) -> UploadLog:
        sizes = {file.name: file.size for file in files.files}
        return UploadLog(self.results, paths.upload_record(files), target, sizes)

    def uploaded_to(self, files: FileSet) -> TargetReference | None:
        """The target that the files were uploaded to, None if no upload was begun."""
        record = self.results.decoded(paths.upload_record(files), UploadRecord)
        return record.target if record else None


Emit = Callable[[str], None]
"""Adds one message to the results queue when the activity has returned."""


class ActivityContext(NamedTuple):
    """The input of one activity call, with its dependencies.

    `fault`: what is wrong with the feed's settings. `feed` then has its valid settings, and
    defaults for the others.
    """

    services: Services
    question: Question
    feed: Feed
    emit: Emit
    fault: SettingsError | None = None

    @property
    def format(self) -> Format:
        return format_named(self.feed.format)

    @property
    def target(self) -> Target:
        return self.services.target(self.feed)

    @property
    def target_reference(self) -> TargetReference:
        """The kind and the id of the feed's target, as in results and records."""
        if self.fault is not None:
            return TargetReference(kind="unknown", id=self.feed.name)
        return TargetReference(kind=self.feed.target, id=self.feed.target_id or self.feed.name)
