"""SDS V1, also called the SDS format: up to eight files.

Sources, by the short names used below:

- the format page: Microsoft Learn, "SDS V1 CSV file format" (files, groups, types of values).
- the minimal samples: Microsoft's "Min Required Attributes" sample files, whose headers are the
  default properties of a synchronization profile.
- the full samples: Microsoft's sample set with every column; `older` means its earlier headers.
- the contacts page: Microsoft Learn, "Parent contact sync file format".
- the start page: the verification messages in the documented response of `start`.
- the directory: the limits of users and groups in Microsoft Graph.

Grades and subjects are plain text, because no complete list of their codes was available. A
warning about a valid code would teach people to ignore warnings.
"""

from sync_core.formats.entities import (
    SCHOOL,
    SECTION,
    EntitySource,
    FormatEntities,
    MembershipSource,
)
from sync_core.formats.model import Column, FileSpec, Format, Kind, Reference, Severity, Unique

_FORMAT_PAGE = "format page"
_MINIMAL = "minimal samples"
_FULL = "full samples"
_OLDER = "older full samples"
_CONTACTS = "contacts page"
_START = "start page"
_DIRECTORY_NAME = 64
_DIRECTORY_TITLE = 256
_BY_ANALOGY = "by analogy with the start page"

GUARDIAN_ROLES = (
    "Parent",
    "Relative",
    "Aide",
    "Doctor",
    "Guardian",
    "Child",
    "Administrator",
    "Other",
)
"""The roles of a guardian (contacts page). The service reads a blank role as `Other`."""


def _required(
    name: str, kind: Kind = "text", *, max_length: int | None = None, source: str = _MINIMAL
) -> Column:
    return Column(
        name=name,
        required=True,
        required_value=True,
        kind=kind,
        max_length=max_length,
        source=source,
    )


def _optional(
    *names: str, kind: Kind = "text", max_length: int | None = None, source: str = _FULL
) -> tuple[Column, ...]:
    return tuple(
        Column(name=name, kind=kind, max_length=max_length, source=source) for name in names
    )


def _unique(*columns: str, user_name: str | None = None, source: str = _START) -> Unique:
    # A warning, because some exports have one row per school for a teacher of several schools.
    return Unique(columns=columns, user_name=user_name, severity="Warning", source=source)


def _reference(
    column: str, to_file: str, to_column: str = "SIS ID", source: str = _START
) -> Reference:
    # No page says what the service does with a dangling contact, so it does not block the sync.
    severity: Severity = "Warning" if source == _CONTACTS else "Error"
    return Reference(
        column=column, to_file=to_file, to_column=to_column, severity=severity, source=source
    )


_SIS_ID = _required("SIS ID", "id")
_SCHOOL_SIS_ID = _required("School SIS ID", "id")
_SECTION_SIS_ID = _required("Section SIS ID", "id")
_TO_SCHOOL = _reference("School SIS ID", "school.csv", source=_BY_ANALOGY)
_TO_SECTION = _reference("Section SIS ID", "section.csv")

_SCHOOL = FileSpec(
    name="school.csv",
    required=True,
    columns=(
        _SIS_ID,
        _required("Name", "name"),
        *_optional("School Number", "School NCES_ID", "State ID", "Grade Low", "Grade High"),
        *_optional("Principal SIS ID", kind="id"),
        *_optional("Principal Name", kind="name"),
        *_optional("Principal Secondary Email", kind="email"),
        # Phone is plain text here, because the samples do not use E.164 for schools.
        *_optional("Address", "City", "State", "Country", "Zip", "Phone", "Zone"),
    ),
    unique=(_unique("SIS ID", source=_BY_ANALOGY),),
)

_STUDENT = FileSpec(
    name="student.csv",
    required=True,
    columns=(
        _SIS_ID,
        _SCHOOL_SIS_ID,
        *_optional("First Name", "Last Name", kind="name", max_length=_DIRECTORY_NAME),
        # Without a domain, as in the samples, it becomes the directory's mailNickname.
        _required("Username", "username", max_length=_DIRECTORY_NAME),
        *_optional("Password", "State ID"),
        *_optional("Secondary Email", kind="email"),
        *_optional("Student Number"),
        *_optional("Middle Name", kind="name"),
        *_optional("Grade", "Status"),
        *_optional("Birthdate", kind="date"),
        *_optional("Graduation Year"),
        *_optional(
            "Mailing Address", "Mailing City", "Mailing State", "Mailing Zip", source=_OLDER
        ),
        *_optional("Mailing Latitude", "Mailing Longitude", "Mailing Country", source=_OLDER),
        *_optional("Residence Address", "Residence City", "Residence State", source=_OLDER),
        *_optional("Residence Zip", "Residence Latitude", "Residence Longitude", source=_OLDER),
        *_optional("Residence Country", "Gender", "ELL Status", "FederalRace", source=_OLDER),
    ),
    unique=(_unique("SIS ID", user_name="Username"), _unique("Username")),
    references=(_TO_SCHOOL,),
)

_TEACHER = FileSpec(
    name="teacher.csv",
    required=True,
    columns=(
        _SIS_ID,
        _SCHOOL_SIS_ID,
        *_optional("First Name", "Last Name", kind="name", max_length=_DIRECTORY_NAME),
        # Without a domain, as in the samples, it becomes the directory's mailNickname.
        _required("Username", "username", max_length=_DIRECTORY_NAME),
        *_optional("Password", "State ID", "Teacher Number", "Status"),
        *_optional("Middle Name", kind="name"),
        *_optional("Secondary Email", kind="email"),
        *_optional("Title", "Qualification"),
        *_optional("Grade", source=_FORMAT_PAGE),
    ),
    unique=(_unique("SIS ID", user_name="Username"), _unique("Username")),
    references=(_TO_SCHOOL,),
)

_SECTION = FileSpec(
    name="section.csv",
    group="classes",
    columns=(
        Column(
            name="SIS ID",
            required=True,
            required_value=True,
            kind="id",
            names_group=True,
            source=_MINIMAL,
        ),
        _SCHOOL_SIS_ID,
        _required("Section Name", "name", max_length=_DIRECTORY_TITLE),
        *_optional("Section Number"),
        *_optional("Term SIS ID", kind="id"),
        *_optional("Term Name", kind="name"),
        *_optional("Term StartDate", "Term EndDate", kind="date"),
        *_optional("Course SIS ID", kind="id"),
        *_optional("Course Name", kind="name"),
        *_optional("Course Number", "Course Description", "Course Subject"),
        *_optional("Periods", "Status"),
    ),
    unique=(_unique("SIS ID", source=_BY_ANALOGY),),
    references=(_TO_SCHOOL,),
)


def _membership(name: str, people: str) -> FileSpec:
    return FileSpec(
        name=name,
        group="classes",
        columns=(_SECTION_SIS_ID, _SIS_ID),
        unique=(_unique("Section SIS ID", "SIS ID", source=_BY_ANALOGY),),
        references=(_TO_SECTION, _reference("SIS ID", people)),
    )


def _contact(name: str, *, blank: bool = False, kind: Kind = "text") -> Column:
    return Column(name=name, required=True, required_value=not blank, kind=kind, source=_CONTACTS)


_USER = FileSpec(
    name="user.csv",
    group="guardians",
    columns=(
        _contact("Email", kind="email"),
        _contact("First Name", kind="name"),
        _contact("Last Name", kind="name"),
        _contact("Phone", blank=True, kind="phone"),
        _contact("SIS ID", blank=True, kind="id"),
    ),
    unique=(_unique("Email", source=_CONTACTS),),
)

_GUARDIAN_RELATIONSHIP = FileSpec(
    name="guardianrelationship.csv",
    group="guardians",
    columns=(
        _contact("SIS ID", kind="id"),
        _contact("Email", kind="email"),
        Column(name="Role", required=True, kind="enum", values=GUARDIAN_ROLES, source=_CONTACTS),
    ),
    unique=(_unique("SIS ID", "Email", source=_CONTACTS),),
    references=(
        _reference("SIS ID", "student.csv", source=_CONTACTS),
        _reference("Email", "user.csv", "Email", source=_CONTACTS),
    ),
)


def sds_v1_entities(*, id: str, school_id: str, school: str, section: str) -> FormatEntities:  # noqa: A002 - the column
    """Schools, people and sections, with the names of the columns in SDS V1 or in a variant."""
    kinds = {"student.csv": "student", "teacher.csv": "teacher", "section.csv": SECTION}
    people = (
        EntitySource(file=file, id=id, entity=kind, school=school) for file, kind in kinds.items()
    )
    schools = EntitySource(file="school.csv", id=school_id, entity=SCHOOL, name="Name")
    return FormatEntities(
        entities=(schools, *people),
        memberships=tuple(
            MembershipSource(file=file, section=section)
            for file in ("studentenrollment.csv", "teacherroster.csv")
        ),
    )


SDS_V1 = Format(
    name="sds-v1",
    title="SDS V1",
    service_code="schoolDataSyncV1",
    files=(
        _SCHOOL,
        _STUDENT,
        _TEACHER,
        _SECTION,
        _membership("studentenrollment.csv", "student.csv"),
        _membership("teacherroster.csv", "teacher.csv"),
        _USER,
        _GUARDIAN_RELATIONSHIP,
    ),
    entities=sds_v1_entities(
        id="SIS ID", school_id="SIS ID", school="School SIS ID", section="Section SIS ID"
    ),
)
