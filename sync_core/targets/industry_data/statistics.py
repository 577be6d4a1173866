"""Reads the statistics of a run. The documentation has two shapes that contradict each other.

In the type definitions, records are `{active, inactive, total}` and the role counts are beside
them. In the sample, records are numbers, and the role counts are in the activities.
docs/service-facts.md#runs-and-their-statistics
"""

from typing import Any

from sync_core.model.masking import kept_role
from sync_core.model.statistics import LARGEST_COUNT, EntityCounts, RunStatistics
from sync_core.targets.json_fields import text_of

ENTITIES = ("organizations", "people", "groups", "memberships")


def statistics_of(body: dict[str, Any]) -> RunStatistics:
    """The statistics in an answer of `getStatistics`, in either shape."""
    totals = _mapping(body.get("inboundTotals"))
    activities = [_mapping(item) for item in _list(body.get("activityStatistics"))]
    parts = [totals, *activities]
    entities = {name: _counts(totals.get(name)) for name in ENTITIES}
    return RunStatistics(
        errors=_count(totals.get("errors")) or 0,
        warnings=_count(totals.get("warnings")) or 0,
        matched=_roles(parts, "matchedPeopleByRole"),
        unmatched=_roles(parts, "unmatchedPeopleByRole"),
        **entities,
    )


def _counts(value: Any) -> EntityCounts | None:
    if not isinstance(value, dict):
        value = {"total": value}
    total = _count(value.get("total"))
    if total is None:
        return None
    return EntityCounts(
        total=total, active=_count(value.get("active")), inactive=_count(value.get("inactive"))
    )


def _roles(parts: list[dict[str, Any]], name: str) -> dict[str, int]:
    """The counts by role in the totals; if there are none, the sums of those in the activities."""
    for group in ([parts[0]], parts[1:]):
        found: dict[str, int] = {}
        for item in (item for part in group for item in _list(part.get(name))):
            if role := text_of(item, "role"):
                role = kept_role(role)
                found[role] = found.get(role, 0) + (_count(item.get("count")) or 0)
        if found:
            return found
    return {}


def _count(value: Any) -> int | None:
    """The value if it is a whole number from 0 to LARGEST_COUNT, otherwise None."""
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return value if counts else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
