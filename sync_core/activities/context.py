"""Dependencies shared by all activities, and the context of one call."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from sync_core.activities.feeds_blob import FeedsBlob
from sync_core.delivery.start_once import StartOnce, StartRecord
from sync_core.delivery.upload_log import UploadLog
from sync_core.delivery.verification import Verifying, VerifyRecord
from sync_core.formats import Format, format_named
from sync_core.landing.fileset import FileSet
from sync_core.landing.reading import Landing
from sync_core.model.errors import SettingsError
from sync_core.model.feeds import Feed, Settings
from sync_core.orchestration.steps import Question
from sync_core.results import paths
from sync_core.results.store import ResultsStore
from sync_core.storage import Storage
from sync_core.targets import Target, VerifiesUploads, target_for


class Services:
    """The settings and the things made from them. `targets` makes a feed's adapter."""

    def __init__(
        self, settings: Settings, targets: Callable[[Feed, Settings], Target] = target_for
    ) -> None:
        self._settings = settings
        # An adapter keeps its token and its connections; making one anew asks for a token again.
        self._target = functools.lru_cache(maxsize=256)(lambda feed: targets(feed, settings))
        self._storage = Storage(settings)
        self.landing = Landing(self._storage.landing)
        self.results = ResultsStore(self._storage.results)
        self.feeds_blob: FeedsBlob | None = None
        if settings.feeds_blob is not None:
            place, _, name = settings.feeds_blob.partition("/")
            container = self._storage.container(place)
            self.feeds_blob = FeedsBlob(settings, container, name, self.results)

    def settings(self, *, anew: bool = False) -> Settings:
        """The settings, with the feeds read where they live in a blob.

        `anew`: what is wrong with that blob is told again, though it has not changed.
        """
        return self._settings if self.feeds_blob is None else self.feeds_blob.settings(anew=anew)

    def feed(self, name: str) -> Feed:
        return self.settings().feed(name)

    def target(self, feed: Feed) -> Target:
        return self._target(feed)

    def settled(self, files: FileSet) -> bool:
        """Whether a file set has its final result."""
        return self.results.has(paths.result(files))

    def start_once(self, files: FileSet, target: Target) -> StartOnce:
        return StartOnce(self.results, paths.start_record(files), target)

    def start_record(self, files: FileSet) -> StartRecord | None:
        """What is known about the start, None where none was ever about to be sent."""
        return self.results.decoded(paths.start_record(files), StartRecord)

    def verifying(self, files: FileSet, target: VerifiesUploads) -> Verifying:
        return Verifying(self.results, paths.verification_record(files), target)

    def verify_record(self, files: FileSet) -> VerifyRecord | None:
        """What is known about the service's verification, None where none was asked for."""
        return self.results.decoded(paths.verification_record(files), VerifyRecord)

    def upload_log(self, files: FileSet) -> UploadLog:
        return UploadLog(self.results, paths.upload_record(files))


Emit = Callable[[str], None]
"""Puts one message on the results queue, once the activity has answered."""


class ActivityContext(NamedTuple):
    """One question with what it takes to answer it.

    `fault`: what is wrong with the feed's settings; `feed` then stands in for it, with what of its
    settings is right.
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
