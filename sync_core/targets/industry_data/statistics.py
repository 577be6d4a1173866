"""The statistics of a run, in one shape: the documentation has two that contradict each other.

The types say `{active, inactive, total}` for what was read and put the role counts beside them; the
sample has plain numbers and puts the role counts into the activities.
docs/service-facts.md#runs-and-their-statistics
"""

from typing import Any

from sync_core.model.masking import kept_role
from sync_core.model.statistics import LARGEST_COUNT, EntityCounts, RunStatistics
from sync_core.targets.industry_data.public_errors import text_of

ENTITIES = ("organizations", "people", "groups", "memberships")


def statistics_of(body: dict[str, Any]) -> RunStatistics:
    """The statistics of `getStatistics`, whichever shape it came in."""
    totals = _mapping(body.get("inboundTotals"))
    activities = [_mapping(item) for item in _list(body.get("activityStatistics"))]
    places = [totals, *activities]
    entities = {name: _counts(totals.get(name)) for name in ENTITIES}
    return RunStatistics(
        errors=_number(totals.get("errors")),
        warnings=_number(totals.get("warnings")),
        matched=_roles(places, "matchedPeopleByRole"),
        unmatched=_roles(places, "unmatchedPeopleByRole"),
        **entities,
    )


def _counts(value: Any) -> EntityCounts | None:
    if not isinstance(value, dict):
        value = {"total": value}
    total = _told(value.get("total"))
    if total is None:
        return None
    return EntityCounts(
        total=total, active=_told(value.get("active")), inactive=_told(value.get("inactive"))
    )


def _roles(places: list[dict[str, Any]], name: str) -> dict[str, int]:
    """The totals' own counts where there are some, else the sum of the activities'."""
    for group in ([places[0]], places[1:]):
        found: dict[str, int] = {}
        for item in (item for place in group for item in _list(place.get(name))):
            if role := text_of(item, "role"):
                role = kept_role(role)
                found[role] = found.get(role, 0) + _number(item.get("count"))
        if found:
            return found
    return {}


def _number(value: Any) -> int:
    return _told(value) or 0


def _told(value: Any) -> int | None:
    """The value if it is a non-negative integer that every reader of JSON holds, else None."""
    counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT
    return value if counts else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
