"""Reads the landing container: listings, and the bytes of pinned files.

Every read carries `If-Match`: a file that has changed since it was pinned raises SupersededError
instead of mixing the files of two nights.
"""

import codecs
import hashlib
from collections.abc import Generator, Iterable
from contextlib import closing

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.formats import Format
from sync_core.landing.archive import member_chunks, members
from sync_core.landing.exports import Export, LandedBlob, Manifest, UnreadableManifest
from sync_core.landing.fileset import FileSet, PinnedFile
from sync_core.landing.ranges import RANGE_BYTES, ranged
from sync_core.model.errors import SupersededError
from sync_core.storage import storage_faults

MANIFEST_BYTES = 1_048_576
"""A manifest is a few lines long; a larger file is not read."""

_VALID_MANIFEST = "a valid manifest.json"


class Landing:
    """The landing container, read only."""

    def __init__(self, container: ContainerClient, *, range_bytes: int = RANGE_BYTES) -> None:
        self._container, self._range_bytes = container, range_bytes

    def listing(self, feed: str | None = None) -> list[LandedBlob]:
        """All blobs in a feed's folder, or in the whole container. Raises TransientError."""
        prefix = f"{feed}/" if feed else ""
        with storage_faults(f"landing folder {prefix or '/'}"):
            return [
                LandedBlob(blob.name, blob.etag, blob.size, blob.last_modified.timestamp())
                for blob in self._container.list_blobs(name_starts_with=prefix)
            ]

    def manifest(self, export: Export) -> Manifest | UnreadableManifest | None:
        """The export's manifest, or None if it has none."""
        blob = export.manifest
        if blob is None:
            return None
        if blob.size > MANIFEST_BYTES:
            return UnreadableManifest("a manifest.json of at most 1 MiB")
        try:
            text = b"".join(self._blob_chunks(blob.name, blob.etag, blob.size))
        except SupersededError:
            return UnreadableManifest(_VALID_MANIFEST)
        return read_manifest(text)

    def opened(self, export: Export, fmt: Format) -> Export:
        """The export with the files in its zip; unchanged if it has no zip. Raises ArchiveError."""
        archive = export.archive
        if archive is None:
            return export
        blob = self._container.get_blob_client(archive.name)
        inside = [
            archive._replace(size=size, member=path)
            for path, size in members(blob, archive.etag, archive.size)
        ]
        files = {spec.name: file for file in inside if (spec := fmt.file(file.file_name))}
        unused = tuple(file for file in inside if fmt.file(file.file_name) is None)
        return export._replace(files=files, unused=unused)

    def chunks(self, file: PinnedFile) -> Generator[bytes]:
        """The bytes of a pinned file, in blocks. Raises SupersededError, TransientError."""
        if file.member is None:
            return self._blob_chunks(file.blob, file.etag, file.size)
        blob = self._container.get_blob_client(file.blob)
        with storage_faults(f"blob {file.blob}", pinned=True):
            size = blob.get_blob_properties().size
        return member_chunks(blob, file, size)

    def start(self, blob: LandedBlob, size: int) -> bytes:
        """The first bytes of a file: up to `size`. Raises SupersededError, TransientError."""
        wanted = blob.size if blob.member else min(blob.size, size)
        file = PinnedFile(
            name=blob.file_name, blob=blob.name, etag=blob.etag, size=wanted, member=blob.member
        )
        with closing(self.chunks(file)) as chunks:
            return next(chunks, b"")[:size]

    def differing_hashes(self, files: FileSet, manifest: Manifest) -> tuple[str, ...]:
        """The files whose SHA-256 differs from the manifest's, as entries of `missing`."""
        listed = {file.name.lower(): file.sha256.lower() for file in manifest.files}
        return tuple(
            f"{file.name} (its SHA-256 differs from manifest.json)"
            for file in files.files
            if _sha256(self.chunks(file)) != listed[file.name.lower()]
        )

    def _blob_chunks(self, name: str, etag: str, size: int) -> Generator[bytes]:
        with storage_faults(f"blob {name}", pinned=True):
            blob = self._container.get_blob_client(name)
            yield from ranged(blob, etag, size, range_bytes=self._range_bytes)


def read_manifest(text: bytes) -> Manifest | UnreadableManifest:
    """The manifest in these bytes. Ignores a byte order mark, as RFC 8259 allows."""
    # Windows PowerShell writes JSON with a mark (-Encoding UTF8), or as UTF-16 (Out-File).
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in text[:2]:
        return UnreadableManifest("manifest.json in UTF-8 (it is UTF-16, not UTF-8)")
    try:
        return msgspec.json.decode(text.removeprefix(codecs.BOM_UTF8), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return UnreadableManifest(_VALID_MANIFEST)


def still_there(files: FileSet, listing: Iterable[LandedBlob]) -> bool:
    """Whether a listing shows every file of a set with its pinned ETag."""
    etags = {blob.name: blob.etag for blob in listing}
    return all(etags.get(file.blob) == file.etag for file in files.files)


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in chunks:
        digest.update(block)
    return digest.hexdigest()
