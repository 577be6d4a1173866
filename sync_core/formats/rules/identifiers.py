"""Rules for required values, and for IDs, user names and names that were damaged."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    COPY,
    EXCEL_DATES,
    EXCEL_NUMBERS,
    PANDAS,
    SERVICE_RULES,
    START_PAGE,
    TROUBLESHOOTING,
    UNICODE_MARK,
    V2_1_PAGE,
    VALIDATION_PROCESS,
)

INVALID_FORMAT = "{count} row(s) have an invalid format for the field - {field}"

_HEADER, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_STUDENTS = {"student.csv": csv(_HEADER, _ROW)}
_WITH_NAME = "SIS ID,School SIS ID,Username,First Name"

IDENTIFIER_RULES = (
    Rule(
        id="value-missing",
        severity="Error",
        wording="{count} row(s) have missing data for the field - {field}",
        meaning="A row has no value in a column that must have one. Without it,"
        " School Data Sync cannot use the record.",
        advice="Fill in the field in the student information system.",
        causes=(
            (
                "The field is empty in the student information system, often for new students or"
                " staff who have no account yet."
            ),
            "The export reads another field than the one that the school fills in.",
        ),
        sources=(START_PAGE, V2_1_PAGE, VALIDATION_PROCESS),
        example=Example(
            finding="1 row(s) have missing data for the field - Username",
            before={"student.csv": csv(_HEADER, "1001,42,")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="line-break",
        severity="Error",
        wording="Line break in the field {field} in {rows}",
        meaning="A value contains a line break. CSV allows that in quotation marks, but School Data"
        " Sync does not.",
        advice="Remove the line break from the text. School Data Sync does not accept it, even in"
        " quotation marks.",
        causes=(
            "The field has several lines in the student information system, such as an address.",
            "The text was copied from a letter or a web page with its line break.",
        ),
        sources=(V2_1_PAGE,),
        example=Example(
            finding="Line break in the field Address in 1 row",
            before={
                "school.csv": csv("SIS ID,Name,Address", '42,Sample School,"1 Sample St\nTown"')
            },
            after={
                "school.csv": csv("SIS ID,Name,Address", '42,Sample School,"1 Sample St, Town"')
            },
        ),
    ),
    Rule(
        id="id-format",
        severity="Error",
        wording=INVALID_FORMAT,
        meaning="An ID or user name contains white space. School Data Sync compares values as it"
        " receives them, so nothing that refers to this ID finds it, and no user of the directory"
        " has this name.",
        advice="Remove white space from the value, also at its start and end. A no-break space"
        " counts too: it looks like a space, and some editors do not show it.",
        causes=(
            (
                "The database stores the ID in a column of fixed length (char), which it fills up"
                " with spaces."
            ),
            "The value was copied with a space in front of it or behind it.",
        ),
        sources=(START_PAGE, SERVICE_RULES),
        example=Example(
            finding="1 row(s) have an invalid format for the field - SIS ID",
            before={"student.csv": csv(_HEADER, "1001  ,42,student1")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="id-spreadsheet",
        severity="Error",
        wording="Number with an exponent, formula or error of a spreadsheet in the field {field} in"
        " {rows}",
        meaning="A spreadsheet has replaced an ID, for example by a rounded number. Different IDs"
        " may have become the same, and none of them exists anywhere else.",
        advice="Export IDs as text, and do not open and save the export in a spreadsheet. The file"
        " no longer has the original values, so export it again.",
        causes=(
            (
                "The file was opened in Excel and saved. Excel shows numbers of 12 digits and more"
                " with an exponent, and saves what it shows."
            ),
            "A formula of a workbook, such as VLOOKUP, found no value and left #N/A.",
        ),
        sources=(EXCEL_NUMBERS,),
        example=Example(
            finding="Number with an exponent, formula or error of a spreadsheet in the field SIS"
            " ID in 1 row",
            before={"student.csv": csv(_HEADER, "2.02601E+11,42,student1")},
            after={"student.csv": csv(_HEADER, "202601004711,42,student1")},
        ),
    ),
    Rule(
        id="value-null",
        severity="Error",
        wording="Word for an empty value, such as NULL, in the field {field} in {rows}",
        meaning="A program wrote a word where a value is missing. School Data Sync takes the word"
        " for the value.",
        advice="Fill in the field in the student information system. For a value that may be"
        " empty, let the export write nothing.",
        causes=(
            "SQL Server's tools write NULL, and PostgreSQL's COPY writes \\N in its text format.",
            (
                "A script converts a missing value to text, which gives None in Python and"
                " undefined or null in JavaScript."
            ),
        ),
        sources=(COPY, START_PAGE),
        example=Example(
            finding="Word for an empty value, such as NULL, in the field Username in 1 row",
            before={"student.csv": csv(_HEADER, "1001,42,NULL")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="invisible-character",
        severity="Error",
        wording="Zero-width or control character in the field {field} in {rows}",
        meaning="An ID or user name contains a character that cannot be seen. To School Data Sync"
        " it is another value than the one without this character.",
        advice="Remove the invisible character in the student information system. It often comes"
        " from text that was copied from a web page or a PDF. Typing the whole value again removes"
        " it.",
        causes=("The value was copied from a web page, a PDF or a chat.",),
        sources=(SERVICE_RULES, UNICODE_MARK),
        example=Example(
            finding="Zero-width or control character in the field Username in 1 row",
            before={"student.csv": csv(_HEADER, "1001,42,student\u200b1")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="lost-letters",
        severity="Error",
        wording="Replacement character (U+FFFD) instead of a letter in the field {field} in {rows}",
        meaning="A program could not read a letter and wrote the replacement character instead. The"
        " letter is lost: this file no longer says which it was.",
        advice="Correct the value where it was damaged, before this export. A program there read"
        " text in the wrong encoding, so the letters cannot be restored from this file.",
        causes=(
            (
                "Data was imported into the student information system as UTF-8, but was in a"
                " Windows code page."
            ),
            (
                "A script between the student information system and this app reads the file in the"
                " wrong encoding."
            ),
        ),
        sources=(UNICODE_MARK,),
        example=Example(
            finding="Replacement character (U+FFFD) instead of a letter in the field First Name"
            " in 1 row",
            before={"student.csv": csv(_WITH_NAME, f"{_ROW},Zo\ufffd")},
            after={"student.csv": csv(_WITH_NAME, f"{_ROW},Zoë")},
        ),
    ),
    Rule(
        id="id-date",
        severity="Warning",
        wording="Date instead of an ID in the field {field} in {rows}",
        meaning="An ID looks like a date that a spreadsheet has made of it.",
        advice="Export IDs as text, and do not open and save the export in a spreadsheet. It turns"
        " an ID such as 7-1 into a date such as 7-Jan.",
        causes=("The file was opened in Excel and saved.",),
        sources=(EXCEL_DATES,),
        example=Example(
            finding="Date instead of an ID in the field SIS ID in 1 row",
            before={"student.csv": csv(_HEADER, "7-Jan,42,student1")},
            after={"student.csv": csv(_HEADER, "7-1,42,student1")},
        ),
    ),
    Rule(
        id="id-digits",
        severity="Warning",
        wording="Zeros instead of the digits after the 15th in the field {field} in {rows}",
        meaning="At least half of the IDs with 16 to 30 digits end in zeros from the 16th digit"
        " on. A spreadsheet has probably rounded them.",
        advice="Export IDs as text, and do not open and save the export in a spreadsheet. It keeps"
        " only 15 digits of a number, so different IDs become the same.",
        causes=("The file was opened in Excel and saved. Excel keeps 15 digits of a number.",),
        sources=(EXCEL_NUMBERS,),
        example=Example(
            finding="Zeros instead of the digits after the 15th in the field SIS ID in 2 rows",
            before={
                "student.csv": csv(
                    _HEADER, "2026110000000110,42,student1", "2026110000000120,42,student2"
                )
            },
            after={
                "student.csv": csv(
                    _HEADER, "2026110000000117,42,student1", "2026110000000123,42,student2"
                )
            },
        ),
    ),
    Rule(
        id="id-decimal",
        severity="Warning",
        wording="All values end with .0 in the field {field}, in {rows}",
        meaning="All IDs of a column end with .0. A program has probably read them as numbers, so"
        " they are no longer the IDs of the student information system.",
        advice="Export IDs as text. A program has read them as decimal numbers, and leading zeros"
        " are probably lost too.",
        causes=(
            (
                "A script reads the file with pandas, which makes decimal numbers of a column of"
                " numbers in which a value is missing."
            ),
        ),
        sources=(PANDAS,),
        example=Example(
            finding="All values end with .0 in the field SIS ID, in 1 row",
            before={"student.csv": csv(_HEADER, "1001.0,42,student1")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="username-domain",
        severity="Information",
        wording="No value has a domain in the field {field}",
        meaning="All user names are without a domain. School Data Sync finds the users only if it"
        " is set up to add the domain.",
        advice="Write user names with their domain, such as name@school.example. Without it, users"
        " are only found if School Data Sync is set up to add the domain.",
        causes=("The export reads the sign-in name of a local directory, which has no domain.",),
        sources=(V2_1_PAGE, TROUBLESHOOTING),
        example=Example(
            finding="No value has a domain in the field username",
            format="sds-v2.1",
            before={"users.csv": csv("sourcedId,username", "1001,student1")},
            after={"users.csv": csv("sourcedId,username", "1001,student1@school.example")},
        ),
    ),
)
