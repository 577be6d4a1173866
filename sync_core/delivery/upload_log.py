"""Records which files are uploaded, so that an interrupted upload continues where it stopped."""

import msgspec

from sync_core.results.store import ResultsStore


class UploadRecord(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`place` is the service's name of the upload location, `done` the files that are complete."""

    place: str = ""
    done: tuple[str, ...] = ()


class UploadLog:
    """The upload record of one generation, saved after every file. `name` is its blob."""

    def __init__(self, store: ResultsStore, name: str) -> None:
        self._store, self._name = store, name
        self._record = store.decoded(name, UploadRecord) or UploadRecord()

    @property
    def place(self) -> str:
        return self._record.place

    def has(self, file: str) -> bool:
        return file in self._record.done

    def begin(self, place: str) -> None:
        """Start a new upload location, which contains no files."""
        self._keep(UploadRecord(place=place))

    def done(self, file: str) -> None:
        if not self.has(file):
            self._keep(msgspec.structs.replace(self._record, done=(*self._record.done, file)))

    def _keep(self, record: UploadRecord) -> None:
        self._record = record
        self._store.write(self._name, msgspec.json.encode(record))
