r"""Paths inside a zip.

The zip format prescribes slashes (APPNOTE 4.4.17.1), but `Compress-Archive` of Windows PowerShell
5.1 and older .NET programs write backslashes.
"""

import re

_SEPARATORS = re.compile(r"[/\\]")


def is_file(path: str) -> bool:
    """Whether a member is a file: not a folder, nor a copy of file attributes that macOS adds."""
    *folders, name = _SEPARATORS.split(path)
    return bool(name) and folders[:1] != ["__MACOSX"]


def file_name(path: str) -> str:
    """The file name at the end of a member's path."""
    return _SEPARATORS.split(path)[-1]
