"""Times and counts, and the statistics of a sync in one shape for all kinds of target."""

from typing import Annotated

import msgspec

Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
"""RFC 3339 in UTC."""

Count = Annotated[int, msgspec.Meta(ge=0)]

LARGEST_COUNT = 2**53 - 1
"""The largest integer that all JSON readers handle exactly (RFC 8259, section 6). Larger counts are
capped: a count of a thousand digits would not fit into an event."""


class EntityCounts(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The number of records of one kind. `active` and `inactive` are null if not reported."""

    total: Count
    active: Count | None = None
    inactive: Count | None = None


class RunStatistics(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a sync has read. `matched` and `unmatched` count people by the service's role names."""

    errors: Count = 0
    warnings: Count = 0
    organizations: EntityCounts | None = None
    people: EntityCounts | None = None
    groups: EntityCounts | None = None
    memberships: EntityCounts | None = None
    matched: dict[str, int] = {}
    unmatched: dict[str, int] = {}
