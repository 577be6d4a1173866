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
        "Remove white space from the value, also at its start and end. A no-break space counts too:"
        " it looks like a space, and some editors do not show it.",
    ),
    Rule(
        "id-spreadsheet",
        "Error",
        "Number with an exponent, formula or error of a spreadsheet in the field {field} in {rows}",
        "Export IDs as text, and do not open and save the export in a spreadsheet. The file no"
        " longer has the original values, so export it again.",
    ),
    Rule(
        "value-null",
        "Error",
        "Word for an empty value, such as NULL, in the field {field} in {rows}",
        "Fill in the field in the student information system. For a value that may be empty, let"
        " the export write nothing.",
    ),
    Rule(
        "invisible-character",
        "Error",
        "Zero-width or control character in the field {field} in {rows}",
        "Remove the invisible character in the student information system. It often comes from text"
        " that was copied from a web page or a PDF. Typing the whole value again removes it.",
    ),
    Rule(
        "lost-letters",
        "Error",
        "Replacement character (U+FFFD) instead of a letter in the field {field} in {rows}",
        "Correct the value where it was damaged, before this export. A program there read text in"
        " the wrong encoding, so the letters cannot be restored from this file.",
    ),
    Rule(
        "id-date",
        "Warning",
        "Date instead of an ID in the field {field} in {rows}",
        "Export IDs as text, and do not open and save the export in a spreadsheet. It turns an ID"
        " such as 7-1 into a date such as 7-Jan.",
    ),
    Rule(
        "id-digits",
        "Warning",
        "Zeros instead of the digits after the 15th in the field {field} in {rows}",
        "Export IDs as text, and do not open and save the export in a spreadsheet. It keeps only 15"
        " digits of a number, so different IDs become the same.",
    ),
    Rule(
        "id-decimal",
        "Warning",
        "All values end with .0 in the field {field}, in {rows}",
        "Export IDs as text. A program has read them as decimal numbers, and leading zeros are"
        " probably lost too.",
    ),
    Rule(
        "username-domain",
        "Information",
        "No value has a domain in the field {field}",
        "Write user names with their domain, such as name@school.example. Without it, users are"
        " only found if School Data Sync is set up to add the domain.",
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
        "id-shared",
        "Error",
        "Same {field} as an earlier row, but another user name, in {rows}",
        "Give each person an ID of their own. School Data Sync would merge the two people.",
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
    Rule(
        "decimal-ending",
        "Information",
        "Only an ending .0 differs from an existing value in the field {field} in {rows}",
        "Export IDs as text in all files. A program has read the IDs of one file as decimal"
        " numbers.",
    ),
)
