"""Validates a file set: finds every fault with its line; memory use hardly grows with file size.

Records that are malformed or have the wrong number of fields are reported and otherwise ignored, so
references to them are not found. Blank values count as missing: they are neither duplicates nor
references. References into a file are not checked if it was not delivered, lacks the key column, or
is a required file without rows.
"""

import functools
import itertools
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from sync_core.formats import FileSpec, Format
from sync_core.model.file_names import shown_name
from sync_core.model.likely_names import likely_file
from sync_core.model.messages import Finding
from sync_core.model.target_kinds import NO_LIMITS, FileLimits
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.columns import FileChecks
from sync_core.validation.checks.end_of_file import report_collected
from sync_core.validation.checks.references import KeysByColumn
from sync_core.validation.checks.reread import BlockIndex
from sync_core.validation.findings import FindingCounter
from sync_core.validation.model import CsvFile, Validation
from sync_core.validation.recognition import (
    FOREIGN_FORMAT_RULES,
    RECOGNITION_BYTES,
    recognise,
)
from sync_core.validation.records.batches import read_batch
from sync_core.validation.records.header import read_header
from sync_core.validation.records.layout import IntArray
from sync_core.validation.records.lines import decoded, fields_of, is_utf_8
from sync_core.validation.records.parsing import RecordShape
from sync_core.validation.records.reading import BLOCK_SIZE, FileReader, Header
from sync_core.validation.records.tail import Body

NOT_THE_SET = FOREIGN_FORMAT_RULES | {"file-missing"}
"""Rules that show that the files may not be those that were meant."""

RowObserver = Callable[[FileSpec, pl.DataFrame, IntArray], None]
"""Receives each batch of well-formed records with their line numbers. The table has the columns
that some check needs, which include every column of IDs, where the file has them."""


def validate(
    fmt: Format,
    files: Sequence[CsvFile],
    *,
    others: Sequence[CsvFile] = (),
    is_whole: bool = True,
    limits: FileLimits = NO_LIMITS,
    observe: RowObserver | None = None,
    block_size: int = BLOCK_SIZE,
) -> Validation:
    """Validate a whole file set.

    `others` are files in the same folder that are not part of the format. They are only used to
    recognise that the whole set is in another format, and to name what may be meant to be a missing
    file: beside a complete set they are ignored. Unless `is_whole`, the files are a part of a set,
    and missing files are no fault. `limits` are those of the target. `observe` receives all
    well-formed records.

    Each file is read once. It is read a second time if rows have to be compared, and up to 16 times
    more if there are very many. `block_size` affects speed and memory only.

    Raises ValueError if a file is not part of the format or is given twice. Errors of the streams
    are not caught.
    """
    given = _by_name(fmt, files)
    _raise_malloc_threshold(block_size)
    known: KeysByColumn = {}
    seed = secrets.randbits(63)
    findings: list[Finding] = []
    rows: dict[str, int] = {}
    for spec in fmt.files:
        counter = FindingCounter(spec, fmt.title)
        if file := given.get(spec.name):
            validator = _FileValidator(fmt, spec, file, counter, set_names=given, limits=limits)
            rows[spec.name] = validator.validate(known, seed, block_size, observe)
        elif is_whole and _is_needed(fmt, spec, given):
            counter.add("file-missing", hint=_likely_file_hint(fmt, spec, others))
        findings += counter.findings()
    if not is_whole or any(finding.rule in NOT_THE_SET for finding in findings):
        beside = (_foreign_format(fmt, file) for file in others)
        findings = [*filter(None, beside), *findings]
    if any(finding.rule in FOREIGN_FORMAT_RULES for finding in findings):
        # A set in another format has other files, so it would be wrong to ask for these.
        findings = [finding for finding in findings if finding.rule != "file-missing"]
    return Validation(tuple(findings), rows)


def _foreign_format(fmt: Format, file: CsvFile) -> Finding | None:
    """The finding that a file outside the format belongs to another format, if it does."""
    start = _read_start(file.open())
    found = recognise(start[:RECOGNITION_BYTES], fmt, file.name)
    if found is None or found.rule not in FOREIGN_FORMAT_RULES:
        return None
    counter = FindingCounter(FileSpec(name=shown_name(file.name), columns=()), fmt.title)
    counter.add(found.rule, found.line, hint=found.hint)
    return counter.findings()[0]


@functools.cache
def _raise_malloc_threshold(block_size: int) -> None:
    """Make the C library reuse the memory of freed blocks.

    glibc returns a large freed block to the system and asks for fresh pages for the next one, which
    takes an eighth of the time. Once it has freed a larger block, it keeps blocks up to that size.
    Nothing is written to this one, so it takes no physical memory. A second one would be taken from
    the blocks that are kept, and cleared, which takes as long as the validation of a small file.
    """
    bytearray(4 * block_size)


def _by_name(fmt: Format, files: Iterable[CsvFile]) -> Mapping[str, CsvFile]:
    given: dict[str, CsvFile] = {}
    for file in files:
        if file.name in given or not any(file.name == spec.name for spec in fmt.files):
            raise ValueError(
                f"The format {fmt.name} takes one file each of "
                f"{', '.join(spec.name for spec in fmt.files)}; it was given {file.name!r}."
            )
        given[file.name] = file
    return given


def _likely_file_hint(fmt: Format, spec: FileSpec, others: Iterable[CsvFile]) -> str:
    """Names the file that is probably meant to be a missing one; empty if there is none."""
    for file in others:
        likely = likely_file(file.name.lower(), fmt)
        if likely and likely.expected == spec.name:
            return f" The export contains {shown_name(file.name)} instead."
    return ""


def _is_needed(fmt: Format, spec: FileSpec, given: Mapping[str, CsvFile]) -> bool:
    group = fmt.groups.get(spec.group, frozenset()) if spec.group else frozenset()
    return spec.required or not group.isdisjoint(given)


class _FileValidator:
    """Validates one file. `set_names` are the names of all files of the set."""

    def __init__(
        self,
        fmt: Format,
        spec: FileSpec,
        file: CsvFile,
        counter: FindingCounter,
        *,
        set_names: Collection[str],
        limits: FileLimits,
    ) -> None:
        self._fmt, self._spec, self._file, self._counter = fmt, spec, file, counter
        self._set_names, self._limits = set_names, limits

    def validate(
        self, known: KeysByColumn, seed: int, block_size: int, observe: RowObserver | None
    ) -> int:
        """Count faults, add the keys that other files refer to, and return the number of rows."""
        stream = self._file.open()
        start = _read_start(stream)
        found = recognise(start[:RECOGNITION_BYTES], self._fmt, self._spec.name, self._set_names)
        if found:
            self._counter.add(found.rule, found.line, hint=found.hint)
            return 0
        body = Body(itertools.chain([start], stream))
        reader = FileReader(body, block_size)
        header = reader.header()
        headers = self._header_fields(header)
        if header is None or headers is None:
            return 0
        column_indexes = read_header(self._spec, headers, header.line, self._counter)
        checks = FileChecks(self._fmt, self._spec, column_indexes, known, seed, limits=self._limits)
        shape = _record_shape(headers, column_indexes, checks)
        block_index = BlockIndex(self._spec, self._file, shape)
        row_count = 0
        for block in reader.blocks(shape.width):
            batch = read_batch(block, shape, self._counter)
            row_count += batch.record_count
            if batch.frame.height:
                block_index.add(block)
                checks.run(BatchView(self._spec, batch, seed, self._counter))
                if observe:
                    lines = batch.lines_of(np.arange(batch.frame.height))
                    observe(self._spec, batch.frame, lines)
        body.report(reader.line, self._counter)
        if self._spec.required and not row_count:
            # References into this file are not checked: this finding is the reason for all of them.
            self._counter.add("file-without-rows")
            return 0
        if self._limits.rows and row_count > self._limits.rows:
            self._counter.add("rows-over-limit", hint=f"{self._limits.rows:,}")
        for column, keys in checks.referenced_keys():
            known[self._spec.name, column] = keys
        report_collected(self._spec, checks, known, block_index, self._counter)
        return row_count

    def _header_fields(self, header: Header | None) -> list[str] | None:
        """The header's fields; None if it is missing or unreadable, which is then reported."""
        if header is None:
            self._counter.add("file-empty")
            return None
        # Of a header that is too long, only a part may have been read.
        is_whole = header.fault != "record-too-long"
        if is_whole and b"\0" in header.record:
            self._counter.add("nul", header.line)
        if is_whole and not is_utf_8(header.record):
            self._counter.add("encoding", header.line)
        if header.fault:
            # Wrong line ends are a fault of the whole file, so no line is named.
            line = None if header.fault == "line-ends" else header.line
            self._counter.add(header.fault, line)
            return None
        return fields_of(decoded(header.record))


def _read_start(stream: Iterator[bytes]) -> bytes:
    """The first bytes of a stream: at least `RECOGNITION_BYTES`, if it has as many."""
    parts: list[bytes] = []
    while sum(map(len, parts)) < RECOGNITION_BYTES and (part := next(stream, b"")):
        parts.append(part)
    return b"".join(parts)


def _record_shape(
    headers: Sequence[str], column_indexes: Mapping[str, int], checks: FileChecks
) -> RecordShape:
    names = {index: name for name, index in column_indexes.items()}
    # The last column is always parsed: a null in it shows that a record may be too short.
    last = len(headers) - 1
    parsed = {index: name for index, name in names.items() if name in checks.columns}
    parsed[last] = names.setdefault(last, "")
    return RecordShape(headers, parsed, names)
