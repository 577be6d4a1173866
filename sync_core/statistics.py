"""What a sync has read, in one shape whatever the service's was."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]


class EntityCounts(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How many records of one kind; null where the service told the total only."""

    total: Count
    active: Count | None = None
    inactive: Count | None = None


class RunStatistics(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a run has read. Roles are the service's words, with how many people were matched."""

    errors: Count = 0
    warnings: Count = 0
    organizations: EntityCounts | None = None
    people: EntityCounts | None = None
    groups: EntityCounts | None = None
    memberships: EntityCounts | None = None
    matched: dict[str, int] = {}
    unmatched: dict[str, int] = {}
