"""Recognises files that are not CSV in the expected format, by their first bytes and lines.

Such a file has exactly one finding, which says what the file is. It is not validated any further,
and references into it are not checked.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sync_core.formats import FORMATS, FileSpec, Format
from sync_core.validation.first_lines import (
    CERTAIN_SEPARATORS,
    FIRST_LINES_RULES,
    Recognised,
    fields_at,
    first_lines,
    misplaced_header,
    tool_output,
)
from sync_core.validation.other_headers import (
    OTHER_HEADERS_RULES,
    binary_content,
    other_header,
)

RECOGNITION_BYTES = 65_536
"""How many bytes from the start of a file recognition needs."""

BOM = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Signature(NamedTuple):
    """Bytes at a fixed offset that identify a file type. `title` is the type's common name."""

    rule: str
    title: str
    start: bytes
    offset: int = 0


SIGNATURES = (
    Signature(
        "workbook",
        "an Excel workbook (.xls, or .xlsx with a password)",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
    ),
    Signature("compressed", "a zip archive", b"PK\x03\x04"),
    Signature("compressed", "a zip archive", b"PK\x05\x06"),
    Signature("compressed", "a gzip archive", b"\x1f\x8b"),
    Signature("compressed", "a compress (.Z) archive", b"\x1f\x9d"),
    Signature("compressed", "a cabinet archive", b"MSCF\0\0\0\0"),
    Signature("compressed", "an LZ4 archive", b"\x04\x22\x4d\x18"),
    Signature("compressed", "a bzip2 archive", b"BZh"),
    Signature("compressed", "an xz archive", b"\xfd7zXZ\0"),
    Signature("compressed", "a Zstandard archive", b"\x28\xb5\x2f\xfd"),
    Signature("compressed", "a 7-Zip archive", b"7z\xbc\xaf\x27\x1c"),
    Signature("compressed", "a RAR archive", b"Rar!\x1a\x07"),
    Signature("compressed", "a tar archive", b"ustar", 257),
    Signature("pdf", "a PDF document", b"%PDF-"),
)
"""Sources: the IANA media types, and the documentation of the tools that write these files."""

_ZIPPED_WORKBOOKS = (
    ("an OpenDocument spreadsheet", (b"mimetypeapplication/vnd.oasis.opendocument",)),
    ("a Numbers spreadsheet", (b"Index/Document.iwa", b"Index/Tables/")),
    ("an Excel workbook", (b"[Content_Types].xml", b"_rels/.rels", b"xl/")),
)
"""What is at the start of workbooks that are zip archives: names and contents of their first files.

Sources: OpenDocument 1.3, part 2, 3.3; ECMA-376, part 2.
"""

_WEB_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_WEB_PAGE_PART = re.compile(
    rb"<(?:table|div|style|script|meta|title|form|span|font|center|pre|h[1-6]|p|br|b)[\s/>]",
    re.IGNORECASE,
)
_XML = re.compile(rb"<(?:\?xml\b|[A-Za-z_][\w.:-]*[\s/>]|!--)")
_JSON = re.compile(rb'(?:\{\s*(?:"|\}|\Z)|\[\s*(?:[{\["\]]|\Z))')


class ForeignFormat(NamedTuple):
    """A format that School Data Sync does not read as CSV, and how to recognise its headers.

    A header matches if it starts with `begins`, contains all of `columns` and at least one of
    `any_of` (if there are any). All names are in lower case. `file` restricts the match to a file
    of that name, `without` to sets that do not contain a file of that name.
    """

    rule: str
    hint: str
    begins: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    file: str = ""
    without: str = ""


_ONEROSTER = ("sourcedid", "status", "datelastmodified")

FOREIGN_FORMATS = (
    # 1EdTech, OneRoster CSV tables 1.1 and 1.2: every file except the manifest starts with these.
    ForeignFormat(
        "oneroster",
        "OneRoster 1.2",
        begins=_ONEROSTER,
        any_of=frozenset(
            {"usermasteridentifier", "userprofilesourcedid", "primaryorgsourcedid", "roletype"}
        ),
    ),
    ForeignFormat(
        "oneroster",
        "OneRoster 1.1",
        # SDS V2 has no column `enabledUser`.
        columns=frozenset({"sourcedid", "enableduser", "orgsourcedids"}),
    ),
    ForeignFormat("oneroster", "OneRoster", begins=_ONEROSTER),
    ForeignFormat(
        "oneroster",
        "the manifest of a OneRoster export",
        begins=("propertyname", "value"),
        file="manifest.csv",
    ),
    # https://learn.microsoft.com/schooldatasync/clever-format-csv-files-for-sds
    ForeignFormat(
        "clever",
        "Clever",
        columns=frozenset({"school_id"}),
        any_of=frozenset({"student_id", "teacher_id", "section_id", "staff_id", "school_name"}),
    ),
    # https://learn.microsoft.com/schooldatasync/sds-v2.1-csv-file-format
    ForeignFormat(
        "sds-v2",
        "SDS V2",
        columns=frozenset({"sourcedid", "username", "orgsourcedids", "role"}),
        file="users.csv",
        without="roles.csv",
    ),
)
_FIRST_BYTES_RULES = {"utf-16", "not-text", "markup", "line-ends-doubled"}
FOREIGN_FORMAT_RULES = frozenset({"other-format", *(foreign.rule for foreign in FOREIGN_FORMATS)})
"""Rules that show that a whole set is in another format. Its files are then not called missing."""
RECOGNITION_RULES = frozenset(
    {
        "workbook",
        *(signature.rule for signature in SIGNATURES),
        *_FIRST_BYTES_RULES,
        *FIRST_LINES_RULES,
        *OTHER_HEADERS_RULES,
        *FOREIGN_FORMAT_RULES,
    }
)
"""All rules that `recognise` checks."""


def recognise(
    start: bytes, fmt: Format, name: str, set_names: Collection[str] = ()
) -> Recognised | None:
    """What the file `name` is, if it is not CSV in the format `fmt`; None if it is.

    `start` has the first `RECOGNITION_BYTES` bytes of the file, `set_names` the names of all files
    of the set. For a file that is not part of the format, separators and the position of the header
    are not checked.
    """
    if found := _by_signature(start):
        return found
    text = start.removeprefix(BOM)
    if found := _by_first_line(text):
        return found
    return _by_header(text, fmt, name, set_names)


def _by_signature(start: bytes) -> Recognised | None:
    for signature in SIGNATURES:
        if start.startswith(signature.start, signature.offset):
            workbook = _zipped_workbook(start) if signature.start == b"PK\x03\x04" else None
            return workbook or Recognised(signature.rule, signature.title)
    if start.startswith(_UTF_16_MARKS) or _is_utf_16_without_mark(start):
        return Recognised("utf-16")
    return binary_content(start) if b"\0" in start[:4] else None


def _zipped_workbook(start: bytes) -> Recognised | None:
    for title, parts in _ZIPPED_WORKBOOKS:
        if any(part in start for part in parts):
            return Recognised("workbook", title)
    return None


def _is_utf_16_without_mark(start: bytes) -> bool:
    """Whether nearly every other byte is zero, as in UTF-16 text in Latin letters."""
    head = start[:200]
    half = len(head) // 2
    zeros = sorted(head[first::2].count(0) for first in (0, 1))
    return half > 1 and zeros[0] < 0.2 * half and zeros[1] > 0.8 * half


def _by_first_line(text: bytes) -> Recognised | None:
    stripped = text.lstrip()
    if _WEB_PAGE.match(stripped) or _WEB_PAGE_PART.match(stripped):
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


def _by_header(
    text: bytes, fmt: Format, name: str, set_names: Collection[str]
) -> Recognised | None:
    lines = first_lines(text)
    if not lines:
        return None
    spec = fmt.file(name)
    if found := tool_output(spec, lines):
        return found
    line, first = lines[0]
    for separator in (",", *CERTAIN_SEPARATORS):
        if found := _other_format(fields_at(first, separator), fmt, name, set_names):
            return found._replace(line=line)
    if spec is None:
        return None
    if found := misplaced_header(spec, lines):
        return found
    # A header that goes on beyond these bytes is too long, whatever it says.
    is_whole = len(text) < RECOGNITION_BYTES - len(BOM) or b"\n" in text or b"\r" in text
    return other_header(text, lines, fmt, spec) if is_whole else None


def _other_format(
    headers: Sequence[str], fmt: Format, name: str, set_names: Collection[str]
) -> Recognised | None:
    names = [header.strip().lower() for header in headers]
    for foreign in FOREIGN_FORMATS:
        may_match = foreign.file in ("", name.lower()) and foreign.without not in set_names
        if may_match and _has_headers_of(foreign, names):
            return Recognised(foreign.rule, foreign.hint)
    own = fmt.file(name)
    if own is not None and _required(own) <= set(names):
        return None
    for other in FORMATS.values():
        theirs = other.file(name)
        if other.name != fmt.name and theirs is not None and _required(theirs) <= set(names):
            return Recognised("other-format", other.title)
    return None


def _has_headers_of(foreign: ForeignFormat, names: Sequence[str]) -> bool:
    return (
        tuple(names[: len(foreign.begins)]) == foreign.begins
        and foreign.columns.issubset(names)
        and (not foreign.any_of or not foreign.any_of.isdisjoint(names))
    )


def _required(spec: FileSpec) -> set[str]:
    return {column.name.lower() for column in spec.columns if column.required}
