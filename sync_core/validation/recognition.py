"""What a file is, before it is read as CSV: its first bytes, first lines and header show it.

A file that is something else has one finding, which says what it is. Nothing else is said about it,
and references into it are not checked.
"""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sync_core.formats import FORMATS, FileSpec, Format

START = 65_536
"""How many bytes of a file are looked at."""

BOM = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINES = 10
"""How far down a header is looked for."""


class Recognised(NamedTuple):
    """What a file is instead of CSV in its format: the rule, and its `hint`, which quotes nothing.

    `line` is where that was seen, from 1, or None where it concerns the whole file.
    """

    rule: str
    hint: str = ""
    line: int | None = None


class Signature(NamedTuple):
    """Bytes at a fixed place that one kind of file has. `title` is what people call it."""

    rule: str
    title: str
    start: bytes
    offset: int = 0


SIGNATURES = (
    Signature("workbook", "an Excel workbook of the old kind (.xls)", b"\xd0\xcf\x11\xe0\xa1\xb1"),
    Signature("compressed", "a zip archive", b"PK\x03\x04"),
    Signature("compressed", "a zip archive", b"PK\x05\x06"),
    Signature("compressed", "a gzip archive", b"\x1f\x8b"),
    Signature("compressed", "a bzip2 archive", b"BZh"),
    Signature("compressed", "an xz archive", b"\xfd7zXZ\0"),
    Signature("compressed", "a Zstandard archive", b"\x28\xb5\x2f\xfd"),
    Signature("compressed", "a 7-Zip archive", b"7z\xbc\xaf\x27\x1c"),
    Signature("compressed", "a RAR archive", b"Rar!\x1a\x07"),
    Signature("compressed", "a tar archive", b"ustar", 257),
    Signature("pdf", "a PDF document", b"%PDF-"),
)
"""Sources: the file-type list of the IANA media types, and the registries of the tools named."""

_WORKBOOK_PARTS = (b"[Content_Types].xml", b"_rels/.rels", b"xl/")
"""What the first members of a workbook's zip are called (ECMA-376, part 2)."""

_WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(rb"<(?:\?xml\b|[A-Za-z_][\w.:-]*[\s/>]|!--)")
_JSON = re.compile(rb'(?:\{\s*(?:"|\}|\Z)|\[\s*(?:[{\["\]]|\Z))')
_SEP_LINE = re.compile(r'"?sep=.?"?\s*', re.IGNORECASE)
_DASHES = re.compile(r"(?=.*---)[-+|,;\t ]+")

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class Foreign(NamedTuple):
    """A format that School Data Sync does not read as CSV, by headers that only it has.

    `begins` is how the header begins, `columns` are all in it, and one of `any_of` is, if there are
    any; all in lower case. `file` limits it to a file of this name, `without` to sets that have no
    such file.
    """

    rule: str
    hint: str
    begins: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    file: str = ""
    without: str = ""


_ONEROSTER = ("sourcedid", "status", "datelastmodified")

FOREIGN = (
    # 1EdTech, OneRoster CSV tables 1.1 and 1.2: every file but the manifest begins with these.
    Foreign(
        "oneroster",
        "OneRoster 1.2",
        begins=_ONEROSTER,
        any_of=frozenset(
            {"usermasteridentifier", "userprofilesourcedid", "primaryorgsourcedid", "roletype"}
        ),
    ),
    Foreign(
        "oneroster",
        "OneRoster 1.1",
        begins=_ONEROSTER,
        columns=frozenset({"enableduser", "orgsourcedids"}),
    ),
    Foreign("oneroster", "OneRoster", begins=_ONEROSTER),
    Foreign(
        "oneroster",
        "the manifest of a OneRoster export",
        begins=("propertyname", "value"),
        file="manifest.csv",
    ),
    # https://learn.microsoft.com/schooldatasync/clever-format-csv-files-for-sds
    Foreign(
        "clever",
        "Clever",
        columns=frozenset({"school_id"}),
        any_of=frozenset({"student_id", "teacher_id", "section_id", "staff_id", "school_name"}),
    ),
    # https://learn.microsoft.com/schooldatasync/sds-v2.1-csv-file-format
    Foreign(
        "sds-v2",
        "SDS V2",
        columns=frozenset({"sourcedid", "username", "orgsourcedids", "role"}),
        file="users.csv",
        without="roles.csv",
    ),
)
_TOLD_BY_LINES = {
    "utf-16",
    "not-text",
    "markup",
    "line-ends-doubled",
    "sep-line",
    "print-out",
    "separator",
    "line-above-header",
}
FOREIGN_RULES = frozenset({"other-format", *(foreign.rule for foreign in FOREIGN)})
"""The rules which say that a set is of another format: what is missing from it is no fault."""
RECOGNITION_RULES = frozenset(
    {"workbook", *(known.rule for known in SIGNATURES), *_TOLD_BY_LINES, *FOREIGN_RULES}
)
"""Every rule that this module finds broken."""


def recognise(
    start: bytes, fmt: Format, name: str, together: Collection[str] = ()
) -> Recognised | None:
    """What the file `name` is, if it is no CSV of its format. `start` are its first bytes.

    `together` are the names of the whole set. A file that is not part of the format is only told
    for what it is.
    """
    if not start.strip():
        return None
    if found := _by_bytes(start):
        return found
    text = start.removeprefix(BOM)
    if found := _by_first_line(text):
        return found
    return _by_header(text, fmt, name, together)


def _by_bytes(start: bytes) -> Recognised | None:
    for known in SIGNATURES:
        if start.startswith(known.start, known.offset):
            is_workbook = known.start == b"PK\x03\x04" and any(
                part in start for part in _WORKBOOK_PARTS
            )
            if is_workbook:
                return Recognised("workbook", "an Excel workbook")
            return Recognised(known.rule, known.title)
    if start.startswith(_UTF_16_MARKS) or _alternates(start):
        return Recognised("utf-16")
    if b"\0" in start[:4]:
        return Recognised("not-text")
    return None


def _alternates(start: bytes) -> bool:
    """Whether every other byte is zero, as in Latin text that is UTF-16 without a mark."""
    head = start[:200]
    half = len(head) // 2
    zeros = sorted(head[odd::2].count(0) for odd in (0, 1))
    return half > 1 and zeros[0] < 0.2 * half and zeros[1] > 0.8 * half


def _by_first_line(text: bytes) -> Recognised | None:
    stripped = text.lstrip()
    if _WEB_PAGE.match(stripped):
        return Recognised("markup", "a web page")
    if _XML.match(stripped):
        is_page = _WEB_PAGE.search(stripped[:2_000])
        return Recognised("markup", "a web page" if is_page else "XML")
    if _JSON.match(stripped):
        return Recognised("markup", "JSON")
    first, _, _ = text.partition(b"\n")
    if first.endswith(b"\r\r"):
        return Recognised("line-ends-doubled")
    return None


def _by_header(text: bytes, fmt: Format, name: str, together: Collection[str]) -> Recognised | None:
    lines = list(_first_lines(text))
    if not lines:
        return None
    (line, first), rest = lines[0], lines[1:]
    if _SEP_LINE.fullmatch(first):
        return Recognised("sep-line", line=line)
    if rest and _DASHES.fullmatch(rest[0][1]):
        return Recognised("print-out", line=rest[0][0])
    headers = _fields(first)
    if found := _foreign(headers, fmt, name, together):
        return found._replace(line=line)
    spec = fmt.file(name)
    if spec is None:
        return None
    return _separated_otherwise(spec, first, headers, line) or _above(spec, headers, lines)


def _foreign(
    headers: Sequence[str], fmt: Format, name: str, together: Collection[str]
) -> Recognised | None:
    names = [header.strip().lower() for header in headers]
    for foreign in FOREIGN:
        is_meant = foreign.file in ("", name.lower()) and foreign.without not in together
        if is_meant and _has_headers_of(foreign, names):
            return Recognised(foreign.rule, foreign.hint)
    own = fmt.file(name)
    if own is not None and _required(own) <= set(names):
        return None
    for other in FORMATS.values():
        theirs = other.file(name)
        if other.name != fmt.name and theirs is not None and _required(theirs) <= set(names):
            return Recognised("other-format", other.title)
    return None


def _has_headers_of(foreign: Foreign, names: Sequence[str]) -> bool:
    return (
        tuple(names[: len(foreign.begins)]) == foreign.begins
        and foreign.columns.issubset(names)
        and (not foreign.any_of or not foreign.any_of.isdisjoint(names))
    )


def _separated_otherwise(
    spec: FileSpec, first: str, headers: Sequence[str], line: int
) -> Recognised | None:
    """A header whose columns are separated by something else."""
    known = {_plain(column.name) for column in spec.columns}
    if len(headers) > 1 and known & set(map(_plain, headers)):
        return None
    for separator, title in SEPARATORS.items():
        pieces = _fields(first, separator)
        if len(pieces) > 1 and known & set(map(_plain, pieces)):
            return Recognised("separator", title, line)
    return None


def _above(
    spec: FileSpec, headers: Sequence[str], lines: Sequence[tuple[int, str]]
) -> Recognised | None:
    """Lines above the header: no known column in the first, all required ones further down."""
    known = {_plain(column.name) for column in spec.columns}
    if known & set(map(_plain, headers)):
        return None
    required = {_plain(column.name) for column in spec.columns if column.required}
    for line, text in lines[1:]:
        if required and required <= set(map(_plain, _fields(text))):
            return Recognised("line-above-header", f"line {line}", lines[0][0])
    return None


def _first_lines(text: bytes) -> Iterator[tuple[int, str]]:
    """The first lines that are not blank, with their numbers."""
    shown = text.decode(errors="replace").split("\n")[:_LINES]
    for number, line in enumerate(shown, 1):
        if line.strip():
            yield number, line.removesuffix("\r")


def _fields(line: str, separator: str = ",") -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:
        return line.split(separator)


def _required(spec: FileSpec) -> set[str]:
    return {column.name.lower() for column in spec.columns if column.required}


def _plain(header: str) -> str:
    return "".join(filter(str.isalnum, header.casefold()))
