"""Guesses which file of a format a name is meant for, so that a result can say what to rename.

A guess never makes a file part of a set: `studnet.csv` is named in the result, not uploaded.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sync_core.formats import Format
from sync_core.model.found import FoundReason

ENDINGS: Mapping[str, FoundReason] = {
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"), "compressed"),
    **dict.fromkeys((".pgp", ".gpg", ".asc", ".enc", ".aes"), "encrypted"),
    **dict.fromkeys((".filepart", ".part", ".partial", ".tmp", ".crdownload"), "unfinished"),
}
"""What the end of a name says about the file. Several may follow each other."""

WORKBOOKS = frozenset({"xls", "xlsx", "xlsm", "xlsb", "ods", "numbers"})

CSV, ZIP = ".csv", ".zip"

SIMILARITY = 0.83
"""How similar two names must be (`difflib`): one wrong letter in six, two in twelve."""

LONGEST_NAME = 120
"""Longer names are not compared with the format's names."""

WORDS = re.compile(r"[^\W\d_]+")


class Likely(NamedTuple):
    """The file that a name is probably meant for, if any, and why it is not that file."""

    reason: FoundReason
    expected: str | None = None


def likely_file(name: str, fmt: Format) -> Likely | None:
    """What a file that is not part of the format is probably meant to be; None for any other file.

    `name` has no folder and is in lower case.
    """
    inner, reasons = _peeled(name)
    stem, dot, extension = inner.rpartition(".")
    if not dot or extension.isdigit():
        stem = inner
    expected = _meant(stem.removesuffix(CSV), fmt)
    if reasons:
        return Likely(reasons[0], expected)
    if expected is None:
        return Likely("workbook") if dot and extension in WORKBOOKS else None
    if dot and f".{extension}" != CSV and not extension.isdigit():
        return Likely("other-type", expected)
    return Likely("dated-name" if re.search(r"\d", inner) else "similar-name", expected)


def _peeled(name: str) -> tuple[str, list[FoundReason]]:
    """The name without the endings in `ENDINGS`, and what they say, the outermost first."""
    reasons: list[FoundReason] = []
    while (ending := name[name.rfind(".") :] if "." in name else "") in ENDINGS:
        reasons.append(ENDINGS[ending])
        name = name.removesuffix(ending)
    return name, reasons


def _meant(stem: str, fmt: Format) -> str | None:
    """The file of the format that a name without its extension is probably meant for."""
    if len(stem) > LONGEST_NAME:
        return None
    known = {spec.name.removesuffix(CSV).lower(): spec.name for spec in fmt.files}
    for part in _parts(stem):
        for form in _forms(part):
            if found := next((known[each] for each in known if form in _forms(each)), None):
                return found
    whole = "".join(WORDS.findall(stem))
    close = difflib.get_close_matches(whole, known, 1, SIMILARITY)
    return known[close[0]] if close else None


def _parts(stem: str) -> Iterator[str]:
    """The words of a name joined, then every shorter run of its words, the longest first."""
    words = WORDS.findall(stem)
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            yield "".join(words[start : start + length])


def _forms(word: str) -> tuple[str, ...]:
    """A word as it stands, then as it may be in the singular."""
    return (word, *(word.removesuffix(end) for end in ("s", "es") if word.endswith(end)))
