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


def exports_without_result(
    landing: Landing,
    feed: str,
    fmt: Format,
    has_result: Callable[[FileSet], bool],
    listing: Sequence[LandedBlob] | None = None,
) -> Iterator[Candidate]:
    """The exports that are newer than the newest one with a final result, newest first.

    `listing` is the listing of the feed's folder, if the caller already has one.
    """
    for export in find_exports(feed, landing.listing(feed) if listing is None else listing, fmt):
        candidate = _candidate(landing, export, fmt)
        if has_result(candidate.files):
            return
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
