"""Rules for files that are missing, empty, or of another type."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    EXCEL_FILE_TYPES,
    EXCEL_TEXT_FILES,
    POWERSHELL_ENCODING,
    RFC_4180,
    V1_PAGE,
    V2_1_PAGE,
    WHOLE_SETS,
)

_STUDENTS = {"student.csv": csv("SIS ID,School SIS ID,Username", "1001,42,student1")}

FILE_TYPE_RULES = (
    Rule(
        id="file-missing",
        severity="Error",
        wording="When trying to validate required file {file} encountered RequiredFileNotFound"
        " error.{hint}",
        meaning="The export lacks a file that the format requires, or that another file of the"
        " export requires. School Data Sync takes every upload as complete: people and classes that"
        " are missing from it become inactive.",
        advice="Export this file too, under exactly this name. School Data Sync deactivates"
        " everyone who is missing from a set.",
        causes=(
            (
                "The file has another name, such as students.csv instead of student.csv, or a date"
                " in its name."
            ),
            "The export of this file failed, or is not part of the nightly job.",
        ),
        sources=(V1_PAGE, V2_1_PAGE, WHOLE_SETS),
        example=Example(
            finding="When trying to validate required file student.csv encountered"
            " RequiredFileNotFound error. The export contains students.csv instead.",
            before={"students.csv": _STUDENTS["student.csv"]},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="file-empty",
        severity="Error",
        wording="The file is empty",
        meaning="The file has no content, not even a header, so nothing in it can be compared with"
        " the format.",
        advice="Export the file again. Even a file without rows needs a header.",
        causes=(
            (
                "The export stopped after it had created the file, for example because it lost the"
                " connection to its database."
            ),
            "A transfer broke off before it sent any content.",
        ),
        sources=(V2_1_PAGE,),
        example=Example(finding="The file is empty", before={"student.csv": ""}, after=_STUDENTS),
        adjustable=False,
    ),
    Rule(
        id="workbook",
        severity="Error",
        wording="The file is {hint}, not CSV",
        meaning="The file is a spreadsheet. A spreadsheet is a binary file, whatever its name ends"
        " in. School Data Sync reads CSV only.",
        advice='In Excel, save the file as "CSV UTF-8", or have the student information system'
        " export CSV. Renaming a workbook to .csv does not convert it.",
        causes=(
            "The export writes Excel files, and the names were changed from .xlsx to .csv.",
            "Somebody edited the file in Excel and saved it as a workbook.",
        ),
        sources=(V2_1_PAGE, EXCEL_TEXT_FILES),
        example=Example(
            finding="The file is an Excel workbook, not CSV",
            before={"student.csv": b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml"},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="compressed",
        severity="Error",
        wording="The file is {hint}, not CSV",
        meaning="The file is an archive or a compressed file. The app opens a zip archive whose"
        " name ends in .zip, and no archive under the name of a CSV file.",
        advice="Deliver the CSV files themselves, or all of them in one zip archive whose name ends"
        " in .zip.",
        causes=(
            "The export or the transfer compresses each file and keeps its name.",
            "An archive was renamed to .csv.",
        ),
        sources=(V2_1_PAGE,),
        example=Example(
            finding="The file is a gzip archive, not CSV",
            before={"student.csv": b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x0b\xf6\x0cVp\xcd"},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="pdf",
        severity="Error",
        wording="The file is {hint}, not CSV",
        meaning="The file is a PDF document. It has pages and no rows, so nothing can be read from"
        " it.",
        advice="Choose CSV as the output format of the report in the student information system.",
        causes=(
            "The report is set to PDF, often because the same report is printed for people.",
            "A PDF was renamed to .csv.",
        ),
        sources=(V2_1_PAGE,),
        example=Example(
            finding="The file is a PDF document, not CSV",
            before={"student.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="markup",
        severity="Error",
        wording="The file is {hint}, not CSV",
        meaning="The file is a web page, XML or JSON. It was probably not written by the export at"
        " all, so the students or classes of this night are missing.",
        advice="Open the file in a text editor. A web page is often the sign-in or error page of"
        " the system that the file was downloaded from. For XML or JSON, choose CSV as the output"
        " format.",
        causes=(
            (
                "A script downloads the report and gets a sign-in or error page, for example"
                " because its password has expired."
            ),
            "XML or JSON is chosen as the output format.",
        ),
        sources=(V2_1_PAGE,),
        example=Example(
            finding="The file is a web page, not CSV",
            before={
                "student.csv": csv(
                    "<!DOCTYPE html>", "<html><title>Sign in</title><body></body></html>"
                )
            },
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="utf-16",
        severity="Error",
        wording="The file is UTF-16, not UTF-8",
        meaning="The file has two bytes for each character. School Data Sync reads UTF-8 only.",
        advice='Export as UTF-8. In Excel, choose "CSV UTF-8", not "Unicode Text". In PowerShell,'
        " use -Encoding utf8.",
        causes=(
            "Windows PowerShell 5.1 writes UTF-16 with > and Out-File unless -Encoding is given.",
            "The file was saved in Excel as Unicode Text, or in a text editor as UTF-16.",
        ),
        sources=(V2_1_PAGE, POWERSHELL_ENCODING, EXCEL_FILE_TYPES),
        example=Example(
            finding="The file is UTF-16, not UTF-8",
            before={"student.csv": b"\xff\xfe" + _STUDENTS["student.csv"].encode("utf-16-le")},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="not-text",
        severity="Error",
        wording="The file is not text: {hint}",
        meaning="Text files contain no NUL characters, and of the other control characters only"
        " tabs and the ends of lines. Either this is another type of file, or its"
        " content was lost.",
        advice="Choose CSV as the output format and export the file again.",
        causes=(
            (
                "The disk was full or the computer stopped while the file was written, so that its"
                " place on the disk was reserved and never filled."
            ),
            "Another binary file was given the name of a CSV file.",
        ),
        sources=(V2_1_PAGE, RFC_4180),
        example=Example(
            finding="The file is not text: it starts with a NUL character",
            before={"student.csv": b"\0" * 16},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
)
