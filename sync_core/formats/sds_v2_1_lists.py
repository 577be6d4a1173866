"""The value lists of SDS V2.1, which tenants extend. Sources by the names of `sds_v2_1`."""

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
"""The types of an organisation (lists page)."""

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
"""The roles of a person in an organisation (lists page)."""

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
"""The roles of a person in a class (community module; `aide` as Microsoft spells it)."""

SESSION_TYPES = ("schoolYear", "semester", "term", "gradingPeriod", "quarter")
"""The types of an academic session (community module)."""

RELATIONSHIP_ROLES = ("parent", "guardian", "relative", "doctor", "aide", "other")
"""The roles of a contact, which Microsoft's own mapper knows (upload template)."""
