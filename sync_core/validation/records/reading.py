"""From a stream of bytes to its header and to runs of whole records, in bounded memory."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_core.validation.records.lines import (
    BOM,
    INCOMPLETE,
    MAX_RECORD,
    content,
    fault_of_file,
    record_at,
)
from sync_core.validation.records.outline import NOTHING, Outline, outline_of

BLOCK = 2 << 20
"""Bytes that are looked at together: enough for vectors to pay, little enough for any instance."""

_BLANK_LINES = re.compile(rb"(?:\r?\n)*+")


@dataclass(frozen=True)
class Run:
    """Whole lines of a file. `line` is the number of the first, `offset` its place in the file.

    A run with a `fault` holds no bytes: it is a record too long to be kept.
    """

    data: bytes
    line: int
    offset: int
    outline: Outline = NOTHING
    fault: str = ""


@dataclass(frozen=True)
class Head:
    """A header: its record without the line end, or the rule that it breaks."""

    line: int
    record: bytes
    fault: str | None = None


class Reader:
    """One pass over one file: first `head`, then `runs`. Block sizes change nothing but speed."""

    def __init__(self, blocks: Iterable[bytes], block_size: int = BLOCK) -> None:
        self._blocks = sized(blocks, block_size)
        self._data = self._rest = b""
        self._line, self._offset = 1, 0
        self._at_end = False

    def head(self) -> Head | None:
        """The first record that is not blank; None where the file has no other lines."""
        self._fill()
        first_line = self._data[: min(_first_line_end(self._data), MAX_RECORD + 1)]
        if fault := fault_of_file(first_line):
            return Head(1, b"", fault)
        self._drop(len(BOM) if self._data.startswith(BOM) else 0)
        self._fill()
        while self._data:
            self._skip_blank_lines()
            end, fault = record_at(self._data, 0, at_end=self._at_end)
            if end == INCOMPLETE:
                raise AssertionError("A record was called incomplete with all of it at hand.")
            line, record = self._line, self._data[:end]
            self._drop(end)
            if fault or content(record):
                return Head(line, content(record), fault)
        return None

    def runs(self, width: int) -> Iterator[Run]:
        """Everything after a header of `width` fields."""
        while self._data or self._rest or not self._at_end:
            outline = outline_of(self._data, width, at_end=self._at_end)
            if outline.end:
                yield Run(self._data[: outline.end], self._line, self._offset, outline)
                self._drop(outline.end, outline.lines)
            elif _first_line_end(self._data) > MAX_RECORD + 1:
                yield Run(b"", self._line, self._offset, fault="record-too-long")
                self._skip_line()
            self._more()

    def _more(self) -> None:
        """Have another block at hand, up to its last line end, so that a run is all of it."""
        block = next(self._blocks, b"")
        self._at_end = self._at_end or not block
        whole = block.rfind(b"\n") + 1
        if whole or self._at_end or len(self._data) + len(self._rest) > MAX_RECORD + 1:
            self._data = b"".join((self._data, self._rest, memoryview(block)[:whole]))
            self._rest = block[whole:]
        else:
            self._rest += block

    def _fill(self) -> None:
        """Have enough at hand to tell where the next record ends, and no more than that."""
        while not self._at_end and not self._has_record():
            block = next(self._blocks, b"")
            self._at_end = not block
            self._data += block

    def _has_record(self) -> bool:
        if len(self._data) >= MAX_RECORD + 2:
            return True
        return b"\n" in self._data and record_at(self._data, 0, at_end=False)[0] != INCOMPLETE

    def _drop(self, end: int, lines: int | None = None) -> None:
        self._line += self._data.count(b"\n", 0, end) if lines is None else lines
        self._offset += end
        self._data = self._data[end:]

    def _skip_blank_lines(self) -> None:
        while blank := _BLANK_LINES.match(self._data):
            self._drop(blank.end())
            self._fill()
            if not blank.end():
                return

    def _skip_line(self) -> None:
        while not (end := self._data.find(b"\n") + 1) and not self._at_end:
            self._drop(len(self._data))
            self._more()
        self._drop(end or len(self._data))


def sized(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in blocks of exactly `size`, and a last one of what is left."""
    parts: list[bytes] = []
    held = 0
    for block in blocks:
        parts.append(block)
        held += len(block)
        if held >= size:
            joined = parts[0] if len(parts) == 1 else b"".join(parts)
            whole = held - held % size
            yield from (joined[start : start + size] for start in range(0, whole, size))
            parts, held = [joined[whole:]] if held > whole else [], held - whole
    if held:
        yield b"".join(parts)


def cut(blocks: Iterable[bytes], spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The bytes of each (offset, length) of a stream, in ascending order and not overlapping."""
    source = iter(blocks)
    held, at = b"", 0
    for start, length in spans:
        parts: list[bytes] = []
        position, missing = start, length
        while missing:
            if at + len(held) <= position:
                at, held = at + len(held), next(source, b"")
                if not held:
                    raise RuntimeError("The file became shorter while it was read: try again.")
                continue
            piece = held[position - at : position - at + missing]
            parts.append(piece)
            position, missing = position + len(piece), missing - len(piece)
        yield b"".join(parts)


def _first_line_end(data: bytes) -> int:
    return data.find(b"\n") + 1 or len(data)
