"""The value lists of SDS V2.1. For the sources see `sds_v2_1`.

Tenants can extend the list of organisation types. The lists of roles and of session types are
closed (Microsoft Graph, reference definitions of the Industry Data API).
"""

ORG_TYPES = (
    "school",
    "ministryOfEducation",
    "localAuthority",
    "department",
    "university",
    "region",
    "district",
    "college",
    "division",
    "local",
    "campus",
    "province",
    "state",
    "adultEducation",
    "researchCenter",
    "national",
    "municipality",
    "program",
    "departmentOfEducation",
    "academicTrust",
)
"""Types of organisations (lists page)."""

ROLES = (
    "principal",
    "chair",
    "professor",
    "researcher",
    "adjunct",
    "affiliate",
    "occupationalTherapist",
    "physicalTherapist",
    "speechTherapist",
    "visionTherapist",
    "paraprofessional",
    "specialServices",
    "advisor",
    "proctor",
    "nurse",
    "officeStaff",
    "lecturer",
    "itAdmin",
    "administrator",
    "teacher",
    "faculty",
    "staff",
    "teacherAssistant",
    "assistant",
    "instructor",
    "substitute",
    "coach",
    "alumni",
    "student",
    "other",
)
"""Roles of a person in an organisation (lists page)."""

DOUBTFUL_ROLES = ("aide", "guardian", "parent", "relative", "doctor")
"""Roles of contacts. An older list has them, and Microsoft's own mapper (upload template) writes
them as roles in an organisation."""

ENROLLMENT_ROLES = (
    "student",
    "visionTherapist",
    "substitute",
    "aide",
    "paraprofessional",
    "principal",
    "proctor",
    "teacherAssistant",
    "specialServices",
    "teacher",
    "professor",
    "advisor",
    "administrator",
    "lecturer",
    "coach",
    "occupationalTherapist",
    "affiliate",
    "assistant",
    "physicalTherapist",
    "adjunct",
    "staff",
    "speechTherapist",
    "instructor",
    "alumni",
    "chair",
    "itAdmin",
    "officeStaff",
)
"""Roles of a person in a class (community module; `aide` in Microsoft's spelling)."""

DOUBTFUL_ENROLLMENT_ROLES = ("aid", "nurse", "researcher", "faculty")
"""Roles that only an older list has, and `aid` as the community module spells it."""

SESSION_TYPES = ("schoolYear", "semester", "term", "gradingPeriod", "quarter")
"""Types of academic sessions (community module)."""

RELATIONSHIP_ROLES = ("parent", "guardian", "relative", "doctor", "aide", "other")
"""Roles of a contact, as in Microsoft's own mapper (upload template)."""
