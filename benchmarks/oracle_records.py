"""The oracle's record reader: character by character, as RFC 4180 defines records."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST = 131_072


class Record(NamedTuple):
    line: int
    raw: bytes
    fault: str | None = None


def records(data: bytes) -> Iterator[Record]:
    """The records of a file without blank lines; of a malformed one, only the first line."""
    lines = data.split(b"\n")
    if not lines[-1]:
        del lines[-1]
    number = 0
    while number < len(lines):
        line = lines[number]
        if number == 0 and (fault := _fault_of_file(line)):
            yield Record(0, b"", fault)
            return
        if number == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line in (b"", b"\r"):
            number += 1
        elif len(line) > LONGEST:
            yield Record(number + 1, b"", "record-too-long")
            number += 1
        else:
            taken = _lines_taken(line, lines, number)
            raw = b"\n".join([line, *lines[number + 1 : number + max(taken, 1)]])
            yield Record(number + 1, raw, None if taken else _fault_of_quotes(raw))
            number += max(taken, 1)


def _fault_of_quotes(line: bytes) -> str:
    return "formula" if line.startswith(b'="') or b',="' in line else "quotes"


def _fault_of_file(line: bytes) -> str | None:
    start = line[: LONGEST + 1]
    return "line-ends" if b"\r" in start.removesuffix(b"\r") else None


def _lines_taken(first: bytes, lines: Sequence[bytes], number: int) -> int:
    """The number of lines of the record, or 0 if its quoting is malformed (RFC 4180).

    `first` is the line of that number, as it is read.
    """
    state, size = "start", -1
    for at in range(number, len(lines)):
        line = first if at == number else lines[at]
        size += 1 + len(line)
        if size > LONGEST:
            return 0
        for piece in _PIECES.findall(line):
            state = _next(state, piece)
        # If the record ends here, the carriage return is part of the line end.
        if state == "closed-return":
            state = "closed"
        if state in ("broken", "closed-other"):
            return 0
        if state != "quoted":
            return at - number + 1
    return 0


_PIECES = re.compile(rb'[^",\r]+|.', re.DOTALL)


def _next(state: str, piece: bytes) -> str:
    match state, piece:
        case "quoted", b'"':
            return "closed"
        case "quoted", _:
            return "quoted"
        case (("start" | "closed"), b'"'):
            return "quoted"
        case (("start" | "unquoted" | "closed"), b","):
            return "start"
        case "closed", b"\r":
            return "closed-return"
        case (("start" | "unquoted"), piece) if piece != b'"':
            return "unquoted"
    return "broken"
