"""Reading some runs of a file again: what only its end showed has to be looked up in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_core.formats import FileSpec
from sync_core.validation.findings import Tally
from sync_core.validation.model import CsvFile
from sync_core.validation.records.batches import Batch, batch_of
from sync_core.validation.records.blocks import Shape
from sync_core.validation.records.outline import outline_of
from sync_core.validation.records.reading import Run, cut


@dataclass(frozen=True)
class _Visit:
    offset: int
    length: int
    line: int


class Visits:
    """Where in a file the runs are that had good records: by their order, from 0."""

    def __init__(self, spec: FileSpec, file: CsvFile, shape: Shape) -> None:
        self._spec, self._file, self._shape = spec, file, shape
        self._visits: list[_Visit] = []

    def note(self, run: Run) -> None:
        self._visits.append(_Visit(run.offset, len(run.data), run.line))

    def again(self, indexes: Iterable[int]) -> Iterator[tuple[int, Batch]]:
        """The batches of these runs, in their order, from the file as it is read once more."""
        wanted = sorted(set(indexes))
        if not wanted:
            return
        visits = [self._visits[index] for index in wanted]
        spans = [(visit.offset, visit.length) for visit in visits]
        # What is wrong with the other records has been counted already.
        unheard = Tally(self._spec)
        for index, visit, data in zip(wanted, visits, cut(self._file.open(), spans), strict=True):
            outline = outline_of(data, self._shape.width, at_end=True)
            run = Run(data, visit.line, visit.offset, outline)
            yield index, batch_of(run, self._shape, unheard)
