"""The file formats of School Data Sync as data: files, columns, unique keys and references."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sync_core.formats.model import (
    Column,
    FileSpec,
    Format,
    Kind,
    Reference,
    Severity,
    Unique,
    is_similar,
    normalised_header,
)
from sync_core.formats.sds_v1 import SDS_V1
from sync_core.formats.sds_v1_uk import SDS_V1_UK
from sync_core.formats.sds_v2_1 import SDS_V2_1

__all__ = [
    "FORMATS",
    "Column",
    "FileSpec",
    "Fit",
    "Format",
    "Kind",
    "Reference",
    "Severity",
    "Unique",
    "best_fit",
    "format_named",
    "format_of",
    "is_similar",
    "normalised_header",
]

FORMATS: Mapping[str, Format] = MappingProxyType(
    {known.name: known for known in (SDS_V1, SDS_V1_UK, SDS_V2_1)}
)
"""All formats by the name that a feed's `format` setting uses."""


class Fit(NamedTuple):
    """How well files fit a format.

    `files` is the number of files whose names belong to the format. These have `headers` headers in
    all, of which `columns` are columns of the format.
    """

    format: Format
    files: int
    columns: int
    headers: int


def best_fit(headers: Mapping[str, Collection[str]]) -> Fit:
    """The format that most of the files belong to; on a tie, the one that has most of the headers.

    `headers` has the headers of each file by file name. On another tie, the first format wins.
    """
    fits = [_fit(fmt, headers) for fmt in FORMATS.values()]
    return max(fits, key=lambda fit: (fit.files, fit.columns))


def format_of(headers: Mapping[str, Collection[str]]) -> Format:
    """The format of `best_fit`."""
    return best_fit(headers).format


def _fit(fmt: Format, headers: Mapping[str, Collection[str]]) -> Fit:
    files = [(spec, headers[name]) for name in headers if (spec := fmt.file(name))]
    columns = sum(1 for spec, names in files for name in names if spec.column(name))
    return Fit(fmt, len(files), columns, sum(len(names) for _, names in files))


def format_named(name: str) -> Format:
    """The format with this name. Raises a ValueError that lists all names if there is none."""
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(FORMATS)
        raise ValueError(
            f"There is no file format named {name!r}. Use one of these: {known}."
        ) from None
