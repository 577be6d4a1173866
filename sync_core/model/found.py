"""Files that lie in a feed's folder and were not taken: why, and what to change."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from sync_core.model.statistics import Time

FoundReason = Literal[
    "similar-name",
    "dated-name",
    "compressed",
    "encrypted",
    "unfinished",
    "other-type",
    "other-format",
    "foreign-format",
    "other-folder",
    "too-deep",
    "beside-zip",
    "beside-files",
    "other-zip",
    "zip-without-files",
    "marker-alone",
    "workbook",
    "unknown",
]
"""Why a file was not taken."""


class FoundFile(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A file in the feed's folder that was not taken, and why.

    `name` is its path below the feed's folder; invisible characters are shown as escapes, and a
    long path is shortened. `expected` is the file of the format that it is probably meant to be.
    """

    name: str
    reason: FoundReason
    description: str
    expected: str | None = None
    landed_at: Time


class ReasonFacts(NamedTuple):
    """What a reason says about files, in parentheses after their names, and what to do.

    `{format}` is the title of the feed's format, `{other}` that of the format that the file's name
    belongs to, `{foreign}` that of the format that its header belongs to. `meant`: files like this
    are probably meant for the app, not there by chance. Without an action, nothing has to be done
    about the file.
    """

    description: str
    action: str
    meant: bool = True


ONE_DELIVERY = (
    "A zip is never combined with the files beside it. Put a corrected file into the zip and"
    " deliver the zip again, or deliver all files without a zip."
)

FOUND: Mapping[FoundReason, ReasonFacts] = {
    "similar-name": ReasonFacts(
        "not exactly the name of a file of {format}",
        "Give each file exactly the name that the format has.",
    ),
    "dated-name": ReasonFacts(
        "date or number in the name",
        "Deliver the files under the same names every night, without a date or number. The name of"
        " a folder may have a date.",
    ),
    "compressed": ReasonFacts(
        "compressed, but not a zip", "Deliver the CSV files themselves, or one zip of them."
    ),
    "encrypted": ReasonFacts(
        "name of an encrypted file", "Deliver the files without encryption of their own."
    ),
    "unfinished": ReasonFacts(
        "name of an unfinished upload",
        "Check why the upload did not finish, then deliver the export again.",
    ),
    "other-type": ReasonFacts("not a CSV file by its name", "Export each file as CSV."),
    "other-format": ReasonFacts(
        "file name of {other} ({other_name}), while the feed's format is {format_name}",
        'If the files are of that format, set "format" in the feed\'s settings to its name.',
    ),
    "foreign-format": ReasonFacts(
        "by its header: {foreign}",
        "Choose an SDS format in the student information system: School Data Sync does not read"
        " files of other formats.",
    ),
    "other-folder": ReasonFacts(
        "in another folder than the rest",
        "Put all files of one export into the same folder.",
    ),
    "too-deep": ReasonFacts(
        "in a folder that is too deep",
        "Put all files of one export into the feed's folder, or into one folder below it, which may"
        " also be a year/month/day folder such as 2026/11/20.",
    ),
    "beside-zip": ReasonFacts("beside a zip, and not part of it", ONE_DELIVERY),
    "beside-files": ReasonFacts("an export of its own, separate from the files", ONE_DELIVERY),
    "other-zip": ReasonFacts(
        "another zip, which is an export of its own", "Put all files of one export into one zip."
    ),
    "zip-without-files": ReasonFacts(
        "a zip without a file of {format}",
        "Check what the exporter puts into the zip: it must contain the CSV files of the format.",
    ),
    "marker-alone": ReasonFacts(
        "says that an export is complete, but no file of {format} lies beside it",
        "Check why the export wrote no files, or wrote them to another folder. The marker or"
        " manifest belongs into the folder of the files, and is written last.",
    ),
    "workbook": ReasonFacts(
        "a workbook, not CSV",
        "Export each file as CSV, under the name that the format has.",
        meant=False,
    ),
    "unknown": ReasonFacts("not a file of {format}", "", meant=False),
}
