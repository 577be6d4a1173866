"""Finds the exports in a listing, and decides whether an export is complete.

Pure functions, without I/O. The landing contract allows three layouts: files in
the feed's folder, overwritten every night; a subfolder per night; or a zip in either folder. A
subfolder is one level below the feed's folder, or three levels of year, month and day.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from sync_core.formats import Format
from sync_core.landing.fileset import FileSet, PinnedFile
from sync_core.landing.zip_paths import file_name

READY_MARKER = "_ready"
MANIFEST = "manifest.json"

DAY_FOLDER = re.compile(r"\d{4}/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])")
"""The folders that Data Factory and others create for each day, such as `2026/11/20`."""


class LandedBlob(NamedTuple):
    """One blob in a feed's folder. `name` is the full blob name, `modified` is in epoch seconds.

    `member` is set for a file inside a zip: its path in the zip. `name` is then the zip's.
    """

    name: str
    etag: str
    size: int
    modified: float
    member: str | None = None

    @property
    def file_name(self) -> str:
        name = file_name(self.member) if self.member else self.name.rpartition("/")[2]
        return name.lower()


class Export(NamedTuple):
    """The blobs of one export: files by canonical name, ready marker, manifest, zip.

    `unused` are the other files in the zip, which are not part of the format. `folder` is the
    subfolder or zip below the feed's folder, empty for the feed's folder itself.
    """

    feed: str
    folder: str
    files: Mapping[str, LandedBlob]
    marker: LandedBlob | None
    manifest: LandedBlob | None
    archive: LandedBlob | None
    unused: tuple[LandedBlob, ...] = ()

    @property
    def parent(self) -> str:
        """The folder that its files, or its zip, lie in."""
        return self.folder.rpartition("/")[0] if self.archive else self.folder

    @property
    def landed_at(self) -> float:
        return max(blob.modified for blob in self.contents())

    @property
    def described_at(self) -> float | None:
        """When the marker or the manifest was last written, None if there is neither."""
        times = [blob.modified for blob in (self.marker, self.manifest) if blob]
        return max(times, default=None)

    @property
    def touched_at(self) -> float:
        """When any of its blobs was last written, including the marker and the manifest."""
        return max(self.landed_at, self.described_at or 0.0)

    def contents(self) -> tuple[LandedBlob, ...]:
        """Its files and its zip, without the marker and the manifest."""
        return (*self.files.values(), *([self.archive] if self.archive else ()))


class ManifestFile(msgspec.Struct, frozen=True):
    """A file as `manifest.json` lists it. `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The exporter's list of the files in the set: `{"files": [{name, size, sha256}]}`."""

    files: tuple[ManifestFile, ...]


class UnreadableManifest(NamedTuple):
    """A manifest that is not valid. Its upload may not have finished. `reason`: see `missing`."""

    reason: str


class Completeness(NamedTuple):
    """Whether an export is complete. `missing` lists what it waits for, for administrators.

    `wait` is the number of seconds after which the answer may change, None if it can change only
    when another file lands. `reason` is a sentence that tells more than `missing` does.
    """

    complete: bool
    missing: tuple[str, ...] = ()
    wait: float | None = None
    reason: str = ""


def find_exports(feed: str, listing: Iterable[LandedBlob], fmt: Format) -> list[Export]:
    """The exports of a feed, newest first. Other blobs are ignored."""
    folders: dict[str, list[LandedBlob]] = {}
    markers: dict[str, LandedBlob] = {}
    for blob in listing:
        top, _, rest = blob.name.partition("/")
        folder = rest.rpartition("/")[0]
        if top == feed and rest and is_export_folder(folder):
            # A zip is an export of its own, beside the files in the same folder.
            folders.setdefault(rest if is_zip(rest) else folder, []).append(blob)
            if blob.file_name == READY_MARKER:
                markers[folder] = blob
    for name in filter(is_zip, folders):
        if marker := markers.get(name.rpartition("/")[0]):
            folders[name].append(marker)
    found = (_export(feed, folder, blobs, fmt) for folder, blobs in folders.items())
    # Files that landed in the same second as a zip beside them count as newer. Newer files do not
    # supersede them, so they get a result of their own.
    return sorted(
        (export for export in found if export.contents()),
        key=lambda export: (
            export.landed_at,
            export.parent,
            export.archive is None,
            export.folder,
        ),
        reverse=True,
    )


def is_export_folder(folder: str) -> bool:
    """Whether files in this folder, a path below the feed's folder, may be an export."""
    return "/" not in folder or DAY_FOLDER.fullmatch(folder) is not None


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def assess(
    export: Export,
    expected: frozenset[str],
    fmt: Format,
    *,
    manifest: Manifest | UnreadableManifest | None,
    require_marker: bool,
    quiet_seconds: float,
    max_spread_seconds: float,
    now: float,
) -> Completeness:
    """Whether an export is complete. `now` is in epoch seconds, `expected` are canonical names.

    All `expected` files must be there, and the files that the manifest lists. Then a manifest, or a
    marker that is newer than every file, makes the export complete. Without either, no file may
    have changed for `quiet_seconds`.

    Unless the manifest or the marker is newer than the files, no file may be more than
    `max_spread_seconds` older than the newest one (0: no limit). In a folder that is overwritten
    every night, such a file is from an earlier night.
    """
    if isinstance(manifest, UnreadableManifest):
        return Completeness(complete=False, missing=(manifest.reason,))
    missing = _missing(export, expected, fmt, manifest)
    if missing:
        return Completeness(complete=False, missing=missing)
    if max_spread_seconds and (old := _too_old(export, fmt, manifest, max_spread_seconds)):
        return Completeness(complete=False, missing=old)
    # A marker that is older than a file was written for an earlier night's set.
    marked = export.marker is not None and export.marker.modified >= export.landed_at
    if manifest or marked:
        return Completeness(complete=True)
    if require_marker and export.archive is None:
        return Completeness(complete=False, missing=("_READY or manifest.json",))
    wait = export.landed_at + quiet_seconds - now
    if wait <= 0:
        return Completeness(complete=True)
    return Completeness(
        complete=False,
        missing=(f"{quiet_seconds:g} seconds without a file change",),
        wait=wait,
        reason=f"All files are here; waiting until none has changed for {quiet_seconds:g} s.",
    )


def pinned_set(export: Export, manifest: Manifest | None = None) -> FileSet:
    """The file set of an export. With a manifest, the set contains only the files it lists."""
    listed = None if manifest is None else {file.name.lower() for file in manifest.files}
    files = tuple(
        PinnedFile(
            name=name,
            blob=blob.name,
            etag=blob.etag,
            size=blob.size,
            member=blob.member,
        )
        for name, blob in sorted(export.files.items())
        if listed is None or name.lower() in listed
    )
    return FileSet(
        feed=export.feed,
        folder=export.folder,
        landed_at=export.landed_at,
        files=files,
        described_at=export.described_at,
    )


def _export(feed: str, folder: str, blobs: Iterable[LandedBlob], fmt: Format) -> Export:
    files: dict[str, LandedBlob] = {}
    others: dict[str, LandedBlob] = {}
    # If two blobs differ only in the case of their names, the newer one wins.
    for blob in sorted(blobs, key=lambda blob: (blob.modified, blob.name)):
        spec = fmt.file(blob.file_name)
        (others if spec is None else files)[blob.file_name if spec is None else spec.name] = blob
    archive = next((blob for name, blob in others.items() if name.endswith(".zip")), None)
    return Export(feed, folder, files, others.get(READY_MARKER), others.get(MANIFEST), archive)


def _missing(
    export: Export, expected: frozenset[str], fmt: Format, manifest: Manifest | None
) -> tuple[str, ...]:
    listed = None if manifest is None else _listed_sizes(manifest, fmt)
    present = export.files.keys() if listed is None else export.files.keys() & listed.keys()
    names = set(expected) | (set() if listed is None else listed.keys())
    for group in fmt.groups.values():
        if group & present:
            names |= group
    return tuple(reason for name in sorted(names) if (reason := _fault(name, export, listed)))


def _listed_sizes(manifest: Manifest, fmt: Format) -> dict[str, int]:
    # Files that are not part of the format are ignored, even if the manifest lists them.
    specs = ((fmt.file(file.name), file) for file in manifest.files)
    return {spec.name: file.size for spec, file in specs if spec}


def _fault(name: str, export: Export, listed: Mapping[str, int] | None) -> str | None:
    blob = export.files.get(name)
    if blob is None:
        return name
    if blob.size == 0:
        return f"{name} (empty)"
    if listed is not None and name not in listed:
        return f"{name} (not listed in manifest.json)"
    if listed is not None and listed[name] != blob.size:
        return f"{name} ({blob.size:,} bytes; manifest.json says {listed[name]:,})"
    return None


def _too_old(
    export: Export, fmt: Format, manifest: Manifest | None, max_spread_seconds: float
) -> tuple[str, ...]:
    """The files that are too much older than the newest one, each with the difference."""
    listed = export.files.keys() if manifest is None else _listed_sizes(manifest, fmt).keys()
    landed = {name: blob.modified for name, blob in export.files.items() if name in listed}
    newest = max(landed, key=lambda name: landed[name])
    if export.described_at is not None and export.described_at >= landed[newest]:
        return ()
    ages = {name: landed[newest] - modified for name, modified in landed.items()}
    return tuple(
        f"{name} ({_duration(age)} older than {newest})"
        for name, age in sorted(ages.items())
        if age > max_spread_seconds
    )


def _duration(seconds: float) -> str:
    """A duration to the nearest day, hour, minute or second, in the largest unit with 2 or more."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
