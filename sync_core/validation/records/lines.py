"""One record at a time: where it ends, whether it is well-formed (RFC 4180), what its fields are.

The slow way, for headers, for records with something odd in them, and around a broken quotation.
"""

import codecs
import re
from collections.abc import Iterator

MAX_RECORD = 131_072
"""Bytes of the longest record that is read, which bounds the memory that a damaged file takes."""

BOM = b"\xef\xbb\xbf"
INCOMPLETE = -1
_FIELD = rb'(?:"(?:[^"]++|"")*+"|[^",\n]*+)'
_RECORD = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+\r?(\n|\Z)")
_OPEN = re.compile(rb"(?:" + _FIELD + rb",)*+" + rb'"(?:[^"]++|"")*+\Z')
_VALUE = re.compile(r',(?:"((?:[^"]++|"")*+)"|([^",]*+))')
_OWN_LETTERS = "sis-sync.letters-for-bad-bytes"
_FIRST_OWN_LETTER = 0x10FF00


def fault_of_file(first_line: bytes) -> str | None:
    """The rule that a file breaks as a whole, as far as its first line shows."""
    if b"\r" in first_line.removesuffix(b"\n").removesuffix(b"\r"):
        return "line-ends"
    return None


def record_at(data: bytes, start: int, *, at_end: bool) -> tuple[int, str | None]:
    """Where the record at `start` ends, and the rule that it breaks, if it does.

    The end of a record that breaks a rule is the end of its first line, so that one stray quotation
    mark never swallows the rest of the file. INCOMPLETE says that `data` is too short to tell; with
    `MAX_RECORD` + 2 bytes from `start`, or `at_end` of the file, it never is.
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


def content(record: bytes) -> bytes:
    """A record without its line end."""
    return record.removesuffix(b"\n").removesuffix(b"\r")


def decoded(data: bytes) -> str:
    """Bytes as text. Those that are not UTF-8 become letters that no alphabet has.

    So a record stays comparable, and one bad letter does not make its ID unknown.
    """
    return data.decode(errors=_OWN_LETTERS)


def _own_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(_FIRST_OWN_LETTER + byte) for byte in bad), error.end


codecs.register_error(_OWN_LETTERS, _own_letters)


def fields_of(text: str) -> list[str]:
    """The fields of a well-formed record."""
    if '"' not in text:
        return text.split(",")
    values = _VALUE.findall("," + text)
    return [quoted.replace('""', '"') or plain for quoted, plain in values]


def bad_bytes(data: bytes) -> Iterator[int]:
    """Where bytes are not UTF-8: the first of them on each line."""
    view, start = memoryview(data), 0
    while start < len(data):
        try:
            codecs.utf_8_decode(view[start:], "strict", True)
        except UnicodeDecodeError as error:
            place = start + error.start
            yield place
            start = data.find(b"\n", place) + 1 or len(data)
        else:
            return


def is_utf_8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def all_places(data: bytes, needle: bytes) -> Iterator[int]:
    """Where the needle is, each time; its first byte alone is looked for, which is much faster."""
    place = data.find(needle[:1])
    while place >= 0:
        if data.startswith(needle, place):
            yield place
        place = data.find(needle[:1], place + 1)
