"""What is counted in a file set, for each format: whose IDs, in which columns."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from sync_core.formats.sds_v2_1_lists import ROLES

SCHOOL, SECTION, USER, OTHER_ROLE = "school", "section", "user", "other"


class EntitySource(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose rows are entities.

    `id` and `school` are columns; a row without a `school` column belongs to no school. The rows
    are of the kind `entity`, or, if that is None, of the kind that the column `role` names.
    """

    file: str
    id: str
    entity: str | None = None
    school: str | None = None
    role: str | None = None


class MembershipSource(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose rows are counted for each section. `section` is the column with its ID."""

    file: str
    section: str


class FormatEntities(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of one format.

    `shared_ids`: kinds in which the same ID is the same person, so that a person can change from
    one kind to another. Elsewhere, the same ID in two files can be two people.
    """

    entities: tuple[EntitySource, ...]
    memberships: tuple[MembershipSource, ...]
    shared_ids: frozenset[str] = frozenset()


def _sds_v1(*, id: str, school_id: str, school: str, section: str) -> FormatEntities:  # noqa: A002 - the column
    kinds = {"student.csv": "student", "teacher.csv": "teacher", "section.csv": SECTION}
    return FormatEntities(
        entities=(
            EntitySource(file="school.csv", id=school_id, entity=SCHOOL),
            *(
                EntitySource(file=file, id=id, entity=kind, school=school)
                for file, kind in kinds.items()
            ),
        ),
        memberships=tuple(
            MembershipSource(file=file, section=section)
            for file in ("studentenrollment.csv", "teacherroster.csv")
        ),
    )


_KINDS = MappingProxyType({role.lower(): role for role in ROLES})

_SDS_V2_1 = FormatEntities(
    entities=(
        EntitySource(file="orgs.csv", id="sourcedId", entity=SCHOOL),
        EntitySource(file="users.csv", id="sourcedId", entity=USER),
        EntitySource(file="roles.csv", id="userSourcedId", school="orgSourcedId", role="role"),
        EntitySource(file="classes.csv", id="sourcedId", entity=SECTION, school="orgSourcedId"),
    ),
    memberships=(MembershipSource(file="enrollments.csv", section="classSourcedId"),),
    shared_ids=frozenset({*ROLES, OTHER_ROLE}),
)

ENTITIES: Mapping[str, FormatEntities] = MappingProxyType(
    {
        "sds-v1": _sds_v1(
            id="SIS ID", school_id="SIS ID", school="School SIS ID", section="Section SIS ID"
        ),
        "sds-v1-uk": _sds_v1(
            id="ID", school_id="DfE Number", school="School DfE Number", section="Section ID"
        ),
        "sds-v2.1": _SDS_V2_1,
    }
)
"""The sources of every format, by its name."""


def kind_of_role(code: str) -> str:
    """The kind of entity that a role's code stands for.

    A code that is not listed counts as `other`, because a cell value is never kept.
    """
    return _KINDS.get(code.strip().lower(), OTHER_ROLE)
