"""What has landed: from a folder's listing to a complete, still file set with a generation.

`drops` holds the decisions, pure functions of a listing; `reading` gets the bytes, pinned by ETag;
`archive` looks into zips.
"""

from sync_core.landing.exports import Completeness, Drop, LandedBlob, assess, drops, pinned_set
from sync_core.landing.fileset import FileSet, PinnedFile

__all__ = [
    "Completeness",
    "Drop",
    "FileSet",
    "LandedBlob",
    "PinnedFile",
    "assess",
    "drops",
    "pinned_set",
]
