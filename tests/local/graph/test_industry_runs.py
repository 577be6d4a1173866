"""Runs of the Industry Data API: start, status and statistics."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from local.graph.control import GraphSimulator
from local.graph.documents import Step
from local.graph.industry_documents import PublicError
from tests.local.graph.lake_kit import V1, V2, LakeCaller, operation_of

OpenSession = Callable[[str], str]


def get(industry: httpx.Client, path: str, **query: str) -> dict[str, Any]:
    answer = industry.get(path, params={f"${name}": value for name, value in query.items()})
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def start(industry: httpx.Client) -> str:
    return operation_of(industry.post("/runs/start"))


def newest(industry: httpx.Client) -> dict[str, Any]:
    run: dict[str, Any] = get(industry, "/runs", orderby="startDateTime desc", top="1")["value"][0]
    return run


def test_a_start_returns_an_operation_and_begins_a_run(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    graph.change_runs(operation=["notStarted", "running", "succeeded"])
    path = start(industry)
    seen = [get(industry, path) for _ in range(3)]
    assert [one["status"] for one in seen] == ["notStarted", "running", "succeeded"]
    assert seen[0]["@odata.type"] == "#microsoft.graph.longRunningOperation"
    run = newest(industry)
    assert seen[0]["resourceLocation"] == (f"{graph.graph_root}/beta/industryData/runs/{run['id']}")
    assert graph.count("runs_start", effective=True) == 1


@pytest.mark.parametrize("form", ["start", "microsoft.graph.industryData.start"])
def test_a_start_is_known_by_both_names(
    graph: GraphSimulator, industry: httpx.Client, form: str
) -> None:
    assert industry.post(f"/runs/{form}").status_code == 202
    assert graph.count("runs_start", effective=True) == 1


def test_runs_come_in_pages_that_keep_what_was_requested(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    graph.change_runs(page_size=2)
    for _ in range(5):
        start(industry)
    page = get(industry, "/runs", orderby="startDateTime desc", top="4")
    following = industry.get(page["@odata.nextLink"]).json()
    assert [len(page["value"]), len(following["value"])] == [2, 2]
    assert "@odata.nextLink" not in following
    began = [run["startDateTime"] for run in page["value"] + following["value"]]
    assert began == sorted(began, reverse=True)


def test_five_starts_fit_into_twelve_hours(graph: GraphSimulator, industry: httpx.Client) -> None:
    graph.change_runs(retry_after="2.128")
    for _ in range(5):
        start(industry)
        graph.advance_clock(3600)
    answer = industry.post("/runs/start")
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert (b"retry-after", b"2.128") in answer.headers.raw
    assert graph.count("runs_start") == 6
    assert graph.count("runs_start", effective=True) == 5
    graph.advance_clock(7 * 3600)
    start(industry)
    assert industry.post("/runs/start").status_code == 429


def test_scheduled_runs_and_failed_starts_are_not_counted(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    graph.change_runs(starts_allowed=1, operation=["running", "failed"])
    for _ in range(2):
        path = start(industry)
    assert [get(industry, path)["status"] for _ in range(2)] == ["running", "failed"]
    assert graph.count("runs_start", effective=True) == 0
    assert get(industry, "/runs")["value"] == []
    graph.begin_scheduled_run()
    graph.change_runs(operation=["succeeded"])
    start(industry)
    assert industry.post("/runs/start").status_code == 429
    assert len(get(industry, "/runs")["value"]) == 2


def test_a_start_may_have_taken_effect_though_its_answer_was_lost(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    graph.fault("runs_start", drop="after")
    with pytest.raises(httpx.RemoteProtocolError):
        industry.post("/runs/start")
    assert graph.count("runs_start", effective=True) == 1
    assert len(get(industry, "/runs")["value"]) == 1


@pytest.mark.parametrize("last", ["completed", "completedWithErrors", "failed", "someNewWord"])
def test_a_run_goes_through_its_words_and_ends_with_a_date(
    graph: GraphSimulator, industry: httpx.Client, last: str
) -> None:
    blocking = PublicError("OperationCanceled", "The operation has been canceled", "orgs.csv")
    ids = graph.create_inbound_flow(display_name="District")
    graph.change_runs(run=["running", last], blocking_error=blocking)
    run_id = graph.begin_scheduled_run()
    listed = get(industry, "/runs", expand="activities")["value"][0]
    during, after = (get(industry, f"/runs/{run_id}", expand="activities") for _ in range(2))
    for one in (during, after):
        assert one.pop("@odata.context").endswith("/runs/$entity")
    assert listed == during
    assert (during["status"], during["endDateTime"], during["blockingError"]) == (
        *("running", None),
        None,
    )
    assert after["status"] == last
    assert datetime.fromisoformat(after["endDateTime"]) >= datetime.fromisoformat(
        during["startDateTime"]
    )
    assert after["blockingError"]["code"] == "OperationCanceled"
    activity = {
        "@odata.type": "#microsoft.graph.industryData.inboundFlowActivity",
        "id": after["activities"][0]["id"],
        "displayName": "District",
        "status": last,
        "blockingError": after["blockingError"],
    }
    assert after["activities"] == [activity]
    assert during["activities"] == [{**activity, "status": "inProgress", "blockingError": None}]
    assert "activities" not in get(industry, f"/runs('{run_id}')")
    assert ids.flow not in str(after)


def test_runs_are_listed_the_oldest_first_unless_asked_otherwise(
    graph: GraphSimulator, industry: httpx.Client
) -> None:
    runs = [graph.begin_scheduled_run() for _ in range(3)]
    assert [run["id"] for run in get(industry, "/runs")["value"]] == runs
    assert newest(industry)["id"] == runs[2]


def test_listing_runs_is_no_poll_of_them(graph: GraphSimulator, industry: httpx.Client) -> None:
    graph.change_runs(run=[Step("running", polls=1), "completed"])
    run_id = graph.begin_scheduled_run()
    assert [newest(industry)["status"] for _ in range(2)] == ["running"] * 2
    assert [get(industry, f"/runs/{run_id}")["status"] for _ in range(2)] == [
        "running",
        "completed",
    ]


@pytest.fixture
def run_of_both_formats(
    graph: GraphSimulator, industry: httpx.Client, open_session: OpenSession, lake: LakeCaller
) -> str:
    """A completed run with a flow of each format, both with validated files."""
    graph.change_runs(run=["completed"], errors=2, warnings=1)
    for name, files in [("schoolDataSyncV1", V1), ("schoolDataSyncV2Rev1", V2)]:
        ids = graph.create_inbound_flow(
            display_name=name,
            file_format="schoolDataSyncV1" if files is V1 else "schoolDataSyncV2Rev1",
        )
        lake.upload(open_session(ids.connector), files)
        industry.post(f"/dataConnectors/{ids.connector}/validate")
    return graph.begin_scheduled_run()


def metric(number: int) -> dict[str, int]:
    return {"active": number, "inactive": 0, "total": number}


ROLES = [{"role": "student", "count": 2}, {"role": "teacher", "count": 2}]
TOTALS = {"organizations": 2, "people": 4, "groups": 2, "memberships": 4}


@pytest.mark.parametrize("form", ["getStatistics", "microsoft.graph.industryData.getStatistics()"])
def test_typed_statistics_measure_each_activity_and_total_in_numbers(
    industry: httpx.Client, run_of_both_formats: str, form: str
) -> None:
    told = get(industry, f"/runs/{run_of_both_formats}/{form}")
    assert told["@odata.type"] == "#microsoft.graph.industryData.industryDataRunStatistics"
    assert (told["runId"], told["status"]) == (run_of_both_formats, "completed")
    assert told["inboundTotals"] == {
        **TOTALS,
        "errors": 2,
        "warnings": 1,
        "matchedPeopleByRole": ROLES,
        "unmatchedPeopleByRole": [],
    }
    first, second = told["activityStatistics"]
    assert [first["displayName"], second["displayName"]] == [
        "schoolDataSyncV1",
        "schoolDataSyncV2Rev1",
    ]
    activity_id = first.pop("activityId")
    assert first == {
        "@odata.type": "#microsoft.graph.industryData.inboundActivityResults",
        "displayName": "schoolDataSyncV1",
        "status": "completed",
        "errors": 2,
        "warnings": 1,
        **{name: metric(number // 2) for name, number in TOTALS.items()},
        "matchedPeopleByRole": [{**role, "count": 1} for role in ROLES],
        "unmatchedPeopleByRole": [],
    }
    run = get(industry, f"/runs/{run_of_both_formats}", expand="activities")
    assert run["activities"][0]["id"] == activity_id


def test_plain_statistics_are_those_of_the_documented_sample(
    graph: GraphSimulator, industry: httpx.Client, run_of_both_formats: str
) -> None:
    graph.change_runs(statistics="plain")
    told = get(industry, f"/runs/{run_of_both_formats}/getStatistics")
    assert told["activityStatistics"] == ROLES
    assert {name: told["inboundTotals"][name] for name in TOTALS} == TOTALS


def test_metric_statistics_measure_the_totals_too(
    graph: GraphSimulator, industry: httpx.Client, run_of_both_formats: str
) -> None:
    graph.change_runs(statistics="metric")
    told = get(industry, f"/runs/{run_of_both_formats}/getStatistics")
    assert {name: told["inboundTotals"][name] for name in TOTALS} == {
        name: metric(number) for name, number in TOTALS.items()
    }


def test_a_run_takes_in_only_files_that_were_validated_without_an_error(
    graph: GraphSimulator, industry: httpx.Client, open_session: OpenSession, lake: LakeCaller
) -> None:
    ids = graph.create_inbound_flow()
    lake.upload(open_session(ids.connector), V2)
    before = graph.begin_scheduled_run()
    industry.post(f"/dataConnectors/{ids.connector}/validate")
    lake.upload(open_session(ids.connector), {"orgs.csv": V2["orgs.csv"]})
    industry.post(f"/dataConnectors/{ids.connector}/validate")
    after = graph.begin_scheduled_run()
    people = [
        get(industry, f"/runs/{run}/getStatistics")["inboundTotals"]["people"]
        for run in (before, after)
    ]
    assert people == [0, 2]
