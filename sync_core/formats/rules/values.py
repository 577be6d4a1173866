"""Rules for dates, addresses, numbers, codes and long texts."""

from sync_core.formats.rules.identifiers import INVALID_FORMAT
from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    DIRECTORY_GROUP,
    DIRECTORY_USER,
    E_164,
    EXCEL_DATES,
    SERVICE_RULES,
    START_PAGE,
    V2_1_PAGE,
    VALUE_LISTS,
)

_STUDENT, _ROW = "SIS ID,School SIS ID,Username", "1001,42,student1"
_USER = "sourcedId,username"

VALUE_RULES = (
    Rule(
        id="date-format",
        severity="Error",
        wording=INVALID_FORMAT,
        meaning="A date is not written as ISO 8601 says, or no such day exists. 03/04/2026 is two"
        " different days in two countries.",
        advice="Write dates as YYYY-MM-DD or YYYYMMDD.",
        causes=(
            "The export writes dates in the format of its country.",
            "The file was opened in Excel and saved: Excel writes dates as it shows them.",
        ),
        sources=(SERVICE_RULES, START_PAGE),
        example=Example(
            finding="1 row(s) have an invalid format for the field - Birthdate",
            before={"student.csv": csv(f"{_STUDENT},Birthdate", f"{_ROW},31/01/2015")},
            after={"student.csv": csv(f"{_STUDENT},Birthdate", f"{_ROW},2015-01-31")},
        ),
    ),
    Rule(
        id="date-serial",
        severity="Error",
        wording="Day number of a spreadsheet instead of a date in the field {field} in {rows}",
        meaning="A spreadsheet counts days from 1900 and wrote its number instead of the date.",
        advice="Export dates as text (YYYY-MM-DD). A spreadsheet has converted them to numbers.",
        causes=(
            "The column was formatted as a number in Excel before the file was saved.",
            "A script reads dates from a workbook and does not convert them.",
        ),
        sources=(EXCEL_DATES, SERVICE_RULES),
        example=Example(
            finding="Day number of a spreadsheet instead of a date in the field Birthdate in 1 row",
            before={"student.csv": csv(f"{_STUDENT},Birthdate", f"{_ROW},42035")},
            after={"student.csv": csv(f"{_STUDENT},Birthdate", f"{_ROW},2015-01-31")},
        ),
    ),
    Rule(
        id="year-format",
        severity="Error",
        wording=INVALID_FORMAT,
        meaning="A school year is not written as one year of four digits.",
        advice="Write the year with four digits, such as 2026.",
        causes=("The export writes the name of the school year, such as 2026/27.",),
        sources=(V2_1_PAGE,),
        example=Example(
            finding="1 row(s) have an invalid format for the field - schoolYear",
            format="sds-v2.1",
            before={
                "academicSessions.csv": csv(
                    "sourcedId,title,type,schoolYear,startDate,endDate",
                    "Y1,School year,schoolYear,2026/27,2026-08-17,2027-06-25",
                )
            },
            after={
                "academicSessions.csv": csv(
                    "sourcedId,title,type,schoolYear,startDate,endDate",
                    "Y1,School year,schoolYear,2026,2026-08-17,2027-06-25",
                )
            },
        ),
    ),
    Rule(
        id="email-format",
        severity="Error",
        wording=INVALID_FORMAT,
        meaning="A value is not one email address. It is an error where the address is required,"
        " and a warning elsewhere.",
        advice="Write one email address without a display name, such as name@school.example.",
        causes=(
            (
                "The field of the student information system contains two addresses, or a name with"
                " the address."
            ),
            "Somebody typed a phone number or a remark into the field.",
        ),
        sources=(SERVICE_RULES,),
        example=Example(
            finding="1 row(s) have an invalid format for the field - email",
            format="sds-v2.1",
            before={
                "users.csv": csv(
                    f"{_USER},email", "1001,student1@school.example,Sam <sam@home.example>"
                )
            },
            after={
                "users.csv": csv(f"{_USER},email", "1001,student1@school.example,sam@home.example")
            },
        ),
    ),
    Rule(
        id="phone-format",
        severity="Error",
        wording=INVALID_FORMAT,
        meaning="A phone number is not written with a plus sign, the country code and digits only.",
        advice="Write phone numbers in international (E.164) format, such as +14255550100.",
        causes=(
            (
                "The student information system stores numbers as people write them in the country:"
                " without country code, with brackets or spaces."
            ),
        ),
        sources=(SERVICE_RULES, E_164),
        example=Example(
            finding="1 row(s) have an invalid format for the field - phone",
            format="sds-v2.1",
            before={
                "users.csv": csv(f"{_USER},phone", "1001,student1@school.example,(425) 555-0100")
            },
            after={"users.csv": csv(f"{_USER},phone", "1001,student1@school.example,+14255550100")},
        ),
    ),
    Rule(
        id="enum-value",
        severity="Error",
        wording=INVALID_FORMAT + "{hint}",
        meaning="A code is not on the list that the format has for this column. If the list is"
        " closed and the value required, School Data Sync drops the record; otherwise it drops the"
        " value, and the finding is a warning.",
        advice="Use one of the values that the format lists for this field.",
        causes=(
            (
                "The export writes the codes of the student information system, in its own words or"
                " language, without translating them."
            ),
            "The school uses a code that the format does not have.",
        ),
        sources=(VALUE_LISTS, SERVICE_RULES),
        example=Example(
            finding="1 row(s) have an invalid format for the field - role",
            format="sds-v2.1",
            before={
                "roles.csv": csv(
                    "userSourcedId,orgSourcedId,role", "1001,42,pupil", "2001,42,teacher"
                )
            },
            after={
                "roles.csv": csv(
                    "userSourcedId,orgSourcedId,role", "1001,42,student", "2001,42,teacher"
                )
            },
        ),
    ),
    Rule(
        id="value-too-long",
        severity="Warning",
        wording="Text too long for the directory in the field {field} in {rows}",
        meaning="A text is longer than the directory allows: 64 characters for a first or last"
        " name and for a user name of SDS V1, 256 for the name of a class.",
        advice="Shorten the text. Otherwise the directory cuts it off or rejects it.",
        causes=(
            "The name of a class is put together from course, teacher, room and period.",
            "A field for one name contains several names.",
        ),
        sources=(DIRECTORY_USER, DIRECTORY_GROUP),
        example=Example(
            finding="Text too long for the directory in the field First Name in 1 row",
            before={
                "student.csv": csv(f"{_STUDENT},First Name", f"{_ROW},{' '.join(['Sample'] * 10)}")
            },
            after={"student.csv": csv(f"{_STUDENT},First Name", f"{_ROW},Sample")},
        ),
    ),
)
