"""The statistics of a run, in one shape: the documentation has two that contradict each other.

The types say `{active, inactive, total}` for what was read and put the role counts beside them; the
sample has plain numbers and puts the role counts into the activities (spec 2.5).
"""

from typing import Any

from sync_core.statistics import EntityCounts, RunStatistics

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
    if isinstance(value, int):
        return EntityCounts(total=value)
    if not isinstance(value, dict):
        return None
    return EntityCounts(
        total=_number(value.get("total")),
        active=_number(value.get("active")),
        inactive=_number(value.get("inactive")),
    )


def _roles(places: list[dict[str, Any]], name: str) -> dict[str, int]:
    """The totals' own counts where there are some, else the sum of the activities'."""
    for group in ([places[0]], places[1:]):
        found: dict[str, int] = {}
        for place in group:
            for item in _list(place.get(name)):
                role = str(_mapping(item).get("role", ""))
                found[role] = found.get(role, 0) + _number(_mapping(item).get("count"))
        if found:
            return found
    return {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
