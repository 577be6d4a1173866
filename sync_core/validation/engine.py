"""The validation of a file set: every fault with its line, in memory that the size hardly moves.

A record that cannot be read or has the wrong number of fields takes no part in any other check, and
references to it are not found; blank values are missing, and neither repeat nor refer to anything;
references into a file that did not come, or whose key column cannot be read, are not checked.
"""

import itertools
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sync_core.formats import FileSpec, Format
from sync_core.model.messages import Finding
from sync_core.validation.checks.closing import judge_collected
from sync_core.validation.checks.columns import Checks, KnownKeys
from sync_core.validation.checks.revisit import Visits
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.findings import Tally
from sync_core.validation.model import CsvFile, Validation
from sync_core.validation.recognition import FOREIGN_RULES, START, recognise
from sync_core.validation.records.batches import batch_of
from sync_core.validation.records.blocks import Shape
from sync_core.validation.records.header import read_header
from sync_core.validation.records.lines import decoded, fields_of, is_utf_8
from sync_core.validation.records.reading import BLOCK, Head, Reader


def validate(
    fmt: Format,
    files: Sequence[CsvFile],
    *,
    others: Sequence[CsvFile] = (),
    block_size: int = BLOCK,
) -> Validation:
    """Check a whole file set; what the streams raise passes through.

    `others` lie beside the set and are not part of the format: it is only told whether they show
    that the set is of another format.

    Each file is read once, and once more where values have to be compared, or some times more where
    that are very many. A `ValueError` says that a file is not one of the format, or comes twice.
    `block_size` changes speed and memory only.
    """
    given = _by_name(fmt, files)
    _keep_memory(block_size)
    known: KnownKeys = {}
    seed = secrets.randbits(63)
    findings = [found for file in others if (found := _foreign(fmt, file))]
    rows: dict[str, int] = {}
    for spec in fmt.files:
        tally = Tally(spec, fmt.title)
        if file := given.get(spec.name):
            one = _OneFile(fmt, spec, file, tally, given)
            rows[spec.name] = one.check(known, seed, block_size)
        elif _is_needed(fmt, spec, given):
            tally.add("file-missing")
        findings += tally.findings()
    if any(finding.rule in FOREIGN_RULES for finding in findings):
        # What a set of another format lacks is no fault of its own.
        findings = [finding for finding in findings if finding.rule != "file-missing"]
    return Validation(tuple(findings), rows)


def _foreign(fmt: Format, file: CsvFile) -> Finding | None:
    """What a file beside the set is, where that shows another format."""
    found = recognise(_start(file.open())[:START], fmt, file.name)
    if found is None or found.rule not in FOREIGN_RULES:
        return None
    tally = Tally(FileSpec(name=file.name, columns=()), fmt.title)
    tally.add(found.rule, found.line, hint=found.hint)
    return tally.findings()[0]


def _keep_memory(block_size: int) -> None:
    """Let the C library keep blocks that are freed, for the next ones.

    By itself it hands each back to the system and takes fresh pages for the next, which is an
    eighth of all time, until it has seen a larger one come and go. This one is never written to,
    so it takes no memory.
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


def _is_needed(fmt: Format, spec: FileSpec, given: Mapping[str, CsvFile]) -> bool:
    group = fmt.groups.get(spec.group, frozenset()) if spec.group else frozenset()
    return spec.required or not group.isdisjoint(given)


class _OneFile:
    def __init__(
        self,
        fmt: Format,
        spec: FileSpec,
        file: CsvFile,
        tally: Tally,
        together: Collection[str],
    ) -> None:
        self._fmt, self._spec, self._file, self._tally = fmt, spec, file, tally
        self._together = together

    def check(self, known: KnownKeys, seed: int, block_size: int) -> int:
        """Check the file, add what others may refer to, and count its records."""
        blocks = self._file.open()
        start = _start(blocks)
        if found := recognise(start[:START], self._fmt, self._spec.name, self._together):
            self._tally.add(found.rule, found.line, hint=found.hint)
            return 0
        reader = Reader(itertools.chain([start], blocks), block_size)
        head = reader.head()
        headers = self._headers(head)
        if head is None or headers is None:
            return 0
        places = read_header(self._spec, headers, head.line, self._tally)
        checks = Checks(self._fmt, self._spec, places, known, seed)
        shape = _shape(len(headers), places, checks)
        visits = Visits(self._spec, self._file, shape)
        count = 0
        for run in reader.runs(shape.width):
            batch = batch_of(run, shape, self._tally)
            count += batch.records
            if batch.frame.height:
                visits.note(run)
                checks.look_at(Sheet(self._spec, batch, seed, self._tally))
        for column, keys in checks.known_keys():
            known[self._spec.name, column] = keys
        judge_collected(self._spec, checks, known, visits, self._tally)
        return count

    def _headers(self, head: Head | None) -> list[str] | None:
        if head is None:
            self._tally.add("file-empty")
            return None
        is_text = head.fault != "record-too-long"
        if is_text and b"\0" in head.record:
            self._tally.add("nul", head.line)
        if is_text and not is_utf_8(head.record):
            self._tally.add("encoding", head.line)
        if head.fault:
            # A fault of the file as a whole is on no line.
            on_line = None if head.fault == "line-ends" else head.line
            self._tally.add(head.fault, on_line)
            return None
        return fields_of(decoded(head.record))


def _start(blocks: Iterator[bytes]) -> bytes:
    """The first bytes of a file: at least `START`, where it has so many."""
    parts: list[bytes] = []
    while sum(map(len, parts)) < START and (block := next(blocks, b"")):
        parts.append(block)
    return b"".join(parts)


def _shape(width: int, places: Mapping[str, int], checks: Checks) -> Shape:
    names = {place: name for name, place in places.items()}
    # The last field is always read: its absence shows that a record is too short.
    names.setdefault(width - 1, "")
    looked_at = {place: name for place, name in names.items() if name in checks.columns}
    return Shape(width, {**looked_at, width - 1: names[width - 1]}, dict(names))
