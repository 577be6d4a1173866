"""SDS V2.1: up to ten files, the format of the new School Data Sync.

Sources, by the short names used below:

- the format page: Microsoft Learn, "SDS V2.1 CSV file format".
- the lists page: Microsoft Learn, "default list of values".
- the samples: Microsoft's sample set for SDS V2.1.
- the upload template: the required fields that Microsoft's data factory template checks.
- the community module: SchoolDataSyncV2CSV in the PowerShell Gallery, used where Microsoft's
  pages say nothing.
- the directory: the limits of users and groups in Microsoft Graph.

Subjects and demographic codes are plain text, and the lists of grades and flags are not checked,
because no complete list was available. A warning about a valid code would teach people to ignore
warnings.
"""

from sync_core.formats.entities import (
    SCHOOL,
    SECTION,
    USER,
    EntitySource,
    FormatEntities,
    MembershipSource,
)
from sync_core.formats.model import Column, FileSpec, Format, Kind, Reference, Severity, Unique
from sync_core.formats.sds_v2_1_lists import (
    DOUBTFUL_ENROLLMENT_ROLES,
    DOUBTFUL_ROLES,
    ENROLLMENT_ROLES,
    ORG_TYPES,
    RELATIONSHIP_ROLES,
    ROLES,
    SESSION_TYPES,
)

_FORMAT_PAGE = "format page"
_LISTS = "lists page"
_SAMPLES = "samples"
_TEMPLATE = "upload template"
_COMMUNITY = "community module"
_DIRECTORY_NAME = 64
_DIRECTORY_TITLE = 256


def _required(
    name: str,
    kind: Kind = "text",
    *,
    values: tuple[str, ...] = (),
    max_length: int | None = None,
    domain: bool = False,
    source: str = _FORMAT_PAGE,
) -> Column:
    return Column(
        name=name,
        required=True,
        required_value=True,
        kind=kind,
        values=values,
        max_length=max_length,
        domain=domain,
        source=source,
    )


def _closed(
    name: str, values: tuple[str, ...], *, doubtful: tuple[str, ...] = (), source: str
) -> Column:
    return Column(
        name=name,
        required=True,
        required_value=True,
        kind="enum",
        values=values,
        closed=True,
        doubtful=doubtful,
        source=source,
    )


def _optional(
    *names: str,
    kind: Kind = "text",
    max_length: int | None = None,
    source: str = _FORMAT_PAGE,
) -> tuple[Column, ...]:
    return tuple(
        Column(name=name, kind=kind, max_length=max_length, source=source) for name in names
    )


def _key(
    *columns: str,
    user_name: str | None = None,
    severity: Severity = "Error",
    source: str = _FORMAT_PAGE,
) -> Unique:
    return Unique(columns=columns, user_name=user_name, severity=severity, source=source)


def _reference(
    column: str, to_file: str, severity: Severity = "Error", source: str = _FORMAT_PAGE
) -> Reference:
    return Reference(
        column=column, to_file=to_file, to_column="sourcedId", severity=severity, source=source
    )


_SOURCED_ID = _required("sourcedId", "id")
_USER_ID = _required("userSourcedId", "id")
_TO_USER = _reference("userSourcedId", "users.csv")
_TO_ORG = _reference("orgSourcedId", "orgs.csv")

_ORGS = FileSpec(
    name="orgs.csv",
    required=True,
    columns=(
        _SOURCED_ID,
        _required("name", "name"),
        _required("type", "enum", values=ORG_TYPES, source=_LISTS),
        *_optional("parentSourcedId", kind="id"),
    ),
    unique=(_key("sourcedId"),),
    # A warning, because the service drops only the value of a dangling optional reference.
    references=(_reference("parentSourcedId", "orgs.csv", "Warning"),),
)

_ACADEMIC_SESSIONS = FileSpec(
    name="academicSessions.csv",
    columns=(
        _SOURCED_ID,
        _required("title", "name"),
        _closed("type", SESSION_TYPES, source=_COMMUNITY),
        _required("schoolYear", "year"),
        _required("startDate", "date"),
        _required("endDate", "date"),
    ),
    unique=(_key("sourcedId"),),
)

_USERS = FileSpec(
    name="users.csv",
    required=True,
    columns=(
        _SOURCED_ID,
        _required("username", "username", domain=True),
        *_optional("givenName", "familyName", kind="name", max_length=_DIRECTORY_NAME),
        *_optional("password", source=_SAMPLES),
        *_optional("activeDirectoryMatchId"),
        *_optional("email", kind="email"),
        *_optional("phone", "sms", kind="phone"),
    ),
    unique=(_key("sourcedId", user_name="username"), _key("username", severity="Warning")),
)

_ROLES = FileSpec(
    name="roles.csv",
    required=True,
    columns=(
        _USER_ID,
        _required("orgSourcedId", "id"),
        _closed("role", ROLES, doubtful=DOUBTFUL_ROLES, source=_LISTS),
        *_optional("sessionSourcedId", kind="id"),
        *_optional("grade", kind="grade"),
        *_optional("isPrimary", kind="boolean"),
        *_optional("roleStartDate", "roleEndDate", kind="date"),
    ),
    unique=(
        _key(
            "userSourcedId", "orgSourcedId", "role", "grade", severity="Warning", source=_COMMUNITY
        ),
    ),
    references=(
        _TO_USER,
        _TO_ORG,
        _reference("sessionSourcedId", "academicSessions.csv", "Warning"),
    ),
)

_COURSES = FileSpec(
    name="courses.csv",
    columns=(
        _SOURCED_ID,
        _required("orgSourcedId", "id", source=_COMMUNITY),
        _required("title", "name"),
        *_optional("code", source=_COMMUNITY),
        *_optional("schoolYearSourcedId", kind="id"),
        *_optional("subject"),
        *_optional("grade", kind="grade"),
    ),
    # Two schools can teach a course with the same ID.
    unique=(_key("sourcedId", "orgSourcedId", source=_COMMUNITY),),
    references=(
        _TO_ORG,
        _reference("schoolYearSourcedId", "academicSessions.csv", "Warning"),
    ),
)

_CLASSES = FileSpec(
    name="classes.csv",
    group="classes",
    columns=(
        _SOURCED_ID,
        _required("orgSourcedId", "id"),
        _required("title", "name", max_length=_DIRECTORY_TITLE),
        *_optional("sessionSourcedIds", kind="ids"),
        *_optional("courseSourcedId", kind="id"),
        *_optional("code", source=_COMMUNITY),
    ),
    unique=(_key("sourcedId"),),
    references=(
        _TO_ORG,
        _reference("sessionSourcedIds", "academicSessions.csv", "Warning"),
        _reference("courseSourcedId", "courses.csv", "Warning"),
    ),
)

_ENROLLMENTS = FileSpec(
    name="enrollments.csv",
    group="classes",
    columns=(
        _required("classSourcedId", "id"),
        _USER_ID,
        _closed("role", ENROLLMENT_ROLES, doubtful=DOUBTFUL_ENROLLMENT_ROLES, source=_COMMUNITY),
    ),
    unique=(_key("classSourcedId", "userSourcedId", "role", severity="Warning"),),
    references=(_reference("classSourcedId", "classes.csv"), _TO_USER),
)

_DEMOGRAPHICS = FileSpec(
    name="demographics.csv",
    columns=(
        _USER_ID,
        *_optional("sex"),
        *_optional("birthDate", kind="date"),
        *_optional("birthCity", "birthState", "birthCountry", "ethnicityCodes", "raceCodes"),
    ),
    unique=(_key("userSourcedId", severity="Warning"),),
    references=(_TO_USER,),
)

_USER_FLAGS = FileSpec(
    name="userFlags.csv",
    columns=(_USER_ID, _required("flag", "code")),
    unique=(_key("userSourcedId", "flag", severity="Warning"),),
    references=(_TO_USER,),
)

_RELATIONSHIPS = FileSpec(
    name="relationships.csv",
    columns=(
        _USER_ID,
        _required("relationshipUserSourcedId", "id"),
        _required("relationshipRole", "enum", values=RELATIONSHIP_ROLES, source=_TEMPLATE),
    ),
    unique=(
        _key(
            *("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
            severity="Warning",
            source=_COMMUNITY,
        ),
    ),
    references=(_TO_USER, _reference("relationshipUserSourcedId", "users.csv")),
)

SDS_V2_1 = Format(
    name="sds-v2.1",
    title="SDS V2.1",
    service_code="schoolDataSyncV2Rev1",
    files=(
        _ORGS,
        _ACADEMIC_SESSIONS,
        _USERS,
        _ROLES,
        _COURSES,
        _CLASSES,
        _ENROLLMENTS,
        _DEMOGRAPHICS,
        _USER_FLAGS,
        _RELATIONSHIPS,
    ),
    entities=FormatEntities(
        entities=(
            EntitySource(file="orgs.csv", id="sourcedId", entity=SCHOOL, name="name"),
            EntitySource(file="users.csv", id="sourcedId", entity=USER),
            EntitySource(file="roles.csv", id="userSourcedId", school="orgSourcedId", role="role"),
            EntitySource(file="classes.csv", id="sourcedId", entity=SECTION, school="orgSourcedId"),
        ),
        memberships=(MembershipSource(file="enrollments.csv", section="classSourcedId"),),
        roles=ROLES,
    ),
)
