"""Reads one record at a time: where it ends, whether it follows RFC 4180, what its fields are.

This is slow. It is used for headers, for irregular records and after a misplaced quotation mark.
"""

import codecs
import re
from collections.abc import Iterator

MAX_RECORD = 131_072
"""The longest record in bytes that is read. It bounds the memory that a damaged file can take."""

BOM = b"\xef\xbb\xbf"
INCOMPLETE = -1
# Possessive quantifiers (`++`, `*+`) keep the time linear: a failed match does not backtrack.
_FIELD = rb'(?:"(?:[^"]++|"")*+"|[^",\n]*+)'
_RECORD = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+\r?(\n|\Z)")
_OPEN = re.compile(rb"(?:" + _FIELD + rb",)*+" + rb'"(?:[^"]++|"")*+\Z')
_VALUE = re.compile(r',(?:"((?:[^"]++|"")*+)"|([^",]*+))')
_INVALID_BYTES = "sis-sync.invalid-bytes"
_FIRST_SUBSTITUTE = 0x10FF00


def fault_of_file(first_line: bytes) -> str | None:
    """The rule that the file as a whole breaks, judged by its first line."""
    if b"\r" in first_line.removesuffix(b"\n").removesuffix(b"\r"):
        return "line-ends"
    return None


def record_at(data: bytes, start: int, *, at_end: bool) -> tuple[int, str | None]:
    """Where the record at `start` ends, and the rule it breaks, if any.

    A malformed record ends at the end of its first line, so that one misplaced quotation mark does
    not swallow the rest of the file. The end is INCOMPLETE if `data` is too short to tell. That
    cannot happen with `MAX_RECORD` + 2 bytes from `start`, or `at_end` of the file.
    """
    limit = start + MAX_RECORD + 1
    line_end = data.find(b"\n", start, limit) + 1
    if not line_end and len(data) >= limit:
        return data.find(b"\n", limit) + 1 or len(data), "record-too-long"
    found = _RECORD.match(data, start, limit)
    if found and found[1]:
        return found.end(), None
    if found and len(data) < limit:
        return (len(data), None) if at_end else (INCOMPLETE, None)
    if not at_end and len(data) < limit and _OPEN.match(data, start):
        return INCOMPLETE, None
    return line_end or len(data), "quotes"


def has_formula(record: bytes) -> bool:
    """Whether a field begins with `="`, as some programs write text for Excel."""
    return record.startswith(b'="') or b',="' in record


def content(record: bytes) -> bytes:
    """A record without its line end."""
    return record.removesuffix(b"\n").removesuffix(b"\r")


def decoded(data: bytes) -> str:
    """Bytes as text; each byte that is not UTF-8 becomes its own private-use character.

    Two values that differ only in such a byte stay different, and an ID with such a byte can still
    be referred to.
    """
    return data.decode(errors=_INVALID_BYTES)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    invalid = error.object[error.start : error.end]
    return "".join(chr(_FIRST_SUBSTITUTE + byte) for byte in invalid), error.end


codecs.register_error(_INVALID_BYTES, _substitute)


def fields_of(text: str) -> list[str]:
    """The fields of a well-formed record."""
    if '"' not in text:
        return text.split(",")
    values = _VALUE.findall("," + text)
    return [quoted.replace('""', '"') or unquoted for quoted, unquoted in values]


def invalid_utf_8_offsets(data: bytes) -> Iterator[int]:
    """The offset of the first byte that is not UTF-8, for each line that has one."""
    view, start = memoryview(data), 0
    while start < len(data):
        try:
            codecs.utf_8_decode(view[start:], "strict", True)
        except UnicodeDecodeError as error:
            offset = start + error.start
            yield offset
            start = data.find(b"\n", offset) + 1 or len(data)
        else:
            return


def is_utf_8(data: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def contains(data: bytes, needle: bytes) -> bool:
    """Whether `needle` occurs. Most data lacks its first byte, and a byte is found much faster."""
    return needle[:1] in data and needle in data


def occurrences(data: bytes, needle: bytes) -> Iterator[int]:
    """Every offset of `needle`. Searching for its first byte alone is much faster in CPython."""
    offset = data.find(needle[:1])
    while offset >= 0:
        if data.startswith(needle, offset):
            yield offset
        offset = data.find(needle[:1], offset + 1)
