"""What is kept of a night: a summary that needs no key, and digests of everyone in the set.

A stored baseline is, in this order: the 8 bytes `MAGIC`; the length of the head as 4 bytes; the
head, a JSON document with the summary and the sizes of all arrays; the arrays; and a BLAKE2b digest
of 16 bytes over everything before it. Numbers are little-endian. For each kind there are its IDs
and their schools (8 bytes each, sorted), for schools also the line of each in its file (4 bytes);
for each file of memberships the sections (8 bytes, sorted) and their rows (4 bytes).
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from sync_core.formats.entities import SCHOOL
from sync_core.guards.population import Members, Population, SectionRows
from sync_core.model.documents import TargetReference
from sync_core.model.errors import TerminalError
from sync_core.model.statistics import Count, Time

MAGIC = b"SISBASE1"
_LENGTH = struct.Struct("<I")
_CHECK_BYTES = 16


class BaselineDamagedError(TerminalError):
    """A stored baseline is cut off, altered, or of another version."""

    code = "baseline-damaged"


class Summary(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A night in numbers. It contains nothing about a person, and needs no key to be read.

    `files` has the number of rows of each file, `entities` the number of distinct IDs of each kind.
    `errors` and `warnings` are the numbers of errors and warnings of validation. `keyId` tells
    which key the digests of this night were made with.
    """

    version: Literal[1] = 1
    feed: str
    run: str
    generation: str
    key_id: str
    format: str
    target: TargetReference
    landed_at: Time
    files: dict[str, Count]
    entities: dict[str, Count]
    errors: Count = 0
    warnings: Count = 0


@dataclass(frozen=True)
class Baseline:
    """A night: its summary, and who was in its file set."""

    summary: Summary
    population: Population


class _Head(msgspec.Struct, frozen=True):
    """The head of a stored baseline, with the lengths of its arrays in their order."""

    summary: Summary
    members: dict[str, int]
    section_rows: dict[str, int]


def entity_counts(population: Population) -> dict[str, int]:
    """The number of distinct IDs of each kind."""
    return {kind: len(members.distinct) for kind, members in population.members.items()}


def encoded(baseline: Baseline) -> bytes:
    """A baseline as it is stored."""
    population = baseline.population
    head = msgspec.json.encode(
        _Head(
            baseline.summary,
            {kind: len(members) for kind, members in population.members.items()},
            {name: len(each.rows) for name, each in population.section_rows.items()},
        )
    )
    body = b"".join([MAGIC, _LENGTH.pack(len(head)), head, *_arrays(population)])
    return body + _check(body)


def decoded(data: bytes, name: str) -> Baseline:
    """A stored baseline. Raises BaselineDamagedError; `name` is the blob's, for the message."""
    body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if not body.startswith(MAGIC) or _check(body) != check:
        raise BaselineDamagedError(
            f"The baseline {name} is damaged or was written by a newer version of the app. Delete"
            " it to compare with the baseline before it."
        )
    reader = _Reader(body, len(MAGIC))
    head = msgspec.json.decode(reader.block(), type=_Head)
    members = {kind: _members(kind, count, reader) for kind, count in head.members.items()}
    section_rows = {
        name: SectionRows(reader.array("<u8", count), reader.array("<u4", count))
        for name, count in head.section_rows.items()
    }
    return Baseline(head.summary, Population(members, section_rows))


def _members(kind: str, count: int, reader: "_Reader") -> Members:
    ids, schools = reader.array("<u8", count), reader.array("<u8", count)
    return Members(ids, schools, reader.array("<u4", count) if kind == SCHOOL else None)


def _arrays(population: Population) -> Iterator[bytes]:
    for kind, members in population.members.items():
        yield members.ids.astype("<u8").tobytes()
        yield members.schools.astype("<u8").tobytes()
        if kind == SCHOOL:
            lines = np.zeros(len(members), "<u4") if members.lines is None else members.lines
            yield lines.astype("<u4").tobytes()
    for each in population.section_rows.values():
        yield each.sections.astype("<u8").tobytes()
        yield each.rows.astype("<u4").tobytes()


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK_BYTES).digest()


class _Reader:
    """Reads the parts of a stored baseline one after the other."""

    def __init__(self, data: bytes, offset: int) -> None:
        self._data, self._offset = data, offset

    def block(self) -> bytes:
        """Bytes that are preceded by their length."""
        (length,) = _LENGTH.unpack_from(self._data, self._offset)
        start = self._offset + _LENGTH.size
        self._offset = start + length
        return self._data[start : self._offset]

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        """An array, without copying it."""
        found = np.frombuffer(self._data, dtype, count, self._offset)
        self._offset += found.nbytes
        return found
