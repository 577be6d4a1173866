"""The validating step, over real storage: what it decides, and what it leaves for publishing."""

from collections.abc import Callable
from typing import Any

import pytest

from sync_core.activities import validate_file_set
from sync_core.landing import FileSet
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Ended, Validated, Verdict
from sync_core.results import paths
from tests.unit.product_kit import EXPORT, ActivityHarness


def landed(harness: ActivityHarness, **changed: str) -> FileSet:
    harness.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    return harness.landed_set()


def test_a_clean_set_continues_with_its_rows_counted(harness: ActivityHarness) -> None:
    files = landed(harness)
    assert harness.ask(validate_file_set, files=files) == Validated(rows=8)
    kept = harness.kept(paths.validation_record(files))
    assert kept["rows"] == {
        "school.csv": 1,
        "section.csv": 1,
        "student.csv": 2,
        "studentenrollment.csv": 2,
        "teacher.csv": 1,
        "teacherroster.csv": 1,
    }
    assert kept["findings"] == []


def test_an_error_ends_the_run_as_rejected_and_is_kept(harness: ActivityHarness) -> None:
    files = landed(harness, teacher="SIS ID,School SIS ID,Username\nt1,nowhere,cleo\n")
    answer = harness.ask(validate_file_set, files=files)
    assert answer == Ended(Verdict(outcome=Outcome.REJECTED))
    (finding,) = harness.kept(paths.validation_record(files))["findings"]
    assert (finding["fileName"], finding["field"], finding["rows"]) == (
        "teacher.csv",
        "School SIS ID",
        [2],
    )
    assert "nowhere" not in str(finding)


def test_warnings_stop_nothing_and_are_kept(harness: ActivityHarness) -> None:
    student = "SIS ID,School SIS ID,Username\ns1,N,ann\ns2,N,ann\n"
    files = landed(harness, student=student)
    assert isinstance(harness.ask(validate_file_set, files=files), Validated)
    (finding,) = harness.kept(paths.validation_record(files))["findings"]
    assert finding["type"] == "Warning"


@pytest.mark.parametrize(
    ("feed", "rules"),
    [
        ({"target": "classic"}, ["class-id-characters"]),
        ({"target": "dry-run", "profileId": None}, ["class-id-characters"]),
        ({"target": "industry-data", "profileId": None, "inboundFlowId": "i1"}, []),
    ],
    ids=["classic", "dry-run", "industry-data"],
)
def test_the_limits_are_those_of_the_target(
    new_harness: Callable[..., ActivityHarness], feed: dict[str, Any], rules: list[str]
) -> None:
    harness = new_harness(**feed)
    files = landed(
        harness,
        section="SIS ID,School SIS ID,Section Name\n7;A,N,Maths\n",
        studentenrollment="Section SIS ID,SIS ID\n7;A,s1\n",
        teacherroster="Section SIS ID,SIS ID\n7;A,t1\n",
    )
    assert isinstance(harness.ask(validate_file_set, files=files), Validated)
    findings = harness.kept(paths.validation_record(files))["findings"]
    assert [finding["rule"] for finding in findings] == rules


@pytest.mark.parametrize("change", ["rewritten", "deleted"])
def test_a_set_that_has_changed_is_not_judged(harness: ActivityHarness, change: str) -> None:
    files = landed(harness)
    if change == "rewritten":
        harness.land(files={"teacherroster.csv": "broken"})
    else:
        harness.landing.delete_blob("northwind/teacherroster.csv")
    assert harness.ask(validate_file_set, files=files) == Ended(Verdict(outcome=Outcome.SUPERSEDED))
    assert list(harness.results.list_blob_names()) == []


def test_it_asks_nothing_of_the_target(harness: ActivityHarness) -> None:
    harness.ask(validate_file_set, files=landed(harness))
    assert harness.target.calls == []
