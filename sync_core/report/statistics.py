"""What School Data Sync has counted in a sync that has ended."""

from collections.abc import Sequence
from typing import NamedTuple

from sync_core.model.documents import SyncEnd
from sync_core.model.words import counted
from sync_core.report.words import shown

ROLES = 20
"""The most roles that a report lists."""


class Entities(NamedTuple):
    """The records of one kind. `active` and `inactive` are None if they are not reported."""

    name: str
    total: int
    active: int | None
    inactive: int | None


class Role(NamedTuple):
    """The active people of one role: how many are matched with a user of the directory or not."""

    name: str
    matched: int
    unmatched: int


class Statistics(NamedTuple):
    """What was read, and a sentence about errors and warnings."""

    sentence: str
    entities: Sequence[Entities]
    roles: Sequence[Role]

    @property
    def has_states(self) -> bool:
        """Whether the service reports of some records how many are active."""
        return any(each.active is not None for each in self.entities)


def statistics(end: SyncEnd | None) -> Statistics | None:
    """The statistics of a sync, None if the service reports none."""
    found = end.statistics if end else None
    if found is None:
        return None
    kinds = {
        "Organizations": found.organizations,
        "People": found.people,
        "Groups": found.groups,
        "Memberships": found.memberships,
    }
    errors, warnings = counted(found.errors, "error"), counted(found.warnings, "warning")
    names = list(dict.fromkeys([*found.matched, *found.unmatched]))[:ROLES]
    return Statistics(
        f"School Data Sync counted {errors} and {warnings}.",
        [
            Entities(name, each.total, each.active, each.inactive)
            for name, each in kinds.items()
            if each is not None
        ],
        [
            Role(shown(each), found.matched.get(each, 0), found.unmatched.get(each, 0))
            for each in names
        ],
    )
