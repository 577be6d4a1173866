"""A file set: the files of one export, each pinned to its ETag when the set was complete."""

import hashlib
from datetime import UTC, datetime

import msgspec

from sync_core.model.holds import approved_run


class PinnedFile(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One file of a set.

    `name` is the format's canonical spelling, and the name that it is uploaded as. `blob` is the
    name of its blob, `etag` the pinned version, `size` the number of bytes. `member` is its path
    in the zip that `blob` names, None if the blob is the file itself.
    """

    name: str
    blob: str
    etag: str
    size: int
    member: str | None = None


class FileSet(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The files of one export.

    `landed_at` is when the newest file was written, in epoch seconds. `folder` is the subfolder or
    zip below the feed's folder, empty for the feed's folder itself. `identity` tells results apart
    that are not about a file set. `described_at` is when its ready marker or manifest was written,
    in epoch seconds; None if it has neither. `approves` is the held run whose approval the run over
    this set uses, empty for any other run.
    """

    feed: str
    folder: str
    landed_at: float
    files: tuple[PinnedFile, ...]
    identity: str = ""
    described_at: float | None = None
    approves: str = ""

    @property
    def generation(self) -> str:
        """SHA-256 of the sorted (name, ETag, size) of all files: the identity of this content."""
        rows = sorted((file.name, file.etag, file.size) for file in self.files)
        content = [rows, self.identity] if self.identity else rows
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    @property
    def run(self) -> str:
        """The id of the run over this set. Derived from the set alone; sorts by time."""
        if self.approves:
            return approved_run(self.approves)
        # Truncated first: rounding to microseconds could move the time into the next second.
        landed = datetime.fromtimestamp(int(self.landed_at), UTC)
        return f"{landed:%Y%m%dT%H%M%SZ}-{self.generation[:12]}"
