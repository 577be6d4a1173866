"""Rules for the uniqueness of records, and for the records that they refer to."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    EXCEL_NUMBERS,
    PANDAS,
    SERVICE_RULES,
    START_PAGE,
    SYNC_ERRORS,
    TROUBLESHOOTING,
    VALIDATION_PROCESS,
)

_STUDENT, _SCHOOL = "SIS ID,School SIS ID,Username", "SIS ID,Name"
_TWO_STUDENTS = csv(_STUDENT, "1001,42,student1", "1002,42,student2")

KEY_RULES = (
    Rule(
        id="duplicate",
        severity="Warning",
        wording="{count} duplicates found in column {field} which requires values to be Unique.",
        meaning="A value that must be unique occurs in several rows, so it is unknown which of the"
        " rows counts. In some files of SDS V2.1 this is an error.",
        advice="Keep one of the rows. Each of the listed rows repeats an earlier row.",
        causes=(
            (
                "The query of the export joins two tables, and a person who is at two schools or in"
                " two programs gets two rows."
            ),
            "Files of several schools are joined, and a person is in two of them.",
        ),
        sources=(START_PAGE, SERVICE_RULES),
        example=Example(
            finding="1 duplicates found in column SIS ID which requires values to be Unique.",
            before={
                "student.csv": csv(
                    _STUDENT, "1001,42,student1", "1002,42,student2", "1002,42,student2"
                )
            },
            after={"student.csv": _TWO_STUDENTS},
        ),
    ),
    Rule(
        id="id-shared",
        severity="Error",
        wording="Same {field} as an earlier row, but another user name, in {rows}",
        meaning="Two people have the same ID. School Data Sync would make one person of them, who"
        " has the classes of both.",
        advice="Give each person an ID of their own. School Data Sync would merge the two people.",
        causes=(
            "Each school numbers its people itself, and the files of the schools are joined.",
            "A spreadsheet has rounded long IDs, so different IDs have become the same.",
        ),
        sources=(SERVICE_RULES, TROUBLESHOOTING),
        example=Example(
            finding="Same SIS ID as an earlier row, but another user name, in 1 row",
            before={"student.csv": csv(_STUDENT, "1001,42,student1", "1001,42,student2")},
            after={"student.csv": _TWO_STUDENTS},
            also=("duplicate",),
        ),
    ),
    Rule(
        id="reference-not-found",
        severity="Error",
        wording="{count} row(s) have referenced data not found in source. Field - {field}{hint}",
        meaning="A row names a record that is not in the file where it should be: a student of a"
        " school that is not in school.csv, or an enrollment in a class that was not exported.",
        advice="Export the missing record, or remove the rows that refer to it. A record that could"
        " not be read counts as missing.",
        causes=(
            (
                "The files are exported with different filters, such as students of all schools,"
                " but only some schools."
            ),
            "The record is there, but its row has an error of its own, so it was not read.",
            "The IDs of the two files differ, for example in their leading zeros or their case.",
        ),
        sources=(START_PAGE, VALIDATION_PROCESS, SYNC_ERRORS),
        example=Example(
            finding="1 row(s) have referenced data not found in source. Field - School SIS ID",
            beside={"school.csv": csv(_SCHOOL, "42,Sample School")},
            before={"student.csv": csv(_STUDENT, "1001,43,student1")},
            after={"student.csv": csv(_STUDENT, "1001,42,student1")},
        ),
    ),
    Rule(
        id="leading-zeros",
        severity="Information",
        wording="Only leading zeros differ from an existing value in the field {field} in {rows}",
        meaning="The record that a row refers to is not found, but it would be if leading zeros did"
        " not count. It comes with reference-not-found and says why.",
        advice="Export IDs as text in all files. Spreadsheets remove leading zeros.",
        causes=(
            "One of the files was opened in Excel and saved.",
            "One export reads the ID as a number, the other as text.",
        ),
        sources=(EXCEL_NUMBERS, SERVICE_RULES),
        example=Example(
            finding="Only leading zeros differ from an existing value in the field School SIS ID"
            " in 1 row",
            beside={"school.csv": csv(_SCHOOL, "42,Sample School", "007,Other School")},
            before={"student.csv": csv(_STUDENT, "1001,7,student1")},
            after={"student.csv": csv(_STUDENT, "1001,007,student1")},
            also=("reference-not-found",),
        ),
    ),
    Rule(
        id="decimal-ending",
        severity="Information",
        wording="Only an ending .0 differs from an existing value in the field {field} in {rows}",
        meaning="The record that a row refers to is not found, but it would be if an ending .0 did"
        " not count. It comes with reference-not-found and says why.",
        advice="Export IDs as text in all files. A program has read the IDs of one file as decimal"
        " numbers.",
        causes=(
            (
                "A script reads one of the files with pandas, which makes decimal numbers of a"
                " column of numbers in which a value is missing."
            ),
        ),
        sources=(PANDAS, SERVICE_RULES),
        example=Example(
            finding="Only an ending .0 differs from an existing value in the field School SIS ID"
            " in 1 row",
            beside={"school.csv": csv(_SCHOOL, "42,Sample School", "43,Other School")},
            before={"student.csv": csv(_STUDENT, "1001,42.0,student1", "1002,43,student2")},
            after={"student.csv": csv(_STUDENT, "1001,42,student1", "1002,43,student2")},
            also=("reference-not-found",),
        ),
    ),
)
