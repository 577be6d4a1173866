"""The statistics of a run: both documented shapes, and none of them."""

from typing import Any

import msgspec
import pytest

from sync_core.model.masking import MASK
from sync_core.model.statistics import EntityCounts, RunStatistics
from sync_core.targets.industry_data.statistics import statistics_of

STUDENTS, TEACHERS = {"role": "student", "count": 25}, {"role": "teacher", "count": 4}
PLAIN = {
    "activityStatistics": [STUDENTS, TEACHERS],
    "inboundTotals": {
        "errors": 2,
        "warnings": 3,
        "organizations": 16,
        "people": 29,
        "groups": 0,
        "memberships": 120,
        "matchedPeopleByRole": [STUDENTS, TEACHERS],
        "unmatchedPeopleByRole": [],
    },
}
METRIC = {"total": 29, "active": 27, "inactive": 2}


def totals(**told: Any) -> RunStatistics:
    return statistics_of({"inboundTotals": told})


def test_the_samples_plain_numbers_are_totals() -> None:
    assert statistics_of(PLAIN) == RunStatistics(
        errors=2,
        warnings=3,
        organizations=EntityCounts(total=16),
        people=EntityCounts(total=29),
        groups=EntityCounts(total=0),
        memberships=EntityCounts(total=120),
        matched={"student": 25, "teacher": 4},
    )


@pytest.mark.parametrize("name", ["organizations", "people", "groups", "memberships"])
def test_the_types_metrics_are_kept_whole(name: str) -> None:
    expected = RunStatistics(**{name: EntityCounts(total=29, active=27, inactive=2)})  # type: ignore[arg-type]
    assert totals(**{name: METRIC}) == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [("matched", "matchedPeopleByRole"), ("unmatched", "unmatchedPeopleByRole")],
)
class TestRoles:
    def roles(self, kind: str, document: dict[str, Any]) -> dict[str, int]:
        found = statistics_of(document)
        other = found.unmatched if kind == "matched" else found.matched
        assert other == {}
        return found.matched if kind == "matched" else found.unmatched

    def test_the_totals_own_are_taken_where_there_are_some(self, kind: str, name: str) -> None:
        activities = [{name: [{"role": "student", "count": 1}]}]
        document = {"inboundTotals": {name: [STUDENTS]}, "activityStatistics": activities}
        assert self.roles(kind, document) == {"student": 25}

    @pytest.mark.parametrize("own", [[], None])
    def test_else_those_of_the_activities_are_summed(
        self, kind: str, name: str, own: object
    ) -> None:
        activities = [{name: [STUDENTS, TEACHERS]}, {name: [STUDENTS]}, {}]
        document = {"inboundTotals": {name: own}, "activityStatistics": activities}
        assert self.roles(kind, document) == {"student": 50, "teacher": 4}

    def test_what_names_no_role_is_left_out(self, kind: str, name: str) -> None:
        told = [None, 5, "x", {}, {"role": None, "count": 1}, {"role": {"x": "y"}, "count": 1}]
        document = {"inboundTotals": {name: [*told, {"role": "aide", "count": None}]}}
        assert self.roles(kind, document) == {"aide": 0}

    def test_a_role_that_is_not_documented_may_be_anything_and_is_not_reported(
        self, kind: str, name: str
    ) -> None:
        told = [{"role": role, "count": 2} for role in ("Ann Bell", "student", "Ann")]
        assert self.roles(kind, {"inboundTotals": {name: told}}) == {MASK: 4, "student": 2}


@pytest.mark.parametrize("junk", [None, "29", 2.5, -1, True, [], {}, {"total": None}, 10**400])
def test_what_is_not_a_count_is_not_reported(junk: object) -> None:
    assert totals(people=junk).people is None
    assert totals(errors=junk, warnings=junk) == RunStatistics()


@pytest.mark.parametrize("junk", [None, "27", 2.5, -1, False, [], {}])
def test_a_part_that_is_not_reported_is_not_made_up(junk: object) -> None:
    found = totals(people={"total": 29, "active": junk, "inactive": junk})
    assert found.people == EntityCounts(total=29)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"inboundTotals": None, "activityStatistics": None},
        {"inboundTotals": [], "activityStatistics": {}},
        {"inboundTotals": 5, "activityStatistics": [None, 5, "x", []]},
    ],
)
def test_a_document_that_says_nothing_breaks_nothing(document: dict[str, Any]) -> None:
    assert statistics_of(document) == RunStatistics()


@pytest.mark.parametrize(
    "told",
    [PLAIN["inboundTotals"], {"errors": -1, "people": True, "groups": {**METRIC, "active": -5}}],
)
def test_what_is_reported_can_be_read_back(told: dict[str, Any]) -> None:
    found = totals(**told)
    assert msgspec.json.decode(msgspec.json.encode(found), type=RunStatistics) == found
