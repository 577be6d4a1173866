"""From a listing to drops, and from a drop to a verdict: complete and still, or what it waits for.

Everything here is a function of values. Where a set's files lie follows the landing contract: in
the feed's folder (overwritten nightly), in a folder of it (one a night), or in a zip in either
place.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from sync_core.formats import Format
from sync_core.landing.fileset import FileSet, PinnedFile

READY_MARKER = "_ready"
MANIFEST = "manifest.json"


class LandedBlob(NamedTuple):
    """One blob of a feed's folder. `name` is the whole blob name, `modified` epoch seconds.

    `member` is set for a file inside a zip: its path in there; `name` is then the zip's.
    """

    name: str
    etag: str
    size: int
    modified: float
    member: str | None = None

    @property
    def file_name(self) -> str:
        return (self.member or self.name).rsplit("/", 1)[-1].lower()


class Drop(NamedTuple):
    """What lies in one place: the format's files by canonical name, marker, manifest, zip."""

    feed: str
    place: str
    files: Mapping[str, LandedBlob]
    marker: LandedBlob | None
    manifest: LandedBlob | None
    archive: LandedBlob | None

    @property
    def landed_at(self) -> float:
        return max(blob.modified for blob in self.contents())

    @property
    def touched_at(self) -> float:
        """When the newest of all its blobs was written, the marker and the manifest among them."""
        described_by = [blob.modified for blob in (self.marker, self.manifest) if blob]
        return max([self.landed_at, *described_by])

    def contents(self) -> tuple[LandedBlob, ...]:
        """What makes this drop what it is; the marker and the manifest only describe it."""
        return (*self.files.values(), *([self.archive] if self.archive else ()))


class ManifestFile(msgspec.Struct, frozen=True):
    """A file as `manifest.json` lists it. `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """The exporter's own word on what belongs to the set: `{"files": [{name, size, sha256}]}`."""

    files: tuple[ManifestFile, ...]


class UnreadableManifest(NamedTuple):
    """A manifest that is not what the contract says; it may still be being written."""

    reason: str


class Completeness(NamedTuple):
    """Whether a drop may be run. `missing` names files, each with why it does not count yet.

    `wait` is the number of seconds after which looking again makes sense, None where only another
    file can change the verdict.
    """

    complete: bool
    missing: tuple[str, ...] = ()
    wait: float | None = None


def drops(feed: str, listing: Iterable[LandedBlob], fmt: Format) -> list[Drop]:
    """The drops of a feed, newest first. Blobs that belong to no drop are left out."""
    places: dict[str, list[LandedBlob]] = {}
    for blob in listing:
        place = _place(feed, blob)
        if place is not None:
            places.setdefault(place, []).append(blob)
    found = (_drop(feed, place, blobs, fmt) for place, blobs in places.items())
    return sorted(
        (drop for drop in found if drop.contents()),
        key=lambda drop: (drop.landed_at, drop.place),
        reverse=True,
    )


def assess(
    drop: Drop,
    expected: frozenset[str],
    fmt: Format,
    *,
    manifest: Manifest | UnreadableManifest | None,
    require_marker: bool,
    quiet_seconds: float,
    max_spread_seconds: float,
    now: float,
) -> Completeness:
    """Whether a drop is complete and still. `now` in epoch seconds, `expected` canonical names.

    A manifest is the exporter's own word and is believed first, then a marker that is newer than
    every file; without either, the format's files must be there and nothing may have changed for
    the quiet period. Unless one of them is newer than the files, none may have landed more than
    `max_spread_seconds` before the newest (0: at any time): in a folder that is overwritten nightly
    such a file is an earlier night's.
    """
    if isinstance(manifest, UnreadableManifest):
        return Completeness(complete=False, missing=(manifest.reason,))
    missing = _missing(drop, expected, fmt, manifest)
    if missing:
        return Completeness(complete=False, missing=missing)
    if max_spread_seconds and (old := _too_old(drop, fmt, manifest, max_spread_seconds)):
        return Completeness(complete=False, missing=old)
    if manifest or _marked(drop):
        return Completeness(complete=True)
    if require_marker and drop.archive is None:
        return Completeness(complete=False, missing=("_READY or manifest.json",))
    still_in = drop.landed_at + quiet_seconds - now
    if still_in > 0:
        return Completeness(complete=False, missing=("a quiet moment",), wait=still_in)
    return Completeness(complete=True)


def pinned_set(drop: Drop, manifest: Manifest | None = None) -> FileSet:
    """The drop as a file set. With a manifest only the files that it lists belong to the set."""
    listed = None if manifest is None else {file.name.lower() for file in manifest.files}
    files = tuple(
        PinnedFile(
            name=name,
            blob=blob.name,
            etag=blob.etag,
            size=blob.size,
            member=blob.member,
        )
        for name, blob in sorted(drop.files.items())
        if listed is None or name.lower() in listed
    )
    return FileSet(feed=drop.feed, place=drop.place, landed_at=drop.landed_at, files=files)


def _place(feed: str, blob: LandedBlob) -> str | None:
    folder, _, rest = blob.name.partition("/")
    if folder != feed or not rest or rest.count("/") > 1:
        return None
    if rest.lower().endswith(".zip"):
        return rest
    return rest.rpartition("/")[0]


def _drop(feed: str, place: str, blobs: Iterable[LandedBlob], fmt: Format) -> Drop:
    files: dict[str, LandedBlob] = {}
    others: dict[str, LandedBlob] = {}
    # Two spellings of one name may lie side by side; the newer one is what the exporter means.
    for blob in sorted(blobs, key=lambda blob: (blob.modified, blob.name)):
        spec = fmt.file(blob.file_name)
        (others if spec is None else files)[blob.file_name if spec is None else spec.name] = blob
    archive = next((blob for name, blob in others.items() if name.endswith(".zip")), None)
    return Drop(feed, place, files, others.get(READY_MARKER), others.get(MANIFEST), archive)


def _missing(
    drop: Drop, expected: frozenset[str], fmt: Format, manifest: Manifest | None
) -> tuple[str, ...]:
    listed = None if manifest is None else _listed_sizes(manifest, fmt)
    present = drop.files.keys() if listed is None else drop.files.keys() & listed.keys()
    names = set(expected) | (set() if listed is None else listed.keys())
    for group in fmt.groups.values():
        if group & present:
            names |= group
    return tuple(reason for name in sorted(names) if (reason := _fault(name, drop, listed)))


def _listed_sizes(manifest: Manifest, fmt: Format) -> dict[str, int]:
    # What the format does not know is no part of the set, whatever the exporter keeps beside it.
    specs = ((fmt.file(file.name), file) for file in manifest.files)
    return {spec.name: file.size for spec, file in specs if spec}


def _fault(name: str, drop: Drop, listed: Mapping[str, int] | None) -> str | None:
    blob = drop.files.get(name)
    if blob is None:
        return name
    if blob.size == 0:
        return f"{name} (still empty)"
    if listed is not None and name not in listed:
        return f"{name} (not listed in manifest.json)"
    if listed is not None and listed[name] != blob.size:
        return f"{name} ({blob.size} bytes; manifest.json says {listed[name]})"
    return None


def _too_old(
    drop: Drop, fmt: Format, manifest: Manifest | None, max_spread_seconds: float
) -> tuple[str, ...]:
    """The files of the set that landed too long before its newest one, each with its age."""
    listed = drop.files.keys() if manifest is None else _listed_sizes(manifest, fmt).keys()
    landed = {name: blob.modified for name, blob in drop.files.items() if name in listed}
    newest = max(landed, key=lambda name: landed[name])
    described_by = [blob.modified for blob in (drop.marker, drop.manifest) if blob]
    if described_by and max(described_by) >= landed[newest]:
        return ()
    ages = {name: landed[newest] - modified for name, modified in landed.items()}
    return tuple(
        f"{name} ({_duration(age)} older than {newest})"
        for name, age in sorted(ages.items())
        if age > max_spread_seconds
    )


def _duration(seconds: float) -> str:
    """In the largest unit of which there are two or more, in whole units."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _marked(drop: Drop) -> bool:
    # A marker older than a file was written for last night's set.
    return drop.marker is not None and drop.marker.modified >= drop.landed_at
