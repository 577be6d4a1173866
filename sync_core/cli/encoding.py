"""Plain ASCII output wherever the output is not UTF-8.

A redirect on Windows is in an ANSI code page, and the program that shows the file may expect an OEM
code page. Only ASCII is the same in all of them.
"""

import codecs
import io
import unicodedata
from collections.abc import Iterable
from typing import TextIO

_TO_ASCII = "sis-sync.to-ascii"


def write_ascii_unless_utf(streams: Iterable[TextIO]) -> None:
    """Make the streams that are not in a UTF encoding write ASCII.

    Other letters become similar ones, or question marks.
    """
    for stream in streams:
        is_utf = codecs.lookup(stream.encoding or "ascii").name.startswith("utf")
        if isinstance(stream, io.TextIOWrapper) and not is_utf:
            stream.reconfigure(encoding="ascii", errors=_TO_ASCII)


def _to_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(map(_similar, letters)), error.end


def _similar(letter: str) -> str:
    """ASCII for a letter: without its accent, or three dots for an ellipsis."""
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"


codecs.register_error(_TO_ASCII, _to_ascii)
