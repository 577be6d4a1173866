"""From the listing of a feed's folder to a complete file set, pinned by ETag.

`exports` decides, with pure functions of a listing. `candidates` finds exports that have no result.
`reading` reads pinned files, `archive` reads zips.
"""

from sync_core.landing.exports import (
    Completeness,
    Export,
    LandedBlob,
    assess,
    find_exports,
    pinned_set,
)
from sync_core.landing.fileset import FileSet, PinnedFile

__all__ = [
    "Completeness",
    "Export",
    "FileSet",
    "LandedBlob",
    "PinnedFile",
    "assess",
    "find_exports",
    "pinned_set",
]
