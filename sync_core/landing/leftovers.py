"""Finds the files in a feed's folder that are not taken, and says why. Pure functions."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sync_core.formats import FORMATS, Format
from sync_core.landing.exports import (
    MANIFEST,
    READY_MARKER,
    Export,
    LandedBlob,
    is_export_folder,
    is_zip,
)
from sync_core.model.documents import rfc3339
from sync_core.model.file_names import shown_name
from sync_core.model.found import FOUND, FoundFile, FoundReason
from sync_core.model.likely_names import likely_file

FOUND_NAMED = 20
"""How many files a result names; it has the number of the others."""


class Leftover(NamedTuple):
    """A file that is not taken. `path` is below the feed's folder, and continues inside a zip.

    `expected` is the file of the format that it is probably meant to be. `other` is the format that
    its name belongs to, if that is not the feed's. `foreign` is the title of the format that its
    header belongs to, if the app does not take that format.
    """

    path: str
    blob: LandedBlob
    reason: FoundReason
    expected: str | None = None
    other: Format | None = None
    foreign: str = ""

    @property
    def is_meant(self) -> bool:
        """Whether the file is probably meant for the app."""
        return FOUND[self.reason].meant


def leftovers(feed: str, listing: Iterable[LandedBlob], fmt: Format) -> list[Leftover]:
    """The files that belong to no export, wherever they lie in the feed's folder."""
    paths = [(path, blob) for blob in listing if (path := _path(feed, blob))]
    marked = {_folder(path) for path, blob in paths if fmt.file(blob.file_name) or is_zip(path)}
    return [found for path, blob in paths if (found := _judged(path, blob, fmt, marked))]


def in_zips(zips: Iterable[Export], fmt: Format) -> list[Leftover]:
    """Zips without a file of the format, and what is in them."""
    found: list[Leftover] = []
    for export in zips:
        if export.archive is not None:
            found.append(Leftover(export.folder, export.archive, "zip-without-files"))
            found += _unused(export, fmt)
    return found


def instead_of(
    export: Export,
    missing: frozenset[str],
    listing: Sequence[LandedBlob],
    fmt: Format,
    *,
    since: float,
) -> list[Leftover]:
    """What lies in the feed's folder while files of an export are missing.

    Older files than `since` do not count, except a zip in the same folder.
    """
    recent = [blob for blob in listing if blob.modified >= since]
    return [
        *leftovers(export.feed, recent, fmt),
        *_unused(export, fmt),
        *_elsewhere(export, missing, recent, fmt),
        *_zips_beside(export, listing, since),
    ]


def found_files(
    found: Iterable[Leftover], fmt: Format, missing: Iterable[str] = ()
) -> tuple[tuple[FoundFile, ...], int]:
    """The most helpful of these files, as documents name them, and the number of the others.

    A file that is probably meant to be a missing one is named first, then the newest.
    """
    wanted = frozenset(missing)
    ranked = sorted(
        found,
        key=lambda one: (
            one.expected not in wanted,
            not one.is_meant,
            -one.blob.modified,
            one.path,
        ),
    )
    named = tuple(_document(one, fmt) for one in ranked[:FOUND_NAMED])
    return named, len(ranked) - len(named)


def _path(feed: str, blob: LandedBlob) -> str:
    top, _, rest = blob.name.partition("/")
    return rest if top == feed else ""


def _folder(path: str) -> str:
    return path.lower().rpartition("/")[0]


def _judged(path: str, blob: LandedBlob, fmt: Format, marked: set[str]) -> Leftover | None:
    """A blob as a leftover; None if it may belong to an export, or is no file at all.

    `marked` are the folders with a file of the format or a zip, which a marker may be about.
    """
    folder, _, name = path.lower().rpartition("/")
    if name in {READY_MARKER, MANIFEST}:
        return None if folder in marked else Leftover(path, blob, "marker-alone")
    if not name or _is_folder(name, blob):
        return None
    spec = fmt.file(name)
    if spec is not None or is_zip(name):
        expected = spec.name if spec else None
        is_taken = is_export_folder(folder)
        return None if is_taken else Leftover(path, blob, "too-deep", expected)
    return _misnamed(path, blob, fmt)


def _misnamed(path: str, blob: LandedBlob, fmt: Format) -> Leftover:
    name = blob.file_name
    other = next((known for known in FORMATS.values() if known.file(name)), None)
    if other:
        return Leftover(path, blob, "other-format", other=other)
    likely = likely_file(name, fmt)
    if likely is None:
        return Leftover(path, blob, "unknown")
    return Leftover(path, blob, likely.reason, likely.expected)


def _is_folder(name: str, blob: LandedBlob) -> bool:
    """Whether it is the empty blob of a folder, as storage with a hierarchical namespace lists."""
    return blob.size == 0 and not name.rpartition(".")[0]


def _unused(export: Export, fmt: Format) -> Iterator[Leftover]:
    for blob in export.unused:
        yield _misnamed(f"{export.folder}/{blob.member}", blob, fmt)


def _elsewhere(
    export: Export, missing: frozenset[str], listing: Iterable[LandedBlob], fmt: Format
) -> Iterator[Leftover]:
    """Missing files of the format that lie in another folder, or beside the export's zip."""
    for blob in listing:
        path = _path(export.feed, blob)
        folder, spec = path.rpartition("/")[0], fmt.file(blob.file_name)
        if path and spec and spec.name in missing and is_export_folder(folder):
            if folder != export.parent:
                yield Leftover(path, blob, "other-folder", spec.name)
            elif export.archive:
                yield Leftover(path, blob, "beside-zip", spec.name)


def _zips_beside(export: Export, listing: Iterable[LandedBlob], since: float) -> Iterator[Leftover]:
    """The newest zip in the folder of an export that is not a zip; beside a zip, all recent ones.

    A vendor may have put each file of a set into a zip of its own.
    """
    folder = f"{export.feed}/{export.parent}".removesuffix("/")
    zips = [
        blob for blob in listing if is_zip(blob.name) and blob.name.rpartition("/")[0] == folder
    ]
    if export.archive is not None:
        for blob in zips:
            if blob.name != export.archive.name and blob.modified >= since:
                yield Leftover(_path(export.feed, blob), blob, "other-zip")
    elif zips:
        newest = max(zips, key=lambda blob: (blob.modified, blob.name))
        yield Leftover(_path(export.feed, newest), newest, "beside-files")


def _document(found: Leftover, fmt: Format) -> FoundFile:
    other = found.other or fmt
    description = FOUND[found.reason].description.format(
        format=fmt.title,
        format_name=fmt.name,
        other=other.title,
        other_name=other.name,
        foreign=found.foreign,
    )
    return FoundFile(
        name=shown_name(found.path),
        reason=found.reason,
        description=description,
        expected=found.expected,
        landed_at=rfc3339(found.blob.modified),
    )
