"""A small clean set for tests to modify, and a short form of its findings."""

from collections.abc import Iterator, Mapping

from sync_core.formats import format_named
from sync_core.model.messages import Finding
from sync_core.model.target_kinds import NO_LIMITS, FileLimits
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile, Validation

SDS_V1 = format_named("sds-v1")
SDS_V2_1 = format_named("sds-v2.1")

CLEAN: Mapping[str, str | bytes] = {
    "school.csv": "SIS ID,Name\nN,North\n",
    "student.csv": "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,bob\n",
    "teacher.csv": "SIS ID,School SIS ID,Username\nt1,N,cleo\n",
}
CLASSES: Mapping[str, str | bytes] = {
    "section.csv": "SIS ID,School SIS ID,Section Name\nc1,N,Maths\n",
    "studentenrollment.csv": "Section SIS ID,SIS ID\nc1,s1\nc1,s2\n",
    "teacherroster.csv": "Section SIS ID,SIS ID\nc1,t1\n",
}
GUARDIANS: Mapping[str, str | bytes] = {
    "user.csv": "Email,First Name,Last Name,Phone,SIS ID\np@home.example,Pat,Example,,\n",
    "guardianrelationship.csv": "SIS ID,Email,Role\ns1,p@home.example,\n",
}

CLEAN_V2_1: Mapping[str, str | bytes] = {
    "orgs.csv": "sourcedId,name,type\nN,North,school\nS,South,school\n",
    "academicSessions.csv": (
        "sourcedId,title,type,schoolYear,startDate,endDate\n"
        "Y27,2026-27,schoolYear,2027,2026-08-17,2027-06-20\n"
    ),
    "users.csv": "sourcedId,username\nu1,a@b.example\nu2,b@b.example\nu3,c@b.example\n",
    "roles.csv": (
        "userSourcedId,orgSourcedId,role,grade\nu1,N,student,09\nu2,N,student,10\nu3,N,teacher,\n"
    ),
    "courses.csv": "sourcedId,orgSourcedId,title\nm1,N,Maths\n",
    "classes.csv": "sourcedId,orgSourcedId,title,courseSourcedId\nc1,N,Maths 1,m1\n",
    "enrollments.csv": "classSourcedId,userSourcedId,role\nc1,u1,student\nc1,u3,teacher\n",
    "userFlags.csv": "userSourcedId,flag\nu1,ell\n",
    "relationships.csv": (
        "userSourcedId,relationshipUserSourcedId,relationshipRole\nu1,u2,guardian\n"
    ),
}

Fault = tuple[str, str, str | None, tuple[int, ...]]
"""File name, rule, field and line numbers of a finding."""


def csv_file(name: str, content: str | bytes, *, block: int = 1 << 20) -> CsvFile:
    data = content.encode() if isinstance(content, str) else content

    def blocks() -> Iterator[bytes]:
        return (data[start : start + block] for start in range(0, len(data), block))

    return CsvFile(name, blocks)


def check(
    files: Mapping[str, str | bytes],
    *,
    block: int = 1 << 20,
    limits: FileLimits = NO_LIMITS,
    is_whole: bool = True,
) -> Validation:
    """Validate a set of exactly these files. Unless `is_whole`, files may be missing."""
    given = [csv_file(name, content, block=block) for name, content in files.items()]
    return validate(SDS_V1, given, is_whole=is_whole, block_size=block, limits=limits)


def check_with(name: str, content: str | bytes, *, block: int = 1 << 20) -> Validation:
    """Validate the clean set with one file replaced, or added together with its group."""
    group = CLASSES if name in CLASSES else GUARDIANS if name in GUARDIANS else {}
    return check({**CLEAN, **group, name: content}, block=block)


def check_with_v2_1(name: str, content: str, *, block: int = 1 << 20) -> Validation:
    """Validate the clean set of SDS V2.1 with one file replaced."""
    given = [csv_file(*item, block=block) for item in {**CLEAN_V2_1, name: content}.items()]
    return validate(SDS_V2_1, given, block_size=block)


def faults(validation: Validation) -> list[Fault]:
    return [
        (finding.file_name, finding.rule, finding.field, finding.rows)
        for finding in validation.findings
    ]


def only_finding(validation: Validation) -> Finding:
    (finding,) = validation.findings
    return finding
