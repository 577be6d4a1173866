"""Reads and writes the container of baselines, `sis-state`, which only the app may read.

    {feed}/key                                the key of the feed's digests
    {series}/candidates/{generation}          who is in a set whose sync may start
    {series}/nights/{time}-{run}.baseline     a baseline: who was in a set whose sync has started
    {series}/nights/{time}-{run}.json         its summary

The series of a feed's syncs is its name. Its dry runs have a series of their own, `{feed}/dry-run`,
because a sync must not be compared with what was never sent. `time` is when the start was
confirmed, as `20261128T020000Z`, so the last name is the newest baseline even if an older export
was synced on purpose. Without its key, no digest can be traced to an ID, so deleting the key erases
all baselines of a feed.
"""

import functools
from collections.abc import Iterable, Iterator

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.guards.baseline import Baseline, BaselineDamagedError, Summary, decoded, encoded
from sync_core.guards.digests import key_id, new_key
from sync_core.model.errors import TransientError
from sync_core.results.store import ResultsStore

BINARY = "application/octet-stream"
_BASELINE, _SUMMARY = ".baseline", ".json"


class BaselineStore:
    """The container of baselines."""

    def __init__(self, container: ContainerClient) -> None:
        self._documents = ResultsStore(container, "baseline")

    def key(self, feed: str) -> bytes:
        """The key of a feed. It is created on first use; of several writers, the first one wins."""
        name = f"{feed}/key"
        if (kept := self._documents.read(name)) is None:
            key = new_key()
            if self._documents.create(name, key, content_type=BINARY):
                return key
            kept = self._documents.read(name)
        if kept is None:
            raise TransientError(f"The key of the feed {feed} was deleted just now; retrying.")
        return kept.data

    def erase(self, feed: str) -> None:
        """Delete the key of a feed, and with it the meaning of all its baselines."""
        self._documents.delete(f"{feed}/key")

    def propose(self, series: str, baseline: Baseline) -> None:
        """Keep who is in a set until it is known whether its sync has started."""
        name = _candidate(series, baseline.summary.generation)
        self._documents.write(name, encoded(baseline), content_type=BINARY)

    def proposed(self, series: str, generation: str) -> Baseline | None:
        """Who is in a set whose sync may start, None if it was not proposed."""
        kept = self._documents.read(_candidate(series, generation))
        return None if kept is None else decoded(kept.data, _candidate(series, generation))

    def confirm(self, series: str, generation: str, time: str, *, nights: int) -> bool:
        """Make a candidate the baseline, because its sync has started. False if there is none.

        Keeps the last `nights` baselines and deletes all candidates. After a crash, repeat it with
        the same `time`.
        """
        own = _candidate(series, generation)
        kept = self._documents.read(own)
        if kept is None:
            newest = self.nights(series).summaries(last=1)
            return any(night.generation == generation for night in newest)
        baseline = decoded(kept.data, own)
        night = f"{_nights(series)}{time}-{baseline.summary.run}"
        self._documents.create(night + _BASELINE, kept.data, content_type=BINARY)
        # The summary is written last: a night counts once it exists.
        self._documents.create(night + _SUMMARY, msgspec.json.encode(baseline.summary))
        there = self._documents.names(f"{series}/")
        for old in _newest_first(series, there)[nights:]:
            self._documents.delete(old + _SUMMARY)
            self._documents.delete(old + _BASELINE)
        # The candidate itself is deleted last, so that a repeated call finds it.
        others = {name for name in there if name.startswith(_candidate(series, ""))} - {own}
        for name in (*sorted(others), own):
            self._documents.delete(name)
        return True

    def nights(self, series: str) -> "Nights":
        """The baselines of a series, as they are now."""
        return Nights(series, self._documents)


class Nights:
    """The baselines of a series. They are listed once, and each summary is read once.

    `names` are without the ends of the names of blobs, newest first.
    """

    def __init__(self, series: str, documents: ResultsStore) -> None:
        self._series, self._documents = series, documents
        self.names = _newest_first(series, documents.names(_nights(series)))
        self._summary = functools.cache(lambda name: documents.decoded(name + _SUMMARY, Summary))

    def latest(self, key: bytes) -> Baseline | None:
        """The newest baseline whose digests were made with this key, None if there never was one.

        Raises BaselineDamagedError if a baseline is damaged, or if only their summaries are left:
        an export that cannot be compared must not pass for the first one.
        """
        has_summary = False
        for name, _ in self._with_key(key):
            has_summary = True
            if kept := self._documents.read(name + _BASELINE):
                return decoded(kept.data, name + _BASELINE)
        if has_summary:
            raise BaselineDamagedError(
                f"There are summaries but no baseline in {self._series}/nights. Restore the deleted"
                " baselines, or delete the summaries too: if the feed was synced before, the guard"
                " baseline-missing then holds its next export."
            )
        return None

    def latest_summary(self, key: bytes) -> Summary | None:
        """The summary of the newest baseline whose digests were made with this key, or None."""
        return next((summary for _, summary in self._with_key(key)), None)

    def summaries(self, *, last: int) -> list[Summary]:
        """The summaries of the last nights, newest first."""
        found = map(self._summary, self.names[:last])
        return [summary for summary in found if summary is not None]

    def _with_key(self, key: bytes) -> Iterator[tuple[str, Summary]]:
        """The nights whose digests were made with this key, and their summaries, newest first."""
        for name in self.names:
            summary = self._summary(name)
            if summary is not None and summary.key_id == key_id(key):
                yield name, summary


def _newest_first(series: str, names: Iterable[str]) -> list[str]:
    """The nights among the names of blobs, without the ends of their names, newest first."""
    return [
        name.removesuffix(_SUMMARY)
        for name in sorted(names, reverse=True)
        if name.startswith(_nights(series)) and name.endswith(_SUMMARY)
    ]


def _nights(series: str) -> str:
    return f"{series}/nights/"


def _candidate(series: str, generation: str) -> str:
    return f"{series}/candidates/{generation}"
