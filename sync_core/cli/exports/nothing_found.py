"""The answer where a place has no file of a format: what is there, what was expected, and why."""

from collections.abc import Iterator, Sequence

from sync_core.cli.exports.sources import Item, Place
from sync_core.formats import FORMATS, Format
from sync_core.landing.exports import is_zip
from sync_core.model.file_names import shown_name
from sync_core.model.found import FOUND
from sync_core.model.likely_names import Likely, likely_file
from sync_core.model.words import first_of

NAMED = 10
"""How many files and folders are named."""


def nothing_found(place: Place, items: Sequence[Item], fmt: Format | None) -> str:
    """What to tell somebody who named a place without a file of the format, or of any format."""
    formats = [fmt] if fmt else list(FORMATS.values())
    what = f"the format {fmt.title}" if fmt else "a known format"
    lines = [
        f"{place.name} contains no file of {what}."
        if place.is_whole
        else f"{place.name}: not the name of a file of {what}.",
        *_there(place, items),
        *_near_misses(items, formats),
        *(
            f"Expected in {known.title}: {', '.join(spec.name for spec in known.files)}"
            for known in formats
        ),
    ]
    return "\n  ".join(lines)


def _there(place: Place, items: Sequence[Item]) -> Iterator[str]:
    names = [shown_name(item.name) for item in items]
    if place.is_whole:
        yield f"Files: {first_of(names, NAMED) or 'none'}"
    if place.subfolders:
        yield f"Folders: {first_of(place.subfolders, NAMED)}. Name one that contains an export."
    if place.is_zip and (inner := next((name for name in names if is_zip(name)), None)):
        yield f"A zip inside a zip is not opened. Unpack {inner} and name what is in it."


def _near_misses(items: Sequence[Item], formats: Sequence[Format]) -> Iterator[str]:
    """The files with similar names, then what to do about them, each advice once."""
    found = [(item.name, *near) for item in items if (near := _near_miss(item.name, formats))]
    for name, fmt, likely in found[:NAMED]:
        meant = f"; probably {likely.expected} of {fmt.title}" if likely.expected else ""
        why = FOUND[likely.reason].description.format(format=fmt.title)
        yield f"{shown_name(name)}: {why}{meant}"
    if len(found) > NAMED:
        yield f"{len(found) - NAMED:,} more files have similar names."
    yield from dict.fromkeys(FOUND[likely.reason].action for _, _, likely in found)


def _near_miss(name: str, formats: Sequence[Format]) -> tuple[Format, Likely] | None:
    for fmt in formats:
        if likely := likely_file(name.lower(), fmt):
            return fmt, likely
    return None
