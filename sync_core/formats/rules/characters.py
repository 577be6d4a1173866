"""Rules for the characters of a file, and for a file without records."""

from sync_core.formats.rules.model import Example, Repeated, Rule, csv
from sync_core.formats.rules.sources import (
    BCP,
    EXCEL_NUMBERS,
    EXCEL_TEXT_FILES,
    POWERSHELL_ENCODING,
    RFC_4180,
    UNICODE_MARK,
    V2_1_PAGE,
    WHOLE_SETS,
)

_HEADER, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_WITH_NAME = "SIS ID,School SIS ID,Username,First Name"

CHARACTER_RULES = (
    Rule(
        id="file-without-rows",
        severity="Error",
        wording="The file has a header but no rows",
        meaning="A required file contains no records. School Data Sync takes every upload as"
        " complete, so everyone who was in this file becomes inactive.",
        advice="Find out why the export found no records; often its query or filter is wrong."
        " School Data Sync deactivates everyone who is missing from a set. Without roles, nobody"
        " belongs to a school.",
        causes=(
            (
                "The query or filter of the export names a school year or a school that no longer"
                " exists."
            ),
            "The account of the export lost its access to the records.",
            "The school year has ended, and nobody is enrolled yet.",
        ),
        sources=(V2_1_PAGE, WHOLE_SETS),
        example=Example(
            finding="The file has a header but no rows",
            before={"student.csv": csv(_HEADER)},
            after={"student.csv": csv(_HEADER, _ROW)},
        ),
    ),
    Rule(
        id="encoding",
        severity="Error",
        wording="Invalid UTF-8 in {rows}",
        meaning="Some bytes are not UTF-8, so a letter of a name cannot be read. School Data Sync"
        " reads UTF-8 only.",
        advice="Export as UTF-8. The usual cause is accented letters in a Windows code page.",
        causes=(
            'The file was saved in Excel as "CSV", not as "CSV UTF-8".',
            "A PowerShell script writes the file with -Encoding Default in Windows PowerShell 5.1.",
            "The export or its database connection is set to Latin-1 or a Windows code page.",
        ),
        sources=(V2_1_PAGE, EXCEL_TEXT_FILES, POWERSHELL_ENCODING),
        example=Example(
            finding="Invalid UTF-8 in 1 row",
            before={"student.csv": f"{_WITH_NAME}\n{_ROW},Zoë\n".encode("latin-1")},
            after={"student.csv": csv(_WITH_NAME, f"{_ROW},Zoë")},
        ),
    ),
    Rule(
        id="nul",
        severity="Error",
        wording="NUL character in {rows}",
        meaning="Text files contain no NUL characters. Programs read such a row in different ways,"
        " and some stop at this character.",
        advice="Find out where the character comes from, then export the file again. If bcp of SQL"
        " Server writes the file, export NULL instead of an empty text: NULLIF(column, '').",
        causes=(
            "SQL Server's bcp writes this character for a text that is empty but not NULL.",
            "The file was damaged, or cut off while it was written.",
        ),
        sources=(BCP, RFC_4180),
        example=Example(
            finding="NUL character in 1 row",
            before={"student.csv": csv(_WITH_NAME, f"{_ROW},\0")},
            after={"student.csv": csv(_WITH_NAME, f"{_ROW},")},
        ),
        adjustable=False,
    ),
    Rule(
        id="byte-order-mark",
        severity="Error",
        wording="Byte order mark in the middle of the file, in {rows}",
        meaning="Some programs begin a UTF-8 file with this invisible mark. At the start of the"
        " file it does no harm. In the middle it is part of a value, so an ID is no longer the"
        " same ID.",
        advice="If you join several exports, remove the byte order mark at the start of each of"
        " them. It has become part of a value.",
        causes=("Files of several schools are joined, each of which begins with the mark.",),
        sources=(UNICODE_MARK,),
        example=Example(
            finding="Byte order mark in the middle of the file, in 1 row",
            before={"student.csv": csv(_HEADER, _ROW, "\ufeff1002,42,student2")},
            after={"student.csv": csv(_HEADER, _ROW, "1002,42,student2")},
        ),
    ),
    Rule(
        id="record-too-long",
        severity="Error",
        wording="More than 131,072 bytes in {rows}",
        meaning="A row has more than 128 KiB. No roster record is that long, so a line ending or a"
        " closing quotation mark is probably missing. The line feed at the end of the row does not"
        " count; the carriage return before it does.",
        advice="Look for a missing line ending, or for text that does not belong in a roster.",
        causes=(
            "A quotation mark opens a field and is never closed.",
            "A column contains a document or a picture.",
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="More than 131,072 bytes in 1 row",
            before={
                "student.csv": Repeated(
                    start=f"{_WITH_NAME}\n{_ROW},", each="Sam", times=50_000, end="\n"
                )
            },
            after={"student.csv": csv(_WITH_NAME, f"{_ROW},Sam")},
        ),
        adjustable=False,
    ),
    Rule(
        id="quotes",
        severity="Error",
        wording="Quotation mark misplaced or not closed in {rows}",
        meaning="A field that contains quotation marks is not enclosed as RFC 4180 says, so"
        " programs disagree where it ends. The values behind it may move to other columns.",
        advice="Enclose the whole field in quotation marks and double each quotation mark inside"
        ' it: "the ""old"" gym".',
        causes=(
            "A script joins values with commas and does not use a CSV library.",
            'The export escapes quotation marks with a backslash (\\") instead of doubling them.',
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="Quotation mark misplaced or not closed in 1 row",
            before={"student.csv": csv(_WITH_NAME, f'{_ROW},Samuel "Sam"')},
            after={"student.csv": csv(_WITH_NAME, f'{_ROW},"Samuel ""Sam"""')},
        ),
        adjustable=False,
    ),
    Rule(
        id="formula",
        severity="Error",
        wording='Spreadsheet formula (="...") in {rows}',
        meaning="The value is written as a formula, which Excel shows as text. To a CSV"
        " reader, the equals sign is part of the value.",
        advice='Export the value without the equals sign: 1001, not ="1001". Only Excel'
        " understands this spelling.",
        causes=(
            (
                "The export has an option for Excel that protects leading zeros with formulas, and"
                " it is switched on."
            ),
        ),
        sources=(RFC_4180, EXCEL_NUMBERS),
        example=Example(
            finding='Spreadsheet formula (="...") in 1 row',
            before={"student.csv": csv(_HEADER, '="1001",42,student1')},
            after={"student.csv": csv(_HEADER, _ROW)},
        ),
        adjustable=False,
    ),
)
