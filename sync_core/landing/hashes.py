"""The SHA-256 of each file of a set, taken while the file is read for another purpose."""

import hashlib
from collections.abc import Callable, Iterator

from sync_core.landing.fileset import PinnedFile


class Hashes:
    """Hashes files as they are read. `chunks` returns a new stream of a file's bytes."""

    def __init__(self, chunks: Callable[[PinnedFile], Iterator[bytes]]) -> None:
        self._chunks = chunks
        self._known: dict[str, str] = {}

    def reading(self, file: PinnedFile) -> Iterator[bytes]:
        """The bytes of a file. Its hash is known once a reader has reached their end."""
        if file.name in self._known:
            yield from self._chunks(file)
            return
        digest = hashlib.sha256()
        for block in self._chunks(file):
            digest.update(block)
            yield block
        self._known[file.name] = digest.hexdigest()

    def of(self, file: PinnedFile) -> str:
        """The hash in hexadecimal. A file that was not read to its end is read again."""
        if file.name not in self._known:
            for _ in self.reading(file):
                pass
        return self._known[file.name]
