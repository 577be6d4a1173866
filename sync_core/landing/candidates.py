"""The exports of a feed that have no final result yet."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sync_core.formats import Format
from sync_core.landing.exports import (
    Export,
    LandedBlob,
    Manifest,
    UnreadableManifest,
    find_exports,
    pinned_set,
)
from sync_core.landing.fileset import FileSet, PinnedFile
from sync_core.landing.reading import Landing
from sync_core.model.errors import ArchiveError


class Candidate(NamedTuple):
    """An export, its manifest and its file set. `problem` says why its zip cannot be opened."""

    export: Export
    manifest: Manifest | UnreadableManifest | None
    files: FileSet
    problem: ArchiveError | None = None


class ExportSearch:
    """Finds the exports that are newer than the newest one with a final result, newest first.

    `listing` is the listing of the feed's folder. An iteration opens one export after the other.
    Once it has ended, `foreign` has the zips without a file of the format, which are no exports,
    and `done` is the newest file set with a result, None if there is none.
    """

    def __init__(
        self,
        landing: Landing,
        feed: str,
        fmt: Format,
        has_result: Callable[[FileSet], bool],
        listing: Sequence[LandedBlob] | None = None,
    ) -> None:
        self._landing, self._fmt, self._has_result = landing, fmt, has_result
        self.listing = landing.listing(feed) if listing is None else listing
        self._exports = find_exports(feed, self.listing, fmt)
        self.foreign: list[Export] = []
        self.done: FileSet | None = None

    def __iter__(self) -> Iterator[Candidate]:
        for export in self._exports:
            candidate = _candidate(self._landing, export, self._fmt)
            if candidate.problem is None and not candidate.export.files:
                self.foreign.append(candidate.export)
            elif self._has_result(candidate.files):
                self.done = candidate.files
                return
            else:
                yield candidate


def _candidate(landing: Landing, export: Export, fmt: Format) -> Candidate:
    try:
        opened = landing.opened(export, fmt)
    except ArchiveError as problem:
        # The zip itself is the file set, so that its result is kept for this version of the zip.
        files = tuple(
            PinnedFile(name=blob.file_name, blob=blob.name, etag=blob.etag, size=blob.size)
            for blob in export.contents()
        )
        zipped = FileSet(
            feed=export.feed, folder=export.folder, landed_at=export.landed_at, files=files
        )
        return Candidate(export, None, zipped, problem)
    manifest = landing.manifest(opened)
    listed = manifest if isinstance(manifest, Manifest) else None
    return Candidate(opened, manifest, pinned_set(opened, listed))
