"""All validation rules, as data. Rule ids are stable, because reports and alerts refer to them."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from sync_core.formats import Severity


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong with a file.

    `wording` is the template of a finding's description. Its placeholders are `{file}`, `{format}`,
    `{field}`, `{count}`, `{rows}` (such as "1 row" or "1,234 rows"), `{position}` (of columns, from
    1) and `{hint}`, which is one of a fixed list. It never contains a value. If School Data Sync
    has a message for the problem, the wording is that message. `severity` applies unless the format
    has another one for the column. `advice` tells an administrator what to do.
    """

    id: str
    severity: Severity
    wording: str
    advice: str


# Wordings with "row(s)", and those of `file-missing` and `duplicate`, are messages of School Data
# Sync, word for word.
_INVALID_FORMAT = "{count} row(s) have an invalid format for the field - {field}"

_ALL = (
    Rule(
        "file-missing",
        "Error",
        "When trying to validate required file {file} encountered RequiredFileNotFound error.",
        "Export this file too. School Data Sync deactivates everyone who is missing from a set.",
    ),
    Rule(
        "file-empty",
        "Error",
        "The file is empty",
        "Export the file again. Even a file without rows needs a header.",
    ),
    Rule(
        "workbook",
        "Error",
        "The file is {hint}, not CSV",
        'In Excel, save the file as "CSV UTF-8", or have the student information system export'
        " CSV. Renaming a workbook to .csv does not convert it.",
    ),
    Rule(
        "compressed",
        "Error",
        "The file is {hint}, not CSV",
        "Deliver the CSV files themselves, or all of them in one zip archive whose name ends in"
        " .zip.",
    ),
    Rule(
        "pdf",
        "Error",
        "The file is {hint}, not CSV",
        "Choose CSV as the output format of the report in the student information system.",
    ),
    Rule(
        "markup",
        "Error",
        "The file is {hint}, not CSV",
        "Open the file in a text editor. A web page is often the sign-in or error page of the"
        " system that the file was downloaded from. For XML or JSON, choose CSV as the output"
        " format.",
    ),
    Rule(
        "utf-16",
        "Error",
        "The file is UTF-16, not UTF-8",
        'Export as UTF-8. In Excel, choose "CSV UTF-8", not "Unicode Text". In PowerShell, use'
        " -Encoding utf8.",
    ),
    Rule(
        "not-text",
        "Error",
        "The file is not text: it starts with a NUL character",
        "Choose CSV as the output format and export the file again.",
    ),
    Rule(
        "oneroster",
        "Error",
        "The file is {hint}, not {format} (recognised by its header)",
        "Choose an SDS format in the student information system, or convert the files. School Data"
        " Sync reads OneRoster through its API, not from files.",
    ),
    Rule(
        "clever",
        "Error",
        "The file is in the {hint} format, not {format} (recognised by its header)",
        "Choose an SDS format in the student information system. School Data Sync no longer reads"
        " Clever files.",
    ),
    Rule(
        "sds-v2",
        "Error",
        "The file is {hint}, retired in 2022, not {format} (recognised by its header)",
        "Choose SDS V2.1 in the student information system. In SDS V2.1, roles are in roles.csv.",
    ),
    Rule(
        "other-format",
        "Error",
        "The file is {hint}, not {format} (recognised by its header)",
        'Set the "format" of the feed to the format of the files, or export the format that the'
        " feed expects.",
    ),
    Rule(
        "line-ends",
        "Error",
        "Lines end with a carriage return (CR) only, not with CR LF or LF",
        "Export with Windows (CR LF) or Unix (LF) line endings.",
    ),
    Rule(
        "line-ends-doubled",
        "Error",
        "Lines end with CR CR LF: one carriage return too many",
        "In the program that writes the file, open it in binary mode or, in Python, with"
        " newline=''. Otherwise line endings are converted twice.",
    ),
    Rule(
        "sep-line",
        "Error",
        'The first line is "sep=", which only Excel understands',
        "Remove this line. The first line of the file must be the header.",
    ),
    Rule(
        "print-out",
        "Error",
        "The file is screen output of a database tool: a line of dashes follows the header",
        "Export CSV instead: use bcp or Export-Csv for SQL Server, COPY or \\copy for PostgreSQL."
        " The file must not contain headings, dashes or row counts.",
    ),
    Rule(
        "separator",
        "Error",
        "Fields are separated by {hint}, not commas",
        "Export with commas. Semicolons and tabs usually come from the regional settings of the"
        " computer that exports. In PowerShell, use Export-Csv -Delimiter ','.",
    ),
    Rule(
        "line-above-header",
        "Error",
        "The first line is not the header; the header is on {hint}",
        "Remove everything above the header. The first line of the file must be the header.",
    ),
    Rule(
        "encoding",
        "Error",
        "Invalid UTF-8 in {rows}",
        "Export as UTF-8. The usual cause is accented letters in a Windows code page.",
    ),
    Rule(
        "nul",
        "Error",
        "NUL character in {rows}",
        "Export the file again. NUL characters show that the file was damaged, or cut off while it"
        " was written.",
    ),
    Rule(
        "byte-order-mark",
        "Error",
        "Byte order mark in the middle of the file, in {rows}",
        "If you join several exports, remove the byte order mark at the start of each of them. It"
        " has become part of a value.",
    ),
    Rule(
        "record-too-long",
        "Error",
        "More than 131,072 bytes in {rows}",
        "Look for a missing line ending, or for text that does not belong in a roster.",
    ),
    Rule(
        "quotes",
        "Error",
        "Quotation mark misplaced or not closed in {rows}",
        "Enclose the whole field in quotation marks and double each quotation mark inside it:"
        ' "the ""old"" gym".',
    ),
    Rule(
        "fields-too-few",
        "Error",
        "Fewer fields than the header in {rows}",
        "Write every column in every row, even if it is empty.",
    ),
    Rule(
        "fields-too-many",
        "Error",
        "More fields than the header in {rows}",
        "Enclose fields that contain a comma in quotation marks.",
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
        "Misspelt header at position {position}, expected {field}: {hint}",
        "Write the header exactly as expected: same case, spaces and punctuation. Otherwise School"
        " Data Sync does not recognise it.",
    ),
    Rule(
        "header-duplicate",
        "Error",
        "Duplicate header {field} at position {position}",
        "Export each column once.",
    ),
    Rule(
        "header-unknown",
        "Information",
        "Header at position {position} is not part of the format",
        "No action is needed. If School Data Sync rejects the file, remove the column.",
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
        "Line break in the field {field} in {rows}",
        "Remove the line break from the text. School Data Sync does not accept it, even in"
        " quotation marks.",
    ),
    Rule(
        "id-format",
        "Error",
        _INVALID_FORMAT,
        "Remove white space from the ID, also at its start and end.",
    ),
    Rule("date-format", "Error", _INVALID_FORMAT, "Write dates as YYYY-MM-DD or YYYYMMDD."),
    Rule(
        "date-serial",
        "Error",
        "Day number of a spreadsheet instead of a date in the field {field} in {rows}",
        "Export dates as text (YYYY-MM-DD). A spreadsheet has converted them to numbers.",
    ),
    Rule("year-format", "Error", _INVALID_FORMAT, "Write the year with four digits, such as 2026."),
    Rule(
        "email-format",
        "Error",
        _INVALID_FORMAT,
        "Write one email address without a display name, such as name@school.example.",
    ),
    Rule(
        "phone-format",
        "Error",
        _INVALID_FORMAT,
        "Write phone numbers in international (E.164) format, such as +14255550100.",
    ),
    Rule(
        "enum-value",
        "Error",
        _INVALID_FORMAT,
        "Use one of the values that the format lists for this field.",
    ),
    Rule(
        "value-too-long",
        "Warning",
        "Text too long for the directory in the field {field} in {rows}",
        "Shorten the text. Otherwise the directory cuts it off or rejects it.",
    ),
    Rule(
        "duplicate",
        "Warning",
        "{count} duplicates found in column {field} which requires values to be Unique.",
        "Keep one of the rows. Each of the listed rows repeats an earlier row.",
    ),
    Rule(
        "reference-not-found",
        "Error",
        "{count} row(s) have referenced data not found in source. Field - {field}",
        "Export the missing record, or remove the rows that refer to it. A record that could not be"
        " read counts as missing.",
    ),
    Rule(
        "leading-zeros",
        "Information",
        "Only leading zeros differ from an existing value in the field {field} in {rows}",
        "Export IDs as text in all files. Spreadsheets remove leading zeros.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
"""Every rule by its id, in the order in which a file's findings are listed."""
