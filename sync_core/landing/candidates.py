"""Taking stock: which drops of a feed still have to be dealt with."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sync_core.formats import Format
from sync_core.landing.exports import (
    Drop,
    LandedBlob,
    Manifest,
    UnreadableManifest,
    drops,
    pinned_set,
)
from sync_core.landing.fileset import FileSet, PinnedFile
from sync_core.landing.reading import Landing
from sync_core.model.errors import ArchiveError


class Candidate(NamedTuple):
    """A drop and what it amounts to. `problem` says why its zip cannot be opened."""

    drop: Drop
    manifest: Manifest | UnreadableManifest | None
    files: FileSet
    problem: ArchiveError | None = None


def unsettled(
    landing: Landing,
    feed: str,
    fmt: Format,
    settled: Callable[[FileSet], bool],
    listing: Sequence[LandedBlob] | None = None,
) -> Iterator[Candidate]:
    """The drops that came after the newest one that has a final result, newest first.

    `listing` is of the feed's folder, where the caller has one at hand.
    """
    for drop in drops(feed, landing.listing(feed) if listing is None else listing, fmt):
        candidate = _candidate(landing, drop, fmt)
        if settled(candidate.files):
            return
        yield candidate


def _candidate(landing: Landing, drop: Drop, fmt: Format) -> Candidate:
    try:
        opened = landing.opened(drop, fmt)
    except ArchiveError as problem:
        return Candidate(drop, None, _archive_itself(drop), problem)
    manifest = landing.manifest(opened)
    listed = manifest if isinstance(manifest, Manifest) else None
    return Candidate(opened, manifest, pinned_set(opened, listed))


def _archive_itself(drop: Drop) -> FileSet:
    files = tuple(
        PinnedFile(name=blob.file_name, blob=blob.name, etag=blob.etag, size=blob.size)
        for blob in drop.contents()
    )
    return FileSet(feed=drop.feed, place=drop.place, landed_at=drop.landed_at, files=files)
