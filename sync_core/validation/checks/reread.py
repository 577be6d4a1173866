"""Reads some blocks of a file a second time, for checks that only the end of the file completes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_core.formats import FileSpec
from sync_core.validation.findings import FindingCounter
from sync_core.validation.model import CsvFile
from sync_core.validation.records.batches import Batch, read_batch
from sync_core.validation.records.outline import outline_block
from sync_core.validation.records.parsing import RecordShape
from sync_core.validation.records.reading import LineBlock, read_spans


@dataclass(frozen=True)
class _BlockSpan:
    offset: int
    length: int
    line: int


class BlockIndex:
    """Where the blocks of a file are that had readable records, in the order of the file."""

    def __init__(self, spec: FileSpec, file: CsvFile, shape: RecordShape) -> None:
        self._spec, self._file, self._shape = spec, file, shape
        self._spans: list[_BlockSpan] = []

    def add(self, block: LineBlock) -> None:
        """Remember where a block is. Its index is the number of blocks added before it."""
        self._spans.append(_BlockSpan(block.offset, len(block.data), block.line))

    def reread(self, indexes: Iterable[int]) -> Iterator[tuple[int, Batch]]:
        """The batches of the blocks with these indexes, in ascending order, and their indexes.

        The file is opened again, and read up to the last of these blocks.
        """
        wanted = sorted(set(indexes))
        if not wanted:
            return
        spans = [self._spans[index] for index in wanted]
        data_of_spans = read_spans(
            self._file.open(), [(span.offset, span.length) for span in spans]
        )
        # Faults of other records were counted in the first pass.
        ignored = FindingCounter(self._spec)
        for index, span, data in zip(wanted, spans, data_of_spans, strict=True):
            outline = outline_block(data, self._shape.width, at_end=True)
            block = LineBlock(data, span.line, span.offset, outline)
            yield index, read_batch(block, self._shape, ignored)
