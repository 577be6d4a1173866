"""Records which files are uploaded, so that an interrupted upload continues where it stopped."""

import msgspec

from sync_core.model.documents import TargetReference
from sync_core.results.store import ResultsStore


class UploadRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`place` is the service's name of the upload location, `done` the files that are complete.

    `target` is what the files are uploaded to; the feed may be given another target at any time.
    """

    target: TargetReference | None = None
    place: str = ""
    done: tuple[str, ...] = ()


class UploadLog:
    """The upload of one generation to one target, saved after every file. `name` is its blob.

    What was uploaded to another target is not there: the upload begins anew.
    """

    def __init__(self, store: ResultsStore, name: str, target: TargetReference) -> None:
        self._store, self._name, self._target = store, name, target
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
        if not self.has(file):
            self._keep(msgspec.structs.replace(self._record, done=(*self._record.done, file)))

    def _keep(self, record: UploadRecord) -> None:
        self._record = record
        self._store.write(self._name, msgspec.json.encode(record))
