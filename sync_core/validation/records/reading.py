"""Reads a stream of bytes as a header and blocks of complete lines, with bounded memory."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync_core.validation.records.lines import (
    BOM,
    INCOMPLETE,
    MAX_RECORD,
    content,
    fault_of_file,
    has_formula,
    record_at,
)
from sync_core.validation.records.outline import EMPTY_OUTLINE, Outline, outline_block

BLOCK_SIZE = 2 << 20
"""Bytes per block: large enough for vectorised work to pay off, small enough for any instance."""

_BLANK_LINES = re.compile(rb"(?:\r?\n)*+")


@dataclass(frozen=True)
class LineBlock:
    """Complete records of a file, as whole lines.

    `line` is the number of the first line, from 1, and `offset` its offset in the file. A block
    with a `fault` has no data: it stands for a record that is too long to keep.
    """

    data: bytes
    line: int
    offset: int
    outline: Outline = EMPTY_OUTLINE
    fault: str = ""


@dataclass(frozen=True)
class Header:
    """The header record without its line end, or the rule that it breaks. `line` starts at 1."""

    line: int
    record: bytes
    fault: str | None = None


class FileReader:
    """Reads one file once: call `header` first, then `blocks`.

    `_data` holds complete lines that are not returned yet, `_rest` the start of the next line. The
    block size affects speed and memory, not the result.
    """

    def __init__(self, stream: Iterable[bytes], block_size: int = BLOCK_SIZE) -> None:
        self._stream = rechunked(stream, block_size)
        self._data = self._rest = b""
        self._line, self._offset = 1, 0
        self._at_end = False

    @property
    def line(self) -> int:
        """The number of the line that is read next; the first line has number 1."""
        return self._line

    def header(self) -> Header | None:
        """The first record that is not blank; None if there is none."""
        self._read_record()
        first_line = self._data[: min(_first_line_end(self._data), MAX_RECORD + 1)]
        if fault := fault_of_file(first_line):
            return Header(1, b"", fault)
        self._consume(len(BOM) if self._data.startswith(BOM) else 0)
        self._read_record()
        while self._data:
            self._skip_blank_lines()
            end, fault = record_at(self._data, 0, at_end=self._at_end)
            if end == INCOMPLETE:
                raise AssertionError("record_at reported a complete record as incomplete.")
            line, record = self._line, self._data[:end]
            self._consume(end)
            if fault == "quotes" and has_formula(record):
                fault = "formula"
            if fault or content(record):
                return Header(line, content(record), fault)
        return None

    def blocks(self, width: int) -> Iterator[LineBlock]:
        """Everything after the header, whose number of fields is `width`."""
        while self._data or self._rest or not self._at_end:
            outline = outline_block(self._data, width, at_end=self._at_end)
            if outline.end:
                yield LineBlock(self._data[: outline.end], self._line, self._offset, outline)
                is_open = self._data[outline.end - 1 : outline.end] != b"\n"
                self._consume(outline.end, outline.line_count - is_open)
            elif _first_line_end(self._data) > MAX_RECORD + 1:
                yield LineBlock(b"", self._line, self._offset, fault="record-too-long")
                self._skip_line()
            self._read_block()

    def _read_block(self) -> None:
        """Add the next block of the stream to `_data`, up to the block's last line end.

        `_data` then usually holds complete records only. Slicing all of it copies nothing.
        """
        *parts, last = next(self._stream, [b""])
        self._at_end = self._at_end or not last
        if parts and b"\n" not in last:
            parts, last = [], b"".join((*parts, last))
        complete = last.rfind(b"\n") + 1
        if complete or self._at_end or len(self._data) + len(self._rest) > MAX_RECORD + 1:
            # This is the only copy of most bytes, unless the stream has larger parts than a block.
            self._data = b"".join((self._data, self._rest, *parts, memoryview(last)[:complete]))
            self._rest = last[complete:]
        else:
            self._rest += last

    def _read_record(self) -> None:
        """Read just enough to tell where the next record ends."""
        while not self._at_end and not self._has_record():
            block = b"".join(next(self._stream, []))
            self._at_end = not block
            self._data += block

    def _has_record(self) -> bool:
        if len(self._data) >= MAX_RECORD + 2:
            return True
        return b"\n" in self._data and record_at(self._data, 0, at_end=False)[0] != INCOMPLETE

    def _consume(self, end: int, lines: int | None = None) -> None:
        """Remove the first `end` bytes of `_data`, which have `lines` line feeds, if known."""
        self._line += self._data.count(b"\n", 0, end) if lines is None else lines
        self._offset += end
        self._data = self._data[end:]

    def _skip_blank_lines(self) -> None:
        while blank := _BLANK_LINES.match(self._data):
            self._consume(blank.end())
            self._read_record()
            if not blank.end():
                return

    def _skip_line(self) -> None:
        while not (end := self._data.find(b"\n") + 1) and not self._at_end:
            self._consume(len(self._data))
            self._read_block()
        self._consume(end or len(self._data))


def rechunked(stream: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """The bytes of a stream in blocks of exactly `size`; the last one may be shorter.

    Each block is a list of its parts, none of which is empty.
    """
    parts: list[bytes] = []
    missing = size
    for part in stream:
        start = 0
        while len(part) - start >= missing:
            parts.append(part[start : start + missing])
            yield parts
            parts, start, missing = [], start + missing, size
        if start < len(part):
            parts.append(part[start:])
            missing -= len(part) - start
    if parts:
        yield parts


def read_spans(stream: Iterable[bytes], spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The bytes of each (offset, length) span of a stream.

    The spans are in ascending order and do not overlap. A RuntimeError means that the stream ended
    before the last span.
    """
    source = iter(stream)
    chunk, chunk_offset = b"", 0
    for start, length in spans:
        parts: list[bytes] = []
        position, missing = start, length
        while missing:
            if chunk_offset + len(chunk) <= position:
                chunk_offset, chunk = chunk_offset + len(chunk), next(source, b"")
                if not chunk:
                    raise RuntimeError("The file became shorter while it was read: try again.")
                continue
            part = chunk[position - chunk_offset : position - chunk_offset + missing]
            parts.append(part)
            position, missing = position + len(part), missing - len(part)
        yield b"".join(parts)


def _first_line_end(data: bytes) -> int:
    return data.find(b"\n") + 1 or len(data)
