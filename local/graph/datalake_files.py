"""One file of the Data Lake: bytes are appended by position and become content when flushed.

Rules and codes: Path - Create and Path - Update of the Azure Data Lake Storage Gen2 REST
reference. It does not say that a piece may not begin inside flushed content; the error code used
here for that is the one for data that is not contiguous.
"""

from datetime import UTC, datetime
from uuid import uuid4


class LakeError(Exception):
    """An error of the service: JSON with `status`, and `code` also in x-ms-error-code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class LakeFile:
    """A file. `flushed` is false until the first flush, while the file is incomplete."""

    def __init__(self) -> None:
        self.content = b""
        self.flushed = False
        self._pieces: dict[int, bytes] = {}
        self._touch()

    def append(self, position: int, piece: bytes) -> None:
        """Store a piece until it is flushed, in any order. The same position replaces a piece."""
        if position < len(self.content):
            raise _not_contiguous()
        self._pieces[position] = piece

    def flush(self, position: int, *, retain: bool) -> None:
        """Make the pieces below `position` the file's content, if they are contiguous.

        Later pieces are discarded unless `retain`.
        """
        parts, end = [self.content], len(self.content)
        while end < position and end in self._pieces:
            parts.append(self._pieces[end])
            end += len(parts[-1])
        if end != position:
            raise _not_contiguous()
        self.content = b"".join(parts)
        self._pieces = {at: one for at, one in self._pieces.items() if retain and at >= end}
        self.flushed = True
        self._touch()

    def _touch(self) -> None:
        self.etag = f'"0x{uuid4().hex[:15].upper()}"'
        self.modified = datetime.now(UTC)


def _not_contiguous() -> LakeError:
    return LakeError(
        400,
        "InvalidFlushPosition",
        "The uploaded data is not contiguous or the position query parameter value is not equal to"
        " the length of the file after appending the uploaded data.",
    )
