"""What a sync has read, in one shape whatever the service's was."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]

LARGEST_COUNT = 2**53 - 1
"""The largest integer that readers of JSON agree on (RFC 8259, 6). A count of a thousand digits
would fit into no event."""


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
