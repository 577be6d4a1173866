"""Rules for what the format allows and the service of some targets does not take."""

from sync_core.formats.rules.model import Example, Repeated, Rule, csv
from sync_core.formats.rules.sources import DIRECTORY_GROUP, FILE_LIMITS, SYNC_ERRORS

_STUDENT = "SIS ID,School SIS ID,Username\n"
_ROW = "s{n},42,student{n}\n"
_SECTION = "SIS ID,School SIS ID,Section Name"
_NOBODY = csv("Section SIS ID,SIS ID")

LIMIT_RULES = (
    Rule(
        id="rows-over-limit",
        severity="Warning",
        wording="The file has more than {hint} rows, the limit of the classic API",
        meaning="The classic API takes at most 500,000 rows in a file. The rule does not apply to"
        " feeds whose target is Industry Data.",
        advice="If the target is the classic API, split the export: sync some of the schools with"
        " another profile. The Industry Data API documents no such limit.",
        causes=("A large district exports all schools in one set.",),
        sources=(FILE_LIMITS,),
        example=Example(
            finding="The file has more than 500,000 rows, the limit of the classic API",
            before={"student.csv": Repeated(start=_STUDENT, each=_ROW, times=500_001)},
            after={"student.csv": Repeated(start=_STUDENT, each=_ROW, times=500_000)},
        ),
    ),
    Rule(
        id="class-id-characters",
        severity="Warning",
        wording="Character that a mail nickname must not contain in the field {field} in {rows}",
        meaning="The classic API makes the mail nickname of a class's group from the ID of the"
        " class. A nickname must not contain this character, so the group is not created. The"
        " rule does not apply to feeds whose target is Industry Data.",
        advice="If the target is the classic API, use only letters, digits, hyphens and underscores"
        " in the IDs of classes: it makes the mail nickname of a class's group from the ID. Or set"
        " handleSpecialCharacterConstraint in the sync profile, which replaces other characters.",
        causes=(
            (
                "The ID of a class is put together from the numbers of school, course and section,"
                " with a colon or a dot between them."
            ),
        ),
        sources=(SYNC_ERRORS, DIRECTORY_GROUP),
        example=Example(
            finding="Character that a mail nickname must not contain in the field SIS ID in 1 row",
            beside={"studentenrollment.csv": _NOBODY, "teacherroster.csv": _NOBODY},
            before={"section.csv": csv(_SECTION, "42:MATH:1,42,Maths 1")},
            after={"section.csv": csv(_SECTION, "42-MATH-1,42,Maths 1")},
        ),
    ),
)
