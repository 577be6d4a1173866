"""Whose IDs a format has: the files and columns of schools, people and classes."""

from collections.abc import Mapping

import msgspec

SCHOOL, SECTION, USER, OTHER_ROLE = "school", "section", "user", "other"


class EntitySource(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose rows are entities.

    `id`, `school` and `name` are columns; a row without a `school` column belongs to no school, and
    only schools have a `name`. The rows are of the kind `entity`, or, if that is None, of the kind
    that the column `role` names.
    """

    file: str
    id: str
    entity: str | None = None
    school: str | None = None
    role: str | None = None
    name: str | None = None


class MembershipSource(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose rows are counted for each section. `section` is the column with its ID."""

    file: str
    section: str


class FormatEntities(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of one format.

    `roles` are the kinds that a `role` column names. The same ID in several of them is the same
    person, who can change from one to another. Without `roles`, the same ID in two files can be two
    people.
    """

    entities: tuple[EntitySource, ...] = ()
    memberships: tuple[MembershipSource, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def shared_ids(self) -> frozenset[str]:
        """The kinds in which the same ID is the same person."""
        return frozenset({*self.roles, OTHER_ROLE}) if self.roles else frozenset()

    def kinds_of_codes(self) -> Mapping[str, str]:
        """The kind of each role by its code in lower case.

        A code that is not listed counts as `OTHER_ROLE`, because a cell value is never kept.
        """
        return {role.lower(): role for role in self.roles}
