"""Rules for lines that are no records, and for records with too many or too few fields."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import NOCOUNT, PSQL, RFC_4180, V2_1_PAGE, WINDOWS_COPY

_HEADER, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_STUDENTS = {"student.csv": csv(_HEADER, _ROW)}
_TWO_STUDENTS = {"student.csv": csv(_HEADER, _ROW, "1002,42,student2")}
_WITH_NAME = "SIS ID,School SIS ID,Username,Last Name"

RECORD_RULES = (
    Rule(
        id="footer",
        severity="Error",
        wording="Text below the last record, such as a total or a row count, in {rows}",
        meaning="The export writes something below the records. A CSV reader takes it for a"
        " record.",
        advice="Remove everything below the last record. In SQL Server, use SET NOCOUNT ON; in"
        " psql, use \\pset footer off. In a report tool, switch totals off.",
        causes=(
            (
                "The output of sqlcmd ends with the number of rows unless SET NOCOUNT is on, and"
                " that of psql unless its footer is off."
            ),
            "A report tool adds a line with a total.",
        ),
        sources=(NOCOUNT, PSQL),
        example=Example(
            finding="Text below the last record, such as a total or a row count, in 1 row",
            before={"student.csv": csv(_HEADER, _ROW, "", "(1 rows affected)")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="end-of-file-mark",
        severity="Error",
        wording="The file ends with Ctrl-Z (0x1A), the end mark of DOS programs",
        meaning="The last character of the file is a control character that cannot be seen. A"
        " CSV reader takes it for a record.",
        advice="Remove the last character. The Windows command copy adds it when it joins files;"
        " use copy /b.",
        causes=(
            "A script joins files with the Windows command copy, as in copy a.csv+b.csv c.csv.",
        ),
        sources=(WINDOWS_COPY,),
        example=Example(
            finding="The file ends with Ctrl-Z (0x1A), the end mark of DOS programs",
            before={"student.csv": csv(_HEADER, _ROW) + "\x1a"},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="header-repeated",
        severity="Error",
        wording="The header is repeated in {rows}",
        meaning="The header occurs again below the first line. A CSV reader takes it for a"
        ' record, such as a student with the ID "SIS ID".',
        advice="Write the header only in the first line. If several exports are joined to one"
        " file, remove the header of all but the first.",
        causes=("Files of several schools are joined, each with its header.",),
        sources=(V2_1_PAGE, RFC_4180),
        example=Example(
            finding="The header is repeated in 1 row",
            before={"student.csv": csv(_HEADER, _ROW, _HEADER, "1002,42,student2")},
            after=_TWO_STUDENTS,
        ),
    ),
    Rule(
        id="row-empty",
        severity="Error",
        wording="No values in {rows}, only commas or spaces",
        meaning="The row contains no value at all. A CSV reader takes it for a record whose"
        " required values are missing.",
        advice="Delete these rows. Excel keeps empty rows if only their cells were cleared: select"
        " whole rows and delete them.",
        causes=(
            "Rows were cleared in Excel, not deleted, and the file was saved.",
            "The export writes a row for a record that has been deleted.",
        ),
        sources=(RFC_4180, V2_1_PAGE),
        example=Example(
            finding="No values in 1 row, only commas or spaces",
            before={"student.csv": csv(_HEADER, _ROW, ",,")},
            after=_STUDENTS,
        ),
    ),
    Rule(
        id="fields-too-few",
        severity="Error",
        wording="Fewer fields than the header in {rows}",
        meaning="The row has fewer fields than the header, so it is unknown which value belongs to"
        " which column. The row is not read, and references to its record are not found.",
        advice="Write every column in every row, even if it is empty.",
        causes=(
            "The export leaves out empty values at the end of a row.",
            (
                "A text contains a line break and is not in quotation marks, so one record became"
                " two rows."
            ),
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="Fewer fields than the header in 1 row",
            before={"student.csv": csv(_WITH_NAME, _ROW, "1002,42,student2,Example")},
            after={"student.csv": csv(_WITH_NAME, f"{_ROW},", "1002,42,student2,Example")},
        ),
    ),
    Rule(
        id="fields-too-many",
        severity="Error",
        wording="More fields than the header in {rows}",
        meaning="The row has more fields than the header, so it is unknown which value belongs to"
        " which column. The row is not read, and references to its record are not found.",
        advice="Enclose fields that contain a comma in quotation marks.",
        causes=(
            "A value contains a comma, and the export does not enclose it in quotation marks.",
            "A column was added to the rows and not to the header.",
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="More fields than the header in 1 row",
            before={"student.csv": csv(_WITH_NAME, f"{_ROW},Example, Jr.")},
            after={"student.csv": csv(_WITH_NAME, f'{_ROW},"Example, Jr."')},
        ),
    ),
    Rule(
        id="fields-padded",
        severity="Error",
        wording="One or more commas too many at the end of {rows}",
        meaning="The row ends with empty fields that the header does not have.",
        advice="Leave out the commas at the end, or write the header with as many columns as the"
        " rows.",
        causes=(
            "A script writes a comma after every value, also after the last one.",
            "A column was removed from the header and not from the rows.",
        ),
        sources=(RFC_4180,),
        example=Example(
            finding="One or more commas too many at the end of 1 row",
            before={"student.csv": csv(_HEADER, f"{_ROW},")},
            after=_STUDENTS,
        ),
    ),
)
