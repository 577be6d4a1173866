"""Rules for the header of a file."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    SERVICE_RULES,
    V1_PAGE,
    V2_1_PAGE,
    VALIDATION_PROCESS,
)

_HEADER, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_STUDENTS = {"student.csv": csv(_HEADER, _ROW)}
_NAMED = {"student.csv": csv(f"{_HEADER},First Name", f"{_ROW},Sam")}

HEADER_RULES = (
    Rule(
        id="header-not-found",
        severity="Error",
        wording="The first line is not the header of this file: {hint}",
        meaning="The first line has none of the columns that belong into the file, or it is the"
        " header of another file of the export. So nothing in the file can be read.",
        advice="The first line of the file must be its header, with exactly the names of the"
        " format. Open the file in a text editor to see whether it starts with a record, with"
        " headers in other words, or with an error message, or is another file.",
        causes=(
            "The export writes no header, so the first record stands in its place.",
            "The export names the columns in its own words or language.",
            "A query failed, and the file contains its error message.",
            "Two exports write under each other's file name.",
        ),
        sources=(V1_PAGE, V2_1_PAGE, VALIDATION_PROCESS),
        example=Example(
            finding="The first line is not the header of this file: it has none of the columns of"
            " the format",
            before={"student.csv": csv(_ROW, "1002,42,student2")},
            after={"student.csv": csv(_HEADER, _ROW, "1002,42,student2")},
        ),
        adjustable=False,
    ),
    Rule(
        id="header-missing",
        severity="Error",
        wording="The header does not have the required column {field}",
        meaning="A column that the format requires is not in the file, not even under a similar"
        " name. School Data Sync refuses the whole set.",
        advice="Add the column to the export. The first line of the file must be the header.",
        causes=(
            "The column is not chosen in the export template of the student information system.",
            "The export names the column in its own words or language.",
        ),
        sources=(SERVICE_RULES, VALIDATION_PROCESS),
        example=Example(
            finding="The header does not have the required column Username",
            before={"student.csv": csv("SIS ID,School SIS ID", "1001,42")},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="header-misspelt",
        severity="Warning",
        wording="Misspelt header at position {position}, expected {field}: {hint}",
        meaning="A column has nearly the right name. School Data Sync compares headers exactly, so"
        " it does not read this column. The finding is an error if the column is required.",
        advice="Write the header exactly as expected: same letters, case, spaces and punctuation."
        " Otherwise School Data Sync does not read the column.",
        causes=(
            "The header was typed by hand in an export template.",
            "The export uses the spelling of another format, such as termSourcedIds of OneRoster.",
        ),
        sources=(V2_1_PAGE, SERVICE_RULES),
        example=Example(
            finding="Misspelt header at position 4, expected First Name: upper and lower case"
            " differ",
            before={"student.csv": csv(f"{_HEADER},First name", f"{_ROW},Sam")},
            after=_NAMED,
        ),
    ),
    Rule(
        id="header-duplicate",
        severity="Error",
        wording="Duplicate header {field} at position {position}",
        meaning="Two columns have the same name, so it is unknown which of them is meant. School"
        " Data Sync refuses the whole set.",
        advice="Export each column once.",
        causes=("The column is chosen twice in the export template or in the query.",),
        sources=(SERVICE_RULES, VALIDATION_PROCESS),
        example=Example(
            finding="Duplicate header Username at position 4",
            before={"student.csv": csv(f"{_HEADER},Username", f"{_ROW},student1")},
            after=_STUDENTS,
        ),
        adjustable=False,
    ),
    Rule(
        id="header-empty",
        severity="Information",
        wording="No header at position {position}",
        meaning="A column has no name, so School Data Sync does not read it. No value is lost if"
        " the column is empty.",
        advice="School Data Sync does not read a column without a header. If the lines end with a"
        " comma, leave it out.",
        causes=(
            "A script writes a comma after every value, also after the last one.",
            "An empty column of a spreadsheet was saved with the others.",
        ),
        sources=(V1_PAGE, V2_1_PAGE),
        example=Example(
            finding="No header at position 4",
            before={"student.csv": csv(f"{_HEADER},", f"{_ROW},")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="header-unknown",
        severity="Information",
        wording="Header at position {position} is not part of the format",
        meaning="The format has no column of this name, so School Data Sync does not read it.",
        advice="School Data Sync does not read this column. If its values are needed, use a header"
        " of the format; otherwise leave the column out.",
        causes=(
            "The export template has columns for other systems.",
            "The header is that of another format or another language.",
        ),
        sources=(V1_PAGE, V2_1_PAGE),
        example=Example(
            finding="Header at position 4 is not part of the format",
            before={"student.csv": csv(f"{_HEADER},Locker", f"{_ROW},17")},
            after=_STUDENTS,
        ),
    ),
)
