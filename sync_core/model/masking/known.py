"""Texts and value lists of the service that Microsoft documents.

The sources are pages below `https://learn.microsoft.com/`.
"""

from http import HTTPStatus
from typing import NamedTuple

from sync_core.formats.sds_v1 import GUARDIAN_ROLES
from sync_core.formats.sds_v2_1_lists import ENROLLMENT_ROLES, RELATIONSHIP_ROLES, ROLES

TYPES = frozenset({"error", "warning", "information"})
ENTITIES = frozenset({"School", "Section", "Student", "Teacher"})
"""`entryType` of `educationSynchronizationError`."""

SERVICE_FIELDS = frozenset({"GradeLevelCode"})
"""Fields of the service's data model, as the page "SDS errors" (`schooldatasync/sds-errors`) names
them. They are not headers of a file."""

REFERENCE_TYPES = frozenset(
    {
        "RefAcademicSubject",
        "RefEthnicity",
        "RefGradeLevel",
        "RefOrgType",
        "RefPersonFlagType",
        "RefRace",
        "RefRole",
    }
)
"""The value lists of the Industry Data API (`industrydata-referencedefinition-post`)."""

CODES = frozenset(
    code.lower()
    for code in (
        # Errors of a sync (`schooldatasync/sds-errors`) and of a file's verification
        # (`industrydata-filevalidateoperation-get`).
        "AzureActiveDirectoryInvalidLicense",
        "AzureActiveDirectoryInvalidPropertyValue",
        "AzureActiveDirectoryInvalidUserUsageLocation",
        "AzureActiveDirectoryReplicaUnavailable",
        "AzureActiveDirectoryRequestThrottledTemporarily",
        "DuplicateTargetEntries",
        "InvalidLookupReference",
        "InvalidOrMissingReferenceCode",
        "None",
        "OptionalFileNotFound",
        "RequiredFileNotFound",
        "UnSpecified",
        "UnmatchedEntry",
        "UnsynchronizableChange",
        # Error responses of Microsoft Graph (`graph/errors`) and of the directory below it.
        "accessDenied",
        "activityLimitReached",
        "Authorization_RequestDenied",
        "generalException",
        "InvalidAuthenticationToken",
        "invalidRequest",
        "itemNotFound",
        "notAllowed",
        "notSupported",
        "quotaLimitReached",
        "Request_BadRequest",
        "Request_ResourceNotFound",
        "Request_UnsupportedQuery",
        "resourceModified",
        "serviceNotAvailable",
        "unauthenticated",
        "UnknownError",
        # The names of HTTP's own errors, which Graph uses as codes.
        *(
            "".join(filter(str.isalpha, status.phrase))
            for status in HTTPStatus
            if status >= HTTPStatus.BAD_REQUEST
        ),
    )
)
"""The codes of errors that are documented, in lower case. One that is not may be anything."""

PERSON_ROLES = frozenset(
    role.lower()
    for role in (
        *ROLES,
        *ENROLLMENT_ROLES,
        *RELATIONSHIP_ROLES,
        *GUARDIAN_ROLES,
        # A default role group of the Industry Data API: docs/service-facts.md#role-groups
        "students",
    )
)


class Wording(NamedTuple):
    """A text of the service: `{}` stands around what differs from one message to the next."""

    text: str
    source: str


_START = "start page of the classic API"
_SDS_ERRORS = "schooldatasync/sds-errors"
_RULES = "schooldatasync/validation-rules-and-descriptions"
_VALIDATION = "graph/api/industrydata-filevalidateoperation-get"

WORDINGS = (
    Wording("{count} row(s) have missing data for the field - {column}", _START),
    Wording("{count} row(s) have an invalid format for the field - {column}", _START),
    Wording(
        "{count} duplicates found in column {column} which requires values to be Unique", _START
    ),
    Wording("{count} row(s) have referenced data not found in source. Field - {column}", _START),
    Wording(
        "The value {value} in {column} for {record} isn't found in {reference}. Correct source"
        " system",
        _SDS_ERRORS,
    ),
    Wording(
        "{entity} cannot be updated as no matching entry in Active Directory was found for"
        " {entity}.  Verify the identity matching criteria for the profile",
        "graph/api/educationsynchronizationprofile-list-errors",
    ),
    Wording("When trying to validate required file {file} encountered {code} error", _VALIDATION),
    Wording("When trying to validate file {file} encountered {code} error", _VALIDATION),
    Wording("There was an application error when trying to process: {error}", _RULES),
    Wording(
        "Unable to find {file} in the path: {path}. Please check the path of {name} to ensure"
        " {file} exists or the name of the file is {file} and rerun sync",
        _RULES,
    ),
    Wording("The operation has been canceled with the message: {message}", _RULES),
    Wording(
        "One or more of the files found below don't match the expected format",
        "schooldatasync/update-source-data-with-sds-v2.1-csv",
    ),
)
"""Every text of the service that Microsoft documents, without its full stop."""
