"""The file formats of School Data Sync as data: files, columns, unique keys and references."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sync_core.formats.model import (
    Column,
    FileSpec,
    Format,
    Kind,
    Reference,
    Severity,
    Unique,
    normalised_header,
)
from sync_core.formats.sds_v1 import SDS_V1
from sync_core.formats.sds_v1_uk import SDS_V1_UK
from sync_core.formats.sds_v2_1 import SDS_V2_1

__all__ = [
    "FORMATS",
    "Column",
    "FileSpec",
    "Format",
    "Kind",
    "Reference",
    "Severity",
    "Unique",
    "format_named",
    "format_of",
    "normalised_header",
]

FORMATS: Mapping[str, Format] = MappingProxyType(
    {known.name: known for known in (SDS_V1, SDS_V1_UK, SDS_V2_1)}
)
"""All formats by the name that a feed's `format` setting uses."""


def format_of(headers: Mapping[str, Iterable[str]]) -> Format:
    """The format that most of the files belong to; on a tie, the one that has most of the headers.

    `headers` has the headers of each file by file name. On another tie, the first format wins.
    """
    return max(FORMATS.values(), key=lambda fmt: _fit(fmt, headers))


def _fit(fmt: Format, headers: Mapping[str, Iterable[str]]) -> tuple[int, int]:
    files = [(spec, headers[name]) for name in headers if (spec := fmt.file(name))]
    known = [name for spec, names in files for name in names if spec.column(name)]
    return len(files), len(known)


def format_named(name: str) -> Format:
    """The format with this name. Raises a ValueError that lists all names if there is none."""
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(FORMATS)
        raise ValueError(
            f"There is no file format named {name!r}. Use one of these: {known}."
        ) from None
