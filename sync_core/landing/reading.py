"""The landing container: what is there, and the bytes of a pinned file.

Every read carries `If-Match`, so that a file which changed in the meantime raises SupersededError
instead of giving half of one night and half of another.
"""

import hashlib
from collections.abc import Generator, Iterable

import msgspec
from azure.storage.blob import ContainerClient

from sync_core.formats import Format
from sync_core.landing.archive import member_chunks, members
from sync_core.landing.exports import Drop, LandedBlob, Manifest, UnreadableManifest
from sync_core.landing.fileset import FileSet, PinnedFile
from sync_core.landing.ranges import RANGE_BYTES, ranged
from sync_core.model.errors import SupersededError
from sync_core.storage import storage_faults

MANIFEST_BYTES = 1_048_576
"""A manifest is a few lines; whatever is larger is something else under its name."""


class Landing:
    """The landing container, read only."""

    def __init__(self, container: ContainerClient, *, range_bytes: int = RANGE_BYTES) -> None:
        self._container, self._range_bytes = container, range_bytes

    def listing(self, feed: str | None = None) -> list[LandedBlob]:
        """What lies below a feed's folder, or below all. Raises TransientError."""
        prefix = f"{feed}/" if feed else ""
        with storage_faults(f"the landing folder {prefix or '/'}"):
            return [
                LandedBlob(blob.name, blob.etag, blob.size, blob.last_modified.timestamp())
                for blob in self._container.list_blobs(name_starts_with=prefix)
            ]

    def manifest(self, drop: Drop) -> Manifest | UnreadableManifest | None:
        """The drop's own list of its files, if it has one."""
        blob = drop.manifest
        if blob is None:
            return None
        if blob.size > MANIFEST_BYTES:
            return UnreadableManifest("a manifest.json of a sensible size")
        try:
            text = b"".join(self._blob_chunks(blob.name, blob.etag, blob.size))
            return msgspec.json.decode(text, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError, SupersededError):
            return UnreadableManifest("a manifest.json that can be read")

    def opened(self, drop: Drop, fmt: Format) -> Drop:
        """The drop with the files of its zip, if it is one. Raises ArchiveError."""
        zipped = drop.archive
        if zipped is None:
            return drop
        found = members(self._container.get_blob_client(zipped.name), zipped.etag, zipped.size)
        files = {
            spec.name: zipped._replace(size=size, member=path)
            for path, size in found
            if (spec := fmt.file(path.rsplit("/", 1)[-1]))
        }
        return drop._replace(files=files)

    def chunks(self, file: PinnedFile) -> Generator[bytes]:
        """The bytes of a pinned file, block by block. Raises SupersededError, TransientError."""
        if file.member is None:
            return self._blob_chunks(file.blob, file.etag, file.size)
        blob = self._container.get_blob_client(file.blob)
        with storage_faults(f"blob {file.blob}", pinned=True):
            size = blob.get_blob_properties().size
        return member_chunks(blob, file, size)

    def differing_hashes(self, files: FileSet, manifest: Manifest) -> tuple[str, ...]:
        """The files whose bytes are not those that the manifest lists."""
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


def still_there(files: FileSet, listing: Iterable[LandedBlob]) -> bool:
    """Whether every file of a set is, by a listing, what it was when it was pinned."""
    now = {blob.name: blob.etag for blob in listing}
    return all(now.get(file.blob) == file.etag for file in files.files)


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in chunks:
        digest.update(block)
    return digest.hexdigest()
