"""From blocks of bytes to records: lines, quotes (RFC 4180), encoding, each fault with its line.

A record that breaks the quoting is reported with its own line, and reading goes on with the next
line, so that one stray quotation mark never swallows the rest of the file.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sync_core.validation.tally import Tally

MAX_RECORD = 131_072
"""Bytes of the longest record that is read, which bounds the memory that a damaged file takes."""

_BOM = b"\xef\xbb\xbf"
_UTF_16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_FIELD = rb'(?:"(?:[^"]++|"")*+"|[^",]*+)'
_WELL_FORMED = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+")
_VALUE = re.compile(r',(?:"((?:[^"]++|"")*+)"|([^",]*+))')


class Record(NamedTuple):
    """One record. `line` is the line that it starts on, from 1.

    `fields` is None for a record that cannot be read; that has been reported already.
    """

    line: int
    fields: list[str] | None
    has_line_break: bool = False


def read_records(blocks: Iterable[bytes], tally: Tally) -> Iterator[Record]:
    """The records of a file, the header first; blank lines are passed over."""
    lines = _Lines(_split(blocks))
    for number, line in lines:
        if number == 1 and (fault := _fault_of_file(line)):
            tally.add(fault)
            yield Record(number, None)
            return
        first = line.removeprefix(_BOM) if number == 1 else line
        if first not in (b"", b"\r"):
            yield _record(lines, number, first, tally)


def _fault_of_file(first_line: bytes) -> str | None:
    if first_line.startswith(_UTF_16_BOMS) or b"\0" in first_line[:4]:
        return "utf-16"
    if b"\r" in first_line.removesuffix(b"\r"):
        return "line-ends"
    return None


def _record(lines: "_Lines", number: int, first: bytes, tally: Tally) -> Record:
    if len(first) > MAX_RECORD:
        tally.add("record-too-long", number)
        return Record(number, None)
    raw = lines.complete(first) if b'"' in first else first.removesuffix(b"\r")
    text = _decode(first if raw is None else raw, number, tally)
    if raw is None:
        tally.add("quotes", number)
        return Record(number, None)
    return Record(number, _fields(text), "\n" in text or "\r" in text)


def _decode(raw: bytes, number: int, tally: Tally) -> str:
    if b"\0" in raw:
        tally.add("nul", number)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        tally.add("encoding", number)
        # The record stays comparable, so that one bad letter does not make its ID unknown.
        return raw.decode(errors="surrogateescape")


def _fields(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    values = _VALUE.findall("," + text)
    return [quoted.replace('""', '"') or plain for quoted, plain in values]


def _split(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their LF. One that is too long is cut off just where that can still be seen."""
    tail = b""
    for block in blocks:
        *lines, tail = (tail + block).split(b"\n")
        yield from lines
        tail = tail[: MAX_RECORD + 1]
    if tail:
        yield tail


class _Lines:
    """Numbered lines, some of which may be given back to be read again."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._fresh = enumerate(lines, start=1)
        self._again: deque[tuple[int, bytes]] = deque()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return self

    def __next__(self) -> tuple[int, bytes]:
        return self._again.popleft() if self._again else next(self._fresh)

    def complete(self, first: bytes) -> bytes | None:
        """The whole record that starts with this line, or None when its quoting is wrong."""
        parts, taken = [first], []
        size, is_open = len(first), first.count(b'"') % 2
        while is_open and size <= MAX_RECORD and (following := next(self, None)):
            taken.append(following)
            parts.append(following[1])
            size += 1 + len(following[1])
            is_open ^= following[1].count(b'"') % 2
        record = b"\n".join(parts).removesuffix(b"\r")
        if size <= MAX_RECORD and _WELL_FORMED.fullmatch(record):
            return record
        self._again.extendleft(reversed(taken))
        return None
