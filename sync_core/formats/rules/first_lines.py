"""Rules for line ends, and for what is in the first lines instead of a header with commas."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    BCP,
    COPY,
    EXCEL_FILE_TYPES,
    EXCEL_TEXT_FILES,
    EXPORT_CSV,
    PSQL,
    PYTHON_CSV,
    RFC_4180,
    SQLCMD,
    V2_1_PAGE,
)

_HEADER, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_STUDENTS = {"student.csv": csv(_HEADER, _ROW)}

FIRST_LINE_RULES = (
    Rule(
        id="line-ends",
        severity="Error",
        wording="Lines end with a carriage return (CR) only, not with CR LF or LF",
        meaning="To most programs, the whole file is one line, so there are no rows.",
        advice="Export with Windows (CR LF) or Unix (LF) line endings.",
        causes=('The file was saved in Excel as "CSV (Macintosh)".',),
        sources=(RFC_4180, EXCEL_FILE_TYPES),
        example=Example(
            finding="Lines end with a carriage return (CR) only, not with CR LF or LF",
            before={"student.csv": f"{_HEADER}\r{_ROW}\r"},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="line-ends-doubled",
        severity="Error",
        wording="Lines end with CR CR LF: one carriage return too many",
        meaning="A text editor shows an empty line below each row, and the last value of each row"
        " ends with a character that cannot be seen.",
        advice="In the program that writes the file, open it in binary mode or, in Python, with"
        " newline=''. Otherwise line endings are converted twice.",
        causes=(
            (
                "A Python script on Windows opens the file without newline='' and writes it with"
                " the csv module."
            ),
            "Another program writes CR LF to a file that it has opened in text mode on Windows.",
        ),
        sources=(RFC_4180, PYTHON_CSV),
        example=Example(
            finding="Lines end with CR CR LF: one carriage return too many",
            before={"student.csv": f"{_HEADER}\r\r\n{_ROW}\r\r\n"},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="sep-line",
        severity="Error",
        wording='The first line is "sep=", which only Excel understands{hint}',
        meaning="The line tells Excel which character separates the fields. A CSV reader takes it"
        " for the header, and then finds none of the columns.",
        advice="Remove this line. The first line of the file must be the header. Separate fields"
        " with commas.",
        causes=("The export has an option for Excel, and it is switched on.",),
        sources=(RFC_4180, V2_1_PAGE),
        example=Example(
            finding='The first line is "sep=", which only Excel understands',
            before={"student.csv": csv("sep=,", _HEADER, _ROW)},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="type-line",
        severity="Error",
        wording='The first line is "#TYPE", which only PowerShell understands{hint}',
        meaning="The line names the type of the objects that were exported. A CSV reader takes it"
        " for the header, and then finds none of the columns.",
        advice="In PowerShell, use Export-Csv -NoTypeInformation -Delimiter ','. The first line of"
        " the file must be the header.",
        causes=("A script runs Export-Csv in Windows PowerShell 5.1 without -NoTypeInformation.",),
        sources=(EXPORT_CSV, V2_1_PAGE),
        example=Example(
            finding='The first line is "#TYPE", which only PowerShell understands',
            before={"student.csv": csv("#TYPE System.Data.DataRow", _HEADER, _ROW)},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="print-out",
        severity="Error",
        wording="The file is screen output of a database tool: a line of dashes follows the header",
        meaning="The file was laid out for people to read. A CSV reader takes the dashes for a"
        " record.",
        advice="Export CSV instead: use bcp or Export-Csv for SQL Server, COPY or \\copy for"
        " PostgreSQL. The file must not contain headings, dashes or row counts.",
        causes=(
            "A job redirects the output of sqlcmd to a file.",
            "A job redirects the output of psql to a file without --csv.",
        ),
        sources=(SQLCMD, PSQL, BCP, COPY),
        example=Example(
            finding="The file is screen output of a database tool: a line of dashes follows the"
            " header",
            before={"student.csv": csv(_HEADER, "------,-------------,--------", _ROW)},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="separator",
        severity="Error",
        wording="Fields are separated by {hint}, not commas",
        meaning="School Data Sync separates fields at commas only, so it reads each row as one"
        " field.",
        advice="Export with commas. Semicolons and tabs usually come from the regional settings of"
        " the computer that exports. In PowerShell, use Export-Csv -Delimiter ','.",
        causes=(
            (
                "Excel and Export-Csv -UseCulture take the list separator of the regional settings"
                " of Windows, which is a semicolon in many countries."
            ),
            'The file was saved in Excel as "Text (Tab delimited)".',
        ),
        sources=(RFC_4180, EXPORT_CSV, EXCEL_TEXT_FILES),
        example=Example(
            finding="Fields are separated by semicolons, not commas",
            before={"student.csv": csv("SIS ID;School SIS ID;Username", "1001;42;student1")},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="line-above-header",
        severity="Error",
        wording="The first line is not the header; the header is on {hint}",
        meaning="Something is written above the header. A CSV reader takes the first line for the"
        " header, and then finds none of the columns.",
        advice="Remove everything above the header. The first line of the file must be the header.",
        causes=("A report tool writes a title, a date or the name of the school above the table.",),
        sources=(V2_1_PAGE, RFC_4180),
        example=Example(
            finding="The first line is not the header; the header is on line 3",
            before={"student.csv": csv("Students of Sample School", "", _HEADER, _ROW)},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="line-quoted",
        severity="Error",
        wording="Each line is in quotation marks as a whole, so it is one field",
        meaning="A CSV reader takes everything between quotation marks for one value, also the"
        " commas in it. So it finds none of the columns.",
        advice="Export the file again, with quotation marks around single values only. A program"
        " has taken each line for one value and written it as CSV a second time.",
        causes=(
            "The lines were pasted into the first column of a spreadsheet, and saved as CSV.",
            "A script passes whole lines to a CSV writer instead of lists of values.",
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="Each line is in quotation marks as a whole, so it is one field",
            before={"student.csv": csv(f'"{_HEADER}"', f'"{_ROW}"')},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
)
