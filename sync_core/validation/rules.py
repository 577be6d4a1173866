"""Every rule of validation, once, as data. The ids are stable: reports and alerts refer to them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from sync_core.formats import Severity


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong with a file.

    `wording` is a finding's description; it may name the file, the format, the field, the count,
    the place and a hint from a fixed list, never a value. Where the service has a wording for it,
    it is the service's. `severity` holds where the format does not say otherwise. `advice` tells a
    person what to do.
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
        "workbook",
        "Error",
        "The file is {hint}, not CSV",
        'Save it as "CSV UTF-8" in Excel, or have the student information system write CSV. '
        "A workbook that is renamed to .csv is still a workbook.",
    ),
    Rule(
        "compressed",
        "Error",
        "The file is {hint}, not CSV",
        "Deliver the CSV files themselves, or all of them together in one zip whose name ends in"
        " .zip.",
    ),
    Rule(
        "pdf",
        "Error",
        "The file is {hint}, not CSV",
        "Choose CSV as the output of the report in the student information system.",
    ),
    Rule(
        "markup",
        "Error",
        "The file is {hint}, not CSV",
        "Open the file in a text editor. A web page is often the sign-in or error page of the"
        " system that the file was downloaded from; for other formats, choose CSV as the output.",
    ),
    Rule(
        "utf-16",
        "Error",
        "The file is UTF-16, not UTF-8",
        'Export as UTF-8. In Excel this is "CSV UTF-8"; "Unicode Text" is UTF-16. In PowerShell it'
        " is -Encoding utf8.",
    ),
    Rule(
        "not-text",
        "Error",
        "The file is not text: it begins with a NUL character",
        "Run the export again, and choose CSV as its output.",
    ),
    Rule(
        "oneroster",
        "Error",
        "The file is {hint}, not {format}; its header shows it",
        "Choose an SDS format in the student information system, or convert the files. School Data"
        " Sync reads OneRoster through its API only.",
    ),
    Rule(
        "clever",
        "Error",
        "The file is in the format of {hint}, not {format}; its header shows it",
        "Choose an SDS format in the student information system. The School Data Sync of today does"
        " not read Clever's files.",
    ),
    Rule(
        "sds-v2",
        "Error",
        "The file is {hint}, which ended in 2022, not {format}; its header shows it",
        "Choose SDS V2.1 in the student information system. There, roles stand in roles.csv.",
    ),
    Rule(
        "other-format",
        "Error",
        "The file is {hint}, not {format}; its header shows it",
        'Set "format" of the feed to the format of the files, or export the other format.',
    ),
    Rule(
        "line-ends",
        "Error",
        "The lines end in a carriage return alone, not in CR LF or LF",
        "Export with Windows or Unix line ends.",
    ),
    Rule(
        "line-ends-doubled",
        "Error",
        "The lines end in CR CR LF: one carriage return too many",
        "Open the output file in binary mode, in Python with newline='', so that line ends are not"
        " translated a second time.",
    ),
    Rule(
        "sep-line",
        "Error",
        "The first line is sep=, which only Excel reads",
        "Leave that line out: the first line of the file must be the header.",
    ),
    Rule(
        "print-out",
        "Error",
        "The file is the print-out of a database tool: a line of dashes follows the header",
        "Write CSV instead of a table: bcp or Export-Csv for SQL Server, COPY or \\copy for"
        " PostgreSQL. Headings, dashes and row counts do not belong in the file.",
    ),
    Rule(
        "separator",
        "Error",
        "The fields are separated by {hint}, not commas",
        "Export with commas. Semicolons and tabs come from the regional settings of the exporter;"
        " in PowerShell, use Export-Csv -Delimiter ','.",
    ),
    Rule(
        "line-above-header",
        "Error",
        "The first line is not the header; the header is on {hint}",
        "Remove what stands above the header: the first line of the file must be the header.",
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
