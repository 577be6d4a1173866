"""Separates the records of a file from what tools write below them: row counts, totals, Ctrl-Z."""

import re
from collections.abc import Iterable, Iterator

from sync_core.validation.findings import FindingCounter
from sync_core.validation.records.lines import decoded, fields_of

TAIL_BYTES = 1024
"""Lines that are not records are searched for in this many bytes at the end of a file."""

_CTRL_Z = b"\x1a"
"""DOS programs mark the end of a text file with it."""

_UNITS = (
    r"rows?|row\(s\)|records?|record\(s\)|lines?|entries|zeilen?|datens(?:ä|ae)tze?|lignes?|filas?"
    r"|enregistrements?|registros?|registos?|rijen|linhas|rader|rækker|righe|wierszy"
)
_NOUNS = (
    rf"{_UNITS}|students?|pupils?|teachers?|staff|users?|persons?|people|schools?|sections?|classes"
    r"|enrol+ments?|files?|report|data|list|export(?:ed)?|selected|affected|written|read|number|of"
)
_LABELS = (
    rf"(?:(?:grand|sub)\W?)?totals?|count|number of|end of|eof|trailer|trl|{_UNITS}|summe|gesamt"
    r"|(?:row|record|line)\W?count|insgesamt|anzahl|totaal|aantal|totaux|nombre de|somme|suma"
    r"|totale[sn]?|antal"
)
_COUNT = re.compile(
    rf"\W*(?:\d{{1,3}}(?:[.,' ]\d{{3}})+|\d+)\s*(?:{_UNITS})(?!\w).*", re.IGNORECASE
)
_LABEL = re.compile(rf"\W*(?:{_LABELS})(?:\s+(?:{_NOUNS}))*(?:\W*|\s*[:=].*)", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.,' ]+")
_DRAWN_LINE = re.compile(r"[-=_*+|, ]*[-=_*]{3}[-=_*+|, ]*")
_SENTENCE = re.compile(r"[^\s,]+(?:[ \t]+[^\s,]+)+")


class Body:
    """The bytes of a stream up to the end of its last record."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self._footer = self._mark = b""

    def __iter__(self) -> Iterator[bytes]:
        held, is_all = b"", True
        for part in self._stream:
            if held and len(part) >= TAIL_BYTES:
                # Large parts are passed on without copying them.
                yield held
                held, is_all = part, False
                continue
            held += part
            if len(held) > 2 * TAIL_BYTES > 2 * len(part):
                yield held[:-TAIL_BYTES]
                held, is_all = held[-TAIL_BYTES:], False
        end, mark_start = body_bounds(held, is_all=is_all)
        self._footer, self._mark = held[end:mark_start], held[mark_start:]
        yield held[:end]

    def report(self, line: int, counter: FindingCounter) -> None:
        """Count what is below the last record. `line` is the number of the line after the body."""
        for rule, number in tail_faults(self._footer, self._mark, line):
            counter.add(rule, number)


def body_bounds(data: bytes, *, is_all: bool) -> tuple[int, int]:
    """The offsets where the records end at the end of a file, and where its Ctrl-Z starts.

    `data` are the last bytes of a file, or all of them. The header, which is the first line that is
    not blank, is never below the records.
    """
    first = max(0, len(data) - TAIL_BYTES)
    is_all = is_all and first == 0
    mark_start = data.find(_CTRL_Z, max(first, len(data.rstrip(_CTRL_Z + b"\r\n"))))
    body_end = end = mark_start = len(data) if mark_start < 0 else mark_start
    while end > first:
        start = data.rfind(b"\n", first, end - 1) + 1 or first
        has_line_above = bool(data[first:start].strip(b"\r\n\xef\xbb\xbf"))
        is_whole = start > first and (has_line_above or not is_all)
        line = data[start:end]
        is_blank = not line.strip(b"\r\n")
        if not is_whole or not (is_blank or is_footer(line)):
            break
        body_end = body_end if is_blank else start
        end = start
    return body_end, mark_start


def is_footer(line: bytes) -> bool:
    """Whether a line, with its line end, is a row count, a total, a drawn line or a sentence."""
    text = decoded(line).strip()
    if text.count('"') % 2:
        # A quoted field that started on an earlier line ends here.
        return False
    if _COUNT.fullmatch(text.strip('"')) or _DRAWN_LINE.fullmatch(text):
        return True
    fields = [value.strip().strip('"') for value in fields_of(text)]
    label, *others = [value for value in fields if value] or [""]
    if _LABEL.fullmatch(label) and all(map(_NUMBER.fullmatch, others)):
        return True
    # A line that was cut off has no line end.
    return line.endswith(b"\n") and bool(_SENTENCE.fullmatch(text))


def tail_faults(footer: bytes, mark: bytes, line: int) -> Iterator[tuple[str, int]]:
    """The rules that the lines below the records break, and their numbers from `line` on."""
    for number, text in enumerate(footer.split(b"\n"), line):
        if text.strip():
            yield "footer", number
    if mark:
        yield "end-of-file-mark", line + footer.count(b"\n")
