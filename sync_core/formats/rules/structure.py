"""Rules for the lines, the encoding and the header of a file."""

from sync_core.formats.rules.model import Rule

STRUCTURE_RULES = (
    Rule(
        "line-ends",
        "Error",
        "Lines end with a carriage return (CR) only, not with CR LF or LF",
        "Export with Windows (CR LF) or Unix (LF) line endings.",
        adjustable=False,
    ),
    Rule(
        "line-ends-doubled",
        "Error",
        "Lines end with CR CR LF: one carriage return too many",
        "In the program that writes the file, open it in binary mode or, in Python, with"
        " newline=''. Otherwise line endings are converted twice.",
        adjustable=False,
    ),
    Rule(
        "sep-line",
        "Error",
        'The first line is "sep=", which only Excel understands{hint}',
        "Remove this line. The first line of the file must be the header. Separate fields with"
        " commas.",
        adjustable=False,
    ),
    Rule(
        "type-line",
        "Error",
        'The first line is "#TYPE", which only PowerShell understands{hint}',
        "In PowerShell, use Export-Csv -NoTypeInformation -Delimiter ','. The first line of the"
        " file must be the header.",
        adjustable=False,
    ),
    Rule(
        "print-out",
        "Error",
        "The file is screen output of a database tool: a line of dashes follows the header",
        "Export CSV instead: use bcp or Export-Csv for SQL Server, COPY or \\copy for PostgreSQL."
        " The file must not contain headings, dashes or row counts.",
        adjustable=False,
    ),
    Rule(
        "separator",
        "Error",
        "Fields are separated by {hint}, not commas",
        "Export with commas. Semicolons and tabs usually come from the regional settings of the"
        " computer that exports. In PowerShell, use Export-Csv -Delimiter ','.",
        adjustable=False,
    ),
    Rule(
        "line-above-header",
        "Error",
        "The first line is not the header; the header is on {hint}",
        "Remove everything above the header. The first line of the file must be the header.",
        adjustable=False,
    ),
    Rule(
        "file-without-rows",
        "Error",
        "The file has a header but no rows",
        "Find out why the export found no records; often its query or filter is wrong. School Data"
        " Sync deactivates everyone who is missing from a set. Without roles, nobody belongs to a"
        " school.",
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
        adjustable=False,
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
        adjustable=False,
    ),
    Rule(
        "quotes",
        "Error",
        "Quotation mark misplaced or not closed in {rows}",
        "Enclose the whole field in quotation marks and double each quotation mark inside it:"
        ' "the ""old"" gym".',
        adjustable=False,
    ),
    Rule(
        "formula",
        "Error",
        'Spreadsheet formula (="...") in {rows}',
        'Export the value without the equals sign: 1001, not ="1001". Only Excel understands this'
        " spelling.",
        adjustable=False,
    ),
    Rule(
        "footer",
        "Error",
        "Text below the last record, such as a total or a row count, in {rows}",
        "Remove everything below the last record. In SQL Server, use SET NOCOUNT ON; in psql, use"
        " \\pset footer off. In a report tool, switch totals off.",
    ),
    Rule(
        "end-of-file-mark",
        "Error",
        "The file ends with Ctrl-Z (0x1A), the end mark of DOS programs",
        "Remove the last character. The Windows command copy adds it when it joins files; use"
        " copy /b.",
    ),
    Rule(
        "header-repeated",
        "Error",
        "The header is repeated in {rows}",
        "Write the header only in the first line. If several exports are joined to one file, remove"
        " the header of all but the first.",
    ),
    Rule(
        "row-empty",
        "Error",
        "No values in {rows}, only commas or spaces",
        "Delete these rows. Excel keeps empty rows if only their cells were cleared: select whole"
        " rows and delete them.",
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
        "fields-padded",
        "Error",
        "One or more commas too many at the end of {rows}",
        "Leave out the commas at the end, or write the header with as many columns as the rows.",
    ),
    Rule(
        "header-missing",
        "Error",
        "The header does not have the required column {field}",
        "Add the column to the export. The first line of the file must be the header.",
        adjustable=False,
    ),
    Rule(
        "header-misspelt",
        "Warning",
        "Misspelt header at position {position}, expected {field}: {hint}",
        "Write the header exactly as expected: same letters, case, spaces and punctuation."
        " Otherwise School Data Sync does not read the column.",
    ),
    Rule(
        "header-duplicate",
        "Error",
        "Duplicate header {field} at position {position}",
        "Export each column once.",
        adjustable=False,
    ),
    Rule(
        "header-empty",
        "Information",
        "No header at position {position}",
        "School Data Sync does not read a column without a header. If the lines end with a comma,"
        " leave it out.",
    ),
    Rule(
        "header-unknown",
        "Information",
        "Header at position {position} is not part of the format",
        "School Data Sync does not read this column. If its values are needed, use a header of the"
        " format; otherwise leave the column out.",
    ),
)
