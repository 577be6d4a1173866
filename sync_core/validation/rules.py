"""Every rule of validation, once, as data. The ids are stable: reports and alerts refer to them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from sync_core.formats import Severity


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong with a file.

    `wording` is a finding's description; it may name the file, the field, the count, the place and
    a hint from a fixed list, never a value. Where the service has a wording for it, it is the
    service's. `severity` holds where the format does not say otherwise. `advice` tells a person
    what to do.
    """

    id: str
    severity: Severity
    wording: str
    advice: str


_INVALID = "{count} row(s) have an invalid format for the field - {field}"

_ALL = (
    Rule(
        "file-missing",
        "Error",
        "When trying to validate required file {file} encountered RequiredFileNotFound error.",
        "Export this file too. Whoever is missing from a set is deactivated.",
    ),
    Rule(
        "file-empty",
        "Error",
        "The file is empty",
        "Run the export again; even a file without rows has a header.",
    ),
    Rule(
        "utf-16",
        "Error",
        "The file is UTF-16 or binary, not UTF-8 text",
        'Export as UTF-8. In Excel this is "CSV UTF-8"; "Unicode Text" is UTF-16.',
    ),
    Rule(
        "line-ends",
        "Error",
        "The lines end in a carriage return alone, not in CR LF or LF",
        "Export with Windows or Unix line ends.",
    ),
    Rule(
        "separator",
        "Error",
        "The fields are not separated by commas",
        "Export with commas; semicolons and tabs come from the regional settings of the exporter.",
    ),
    Rule(
        "encoding",
        "Error",
        "{count} row(s) are not valid UTF-8",
        "Export as UTF-8. Accented letters in a Windows code page are the usual cause.",
    ),
    Rule(
        "nul",
        "Error",
        "{count} row(s) have a NUL character",
        "Run the export again; a file with NUL characters was damaged or cut off while written.",
    ),
    Rule(
        "byte-order-mark",
        "Error",
        "{count} row(s) have a byte order mark in the middle of the file",
        "Join exports without the mark that each begins with; it became part of a value.",
    ),
    Rule(
        "record-too-long",
        "Error",
        "{count} row(s) are longer than 131,072 bytes",
        "Look for a missing line end, or for a text that does not belong in a roster.",
    ),
    Rule(
        "quotes",
        "Error",
        "{count} row(s) have a quotation mark in the wrong place or one that is not closed",
        'Put the whole field in quotation marks and double those inside it: "the ""old"" gym".',
    ),
    Rule(
        "fields-too-few",
        "Error",
        "{count} row(s) have fewer fields than the header",
        "Write every column in every row, empty ones too.",
    ),
    Rule(
        "fields-too-many",
        "Error",
        "{count} row(s) have more fields than the header",
        "Put fields that contain a comma in quotation marks.",
    ),
    Rule(
        "header-missing",
        "Error",
        "The header does not have the required column {field}",
        "Add the column to the export. The first line of the file must be the header.",
    ),
    Rule(
        "header-misspelt",
        "Warning",
        "Column {place} of the header is nearly, but not exactly, {field}: {hint}",
        "Write the header exactly, in case, spaces and punctuation; else it is not recognised.",
    ),
    Rule(
        "header-duplicate",
        "Error",
        "Column {place} of the header repeats the column {field}",
        "Export each column once.",
    ),
    Rule(
        "header-unknown",
        "Information",
        "Column {place} of the header is not part of the format",
        "Nothing has to be done; leave the column out if School Data Sync objects to it.",
    ),
    Rule(
        "value-missing",
        "Error",
        "{count} row(s) have missing data for the field - {field}",
        "Fill in the field in the student information system.",
    ),
    Rule(
        "line-break",
        "Error",
        "{count} row(s) have a line break in the field - {field}",
        "Remove the line break from the text; it is not accepted even in quotation marks.",
    ),
    Rule(
        "id-format",
        "Error",
        _INVALID,
        "Remove the white space from the ID. It is not ignored, not even at the end.",
    ),
    Rule(
        "date-format",
        "Error",
        _INVALID,
        "Write dates as YYYY-MM-DD or YYYYMMDD.",
    ),
    Rule(
        "date-serial",
        "Error",
        "{count} row(s) have the day number of a spreadsheet in the field - {field}",
        "Export dates as text, YYYY-MM-DD; a spreadsheet has turned them into numbers.",
    ),
    Rule(
        "year-format",
        "Error",
        _INVALID,
        "Write the year with four digits, such as 2026.",
    ),
    Rule(
        "email-format",
        "Error",
        _INVALID,
        "Write one plain address, such as name@school.example.",
    ),
    Rule(
        "phone-format",
        "Error",
        _INVALID,
        "Write telephone numbers in the international form, such as +14255550100.",
    ),
    Rule(
        "enum-value",
        "Error",
        _INVALID,
        "Use one of the values that the format lists for this field.",
    ),
    Rule(
        "value-too-long",
        "Warning",
        "{count} row(s) have more than the directory takes in the field - {field}",
        "Shorten the text: the directory cuts it off or refuses it.",
    ),
    Rule(
        "duplicate",
        "Warning",
        "{count} duplicates found in column {field} which requires values to be Unique.",
        "Keep one of the rows. The row numbers are those that repeat an earlier row.",
    ),
    Rule(
        "reference-not-found",
        "Error",
        "{count} row(s) have referenced data not found in source. Field - {field}",
        "Export the missing record, or remove the rows that refer to it. "
        "A row that could not be read counts as missing.",
    ),
    Rule(
        "leading-zeros",
        "Information",
        "{count} row(s) refer to what exists with more or fewer leading zeros. Field - {field}",
        "Export IDs as text in all files; a spreadsheet drops the zeros that an ID begins with.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
"""Every rule by its id, in the order in which a file's findings are listed."""
