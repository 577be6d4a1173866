"""Rules for values: their format, their uniqueness, and the records that they refer to."""

from sync_core.formats.rules.model import Rule

_INVALID_FORMAT = "{count} row(s) have an invalid format for the field - {field}"

VALUE_RULES = (
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
        _INVALID_FORMAT + "{hint}",
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
