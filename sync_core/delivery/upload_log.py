"""Records which files are uploaded, so that an interrupted upload continues where it stopped."""

from collections.abc import Mapping

import msgspec

from sync_core.model.documents import TargetReference
from sync_core.results.store import ResultsStore

UNSAVED_BYTES = 8 * 1024 * 1024
"""Small files are recorded together: after an interruption, at most about so much is uploaded a
second time, which is harmless."""


class UploadRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`place` is the service's name of the upload location, `done` the files that are complete.

    `target` is what the files are uploaded to; the feed may be given another target at any time.
    """

    target: TargetReference | None = None
    place: str = ""
    done: tuple[str, ...] = ()


class UploadLog:
    """The upload of one generation to one target. `name` is its blob, `sizes` those of the files.

    It is saved after the first file, then after every `UNSAVED_BYTES`, and when `save` is called.
    Files that were uploaded to another target do not count: the upload starts again.
    """

    def __init__(
        self, store: ResultsStore, name: str, target: TargetReference, sizes: Mapping[str, int]
    ) -> None:
        self._store, self._name, self._target, self._sizes = store, name, target, sizes
        self._unsaved: int | None = None
        kept = store.decoded(name, UploadRecord)
        new = UploadRecord(target=target)
        self._record = kept if kept and kept.target == target else new

    @property
    def place(self) -> str:
        return self._record.place

    def has(self, file: str) -> bool:
        return file in self._record.done

    def begin(self, place: str) -> None:
        """Start a new upload location, which contains no files."""
        self._keep(UploadRecord(target=self._target, place=place))

    def done(self, file: str) -> None:
        """Note that a file is complete."""
        if self.has(file):
            return
        is_first = not self._record.done
        self._record = msgspec.structs.replace(self._record, done=(*self._record.done, file))
        self._unsaved = (self._unsaved or 0) + self._sizes.get(file, 0)
        if is_first or self._unsaved >= UNSAVED_BYTES:
            self.save()

    def save(self) -> None:
        """Write the files that are noted and not yet recorded."""
        if self._unsaved is not None:
            self._keep(self._record)

    def _keep(self, record: UploadRecord) -> None:
        self._record, self._unsaved = record, None
        self._store.write(self._name, msgspec.json.encode(record))
