"""Rules for files that are CSV, but in another format."""

from sync_core.formats.rules.model import Example, Rule, csv
from sync_core.formats.rules.sources import (
    CLASSIC_END,
    CLEVER_PAGE,
    FILE_FORMATS,
    ONEROSTER,
    V1_PAGE,
    V2_1_PAGE,
)

_USERS = {"users.csv": csv("sourcedId,username", "1001,student1@school.example")}

OTHER_FORMAT_RULES = (
    Rule(
        id="oneroster",
        severity="Error",
        wording="The file is {hint}, not {format} (recognised by its header)",
        meaning="The file is part of a OneRoster export. Its columns look like those of SDS V2.1,"
        " but are others. School Data Sync does not take OneRoster as files.",
        advice="Choose an SDS format in the student information system, or convert the files."
        " School Data Sync reads OneRoster through its API, not from files.",
        causes=(
            (
                "The student information system offers several export formats, and OneRoster is"
                " chosen."
            ),
            "An export for another service is delivered to this feed.",
        ),
        sources=(FILE_FORMATS, ONEROSTER),
        example=Example(
            finding="The file is OneRoster 1.1, not SDS V2.1 (recognised by its header)",
            format="sds-v2.1",
            before={
                "users.csv": csv(
                    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username",
                    "1001,active,2026-11-20T00:00:00.000Z,true,42,student,student1@school.example",
                )
            },
            after=_USERS,
        ),
        adjustable=False,
    ),
    Rule(
        id="clever",
        severity="Error",
        wording="The file is in the {hint} format, not {format} (recognised by its header)",
        meaning="The file is in the format of Clever. Only the retired School Data Sync (Classic)"
        " read a form of it.",
        advice="Choose an SDS format in the student information system. School Data Sync no longer"
        " reads Clever files.",
        causes=(
            "The student information system offers several export formats, and Clever is chosen.",
            "The export was set up for School Data Sync (Classic) with Clever files.",
        ),
        sources=(CLEVER_PAGE, CLASSIC_END, FILE_FORMATS),
        example=Example(
            finding="The file is in the Clever format, not SDS V1 (recognised by its header)",
            before={
                "students.csv": csv(
                    "School_id,Student_id,Student_number,Last_name,First_name",
                    "42,1001,1001,Example,Sam",
                )
            },
            after={"student.csv": csv("SIS ID,School SIS ID,Username", "1001,42,student1")},
        ),
        adjustable=False,
    ),
    Rule(
        id="sds-v2",
        severity="Error",
        wording="The file is {hint}, retired in 2022, not {format} (recognised by its header)",
        meaning="The file belongs to SDS V2, the predecessor of SDS V2.1, in which the roles were"
        " columns of users.csv. School Data Sync no longer reads it.",
        advice="Choose SDS V2.1 in the student information system. In SDS V2.1, roles are in"
        " roles.csv.",
        causes=("The export was set up before May 2022 and has not been changed since.",),
        sources=(V2_1_PAGE, FILE_FORMATS),
        example=Example(
            finding="The file is SDS V2, retired in 2022, not SDS V2.1 (recognised by its header)",
            format="sds-v2.1",
            before={
                "users.csv": csv(
                    "sourcedId,orgSourcedIds,username,role",
                    "1001,42,student1@school.example,student",
                )
            },
            after={
                **_USERS,
                "roles.csv": csv("userSourcedId,orgSourcedId,role", "1001,42,student"),
            },
        ),
        adjustable=False,
    ),
    Rule(
        id="other-format",
        severity="Error",
        wording="The file is {hint}, not {format} (recognised by its header)",
        meaning="The file is in a format that the app knows, but not in that of the feed.",
        advice='Set the "format" of the feed to the format of the files, or export the format that'
        " the feed expects.",
        causes=(
            'The feed has no "format", so SDS V1 applies, and the export is in another format.',
            "The format was changed in the student information system, and not in the feed.",
        ),
        sources=(V1_PAGE, V2_1_PAGE),
        example=Example(
            finding="The file is SDS V1, UK variant, not SDS V1 (recognised by its header)",
            before={"student.csv": csv("ID,School DfE Number,Username", "1001,42,student1")},
            after={"student.csv": csv("SIS ID,School SIS ID,Username", "1001,42,student1")},
        ),
        adjustable=False,
    ),
)
