"""A file set: the files of one export, pinned to what they were when the set was complete."""

import hashlib
from datetime import UTC, datetime

import msgspec


class PinnedFile(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One file of a set.

    `name` is the format's canonical spelling, which is also the name it is uploaded under.
    `blob` is where it is, `etag` what it was, `size` its bytes. `member` is its path in the zip
    that `blob` names, None where the blob is the file itself.
    """

    name: str
    blob: str
    etag: str
    size: int
    member: str | None = None


class FileSet(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The files of one export.

    `landed_at` is when the newest of them was written, in seconds since the epoch. `place` is the
    folder or zip below the feed's folder, empty for the feed's folder itself.
    """

    feed: str
    place: str
    landed_at: float
    files: tuple[PinnedFile, ...]

    @property
    def generation(self) -> str:
        """SHA-256 over the sorted (name, ETag, size): two sets are the same or they are not."""
        rows = sorted((file.name, file.etag, file.size) for file in self.files)
        return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()

    @property
    def run(self) -> str:
        """The id of the run over this set: sorts by time, and is the same whoever works it out."""
        # Whole seconds first: what is rounded to a microsecond may end up in the next second.
        landed = datetime.fromtimestamp(int(self.landed_at), UTC)
        return f"{landed:%Y%m%dT%H%M%SZ}-{self.generation[:12]}"
