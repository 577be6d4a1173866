"""An export on this machine, in a folder or a zip, for upload to the local cloud."""

from dataclasses import dataclass
from pathlib import Path

from local.folders import Refused
from sync_core.cli.exports.local_files import SourceError
from sync_core.cli.exports.nothing_found import nothing_found
from sync_core.cli.exports.places import place_at
from sync_core.cli.exports.sources import headers_of, source_of
from sync_core.formats import Format, format_of

SUFFIXES = {".csv", ".zip"}
EXAMPLE = "Example: EXPORT=samples/clean-v2.1"


@dataclass(frozen=True)
class LocalExport:
    """The files to upload, unchanged, and the format that their headers match."""

    files: tuple[Path, ...]
    format: Format


def export_at(path: Path) -> LocalExport:
    """The export in a folder or zip. Raises Refused if there is none."""
    if not path.exists():
        raise Refused(f"{path} does not exist. Name a folder of CSV files or a zip. {EXAMPLE}")
    files = _files(path)
    # A zip in a folder is the export, as in the landing container.
    zips = [file for file in files if file.suffix.lower() == ".zip"]
    content = zips[0] if zips else path
    try:
        fmt = _format_of(content)
    except (SourceError, OSError, ValueError) as error:
        first, *_ = str(error).splitlines()
        raise Refused(f"{first} {EXAMPLE}") from None
    return LocalExport(files, fmt)


def _format_of(content: Path) -> Format:
    place = place_at(content)
    with place.items() as items:
        fmt = format_of(headers_of(items))
        if source_of(place, items, fmt).files:
            return fmt
        raise SourceError(nothing_found(place, items, None))


def _files(path: Path) -> tuple[Path, ...]:
    if not path.is_dir():
        return (path,)
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
    if not files:
        raise Refused(f"{path} holds neither a CSV file nor a zip. {EXAMPLE}")
    return tuple(files)
