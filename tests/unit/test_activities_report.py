"""The report beside a result, over real storage: when it is written, and what it is made from."""

import logging
import re
from collections.abc import Callable

import msgspec
import pytest

from sync_core.activities import (
    check_progress,
    compare_with_baseline,
    validate_file_set,
)
from sync_core.activities.context import ActivityContext
from sync_core.activities.report import write_report
from sync_core.landing import FileSet
from sync_core.model.documents import RunResult
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Question, Verdict
from sync_core.report import ReportData
from sync_core.results import paths
from sync_core.targets import Progress
from tests.unit.product_kit import EXPORT, ActivityHarness

STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
REJECTED = Verdict(outcome=Outcome.REJECTED)
MORE_STUDENTS = EXPORT["student.csv"] + "s3,N,dan\ns4,N,eve\n"


def run(harness: ActivityHarness, verdict: Verdict, **changed: str) -> FileSet:
    """Land an export, validate and compare it, and publish how it ended."""
    harness.land(files={**EXPORT, **{f"{name}.csv": text for name, text in changed.items()}})
    files = harness.landed_set()
    harness.ask(validate_file_set, files=files)
    if verdict.outcome is not Outcome.REJECTED:
        harness.ask(compare_with_baseline, files=files)
    harness.publish(files, verdict)
    return files


def text(harness: ActivityHarness, name: str) -> str:
    """The text of a blob. A report may be wrapped within names."""
    kept = harness.results.download_blob(name).readall().decode()
    return kept.replace("<wbr>", "")


def test_schools_have_names_where_the_feed_shows_them(
    new_harness: Callable[..., ActivityHarness],
) -> None:
    harness = new_harness(showSchoolNames=True)
    run(harness, STARTED)
    files = run(harness, STARTED, student=MORE_STUDENTS)
    assert "<bdi>North</bdi>" in text(harness, paths.report(files))
    names = {each.name for each in harness.results.list_blobs()}
    others = {name for name in names if not name.endswith("/report.html")}
    assert not [name for name in others if "North" in text(harness, name)]


def test_times_are_in_the_time_zone_of_the_feed(
    new_harness: Callable[..., ActivityHarness],
) -> None:
    harness = new_harness(timeZone="Europe/Amsterdam")
    files = run(harness, STARTED)
    assert "Europe/Amsterdam" in text(harness, paths.report(files))


def test_every_result_refers_to_its_report_and_its_problems(harness: ActivityHarness) -> None:
    files = run(harness, STARTED)
    kept = harness.kept(paths.result(files))
    assert kept["report"] == f"northwind/{files.run}/report.html"
    assert kept["problems"] == f"northwind/{files.run}/problems.csv"
    assert "The sync has started." in text(harness, kept["report"])
    assert text(harness, kept["problems"]).startswith("\ufeffseverity,file,")


def test_the_event_names_the_report_without_a_signature(harness: ActivityHarness) -> None:
    files = run(harness, STARTED)
    address = harness.emitted[0]["data"]["report"]
    assert address == f"{harness.results.url}/{paths.report(files)}"


def test_the_event_about_the_end_of_the_sync_names_the_report(harness: ActivityHarness) -> None:
    files = run(harness, STARTED)
    harness.target.will_answer(progress=[Progress(status="success", state="succeeded")])
    harness.ask(check_progress, files=files)
    assert harness.emitted[-1]["type"] == "org.sis-sync.sync.ended.v1"
    assert harness.emitted[-1]["data"]["report"] == harness.emitted[0]["data"]["report"]


def test_browsers_and_spreadsheets_are_told_what_they_are(harness: ActivityHarness) -> None:
    files = run(harness, STARTED)
    for name, kind in ((paths.report(files), "text/html"), (paths.problems(files), "text/csv")):
        told = harness.results.get_blob_client(name).get_blob_properties().content_settings
        assert told.content_type == f"{kind}; charset=utf-8"


def test_the_first_report_counts_people_without_comparing_them(harness: ActivityHarness) -> None:
    files = run(harness, STARTED)
    report = text(harness, paths.report(files))
    assert "There is no earlier sync to compare with." in report
    assert "Each school, the largest first" in report
    assert re.search(r"Line 2 of school.csv</bdi></th>\s*<td>2</td>\s*<td>1</td>", report)
    assert "(new)" not in report
    assert harness.kept(paths.result(files))["comparedWith"] is None


def test_the_first_report_of_another_format_counts_people_too(
    new_harness: Callable[..., ActivityHarness],
) -> None:
    harness = new_harness()
    run(harness, STARTED)
    harness.change_feed(format="sds-v1-uk")
    schools = EXPORT["school.csv"].replace("SIS ID", "DfE Number")
    header = "ID,School DfE Number,Username\n"
    students = EXPORT["student.csv"].replace("SIS ID,School SIS ID,Username\n", header)
    files = run(harness, STARTED, school=schools, student=students)
    report = text(harness, paths.report(files))
    assert "There is no earlier sync to compare with." in report
    assert "Each school, the largest first" in report


def test_files_and_schools_are_compared_with_the_last_sync(harness: ActivityHarness) -> None:
    run(harness, STARTED)
    files = run(harness, STARTED, student=MORE_STUDENTS)
    report = text(harness, paths.report(files))
    assert "Compared with the last export that was synced" in report
    assert "+100 %" in report
    assert "Line 2 of school.csv" in report


def test_the_second_run_of_a_held_export_shows_what_changed(harness: ActivityHarness) -> None:
    run(harness, STARTED)
    held = run(harness, Verdict(outcome=Outcome.HELD), student=MORE_STUDENTS)
    approved = msgspec.structs.replace(held, approves=held.run)
    harness.publish(approved, STARTED)
    report = text(harness, paths.report(approved))
    assert "Approved run" in report
    assert "Line 2 of school.csv" in report


def test_an_export_with_errors_is_compared_with_the_last_sync_too(harness: ActivityHarness) -> None:
    run(harness, STARTED)
    files = run(harness, REJECTED, student=MORE_STUDENTS + "s5,N\n")
    report = text(harness, paths.report(files))
    assert "Too few fields" in report
    assert "Compared with the last export that was synced" in report
    assert re.search(r"Line 2 of school.csv.*4 <span class=\"change\">\(\+2\)", report, re.DOTALL)
    assert "People in rows that cannot be read are not counted." in report
    # The guards have compared nothing.
    assert harness.kept(paths.result(files))["comparedWith"] is None


def test_the_first_export_with_errors_counts_people_too(harness: ActivityHarness) -> None:
    files = run(harness, REJECTED, student=MORE_STUDENTS + "s5,N\n")
    report = text(harness, paths.report(files))
    assert "There is no earlier sync to compare with." in report
    assert re.search(r"Line 2 of school.csv</bdi></th>\s*<td>4</td>\s*<td>1</td>", report)


def test_a_baseline_that_cannot_be_read_costs_a_rejected_run_only_the_numbers(
    harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    run(harness, STARTED)
    for blob in harness.state.list_blobs():
        if blob.name.endswith(".baseline"):
            harness.state.upload_blob(blob.name, b"damaged", overwrite=True)
    with caplog.at_level(logging.WARNING, "sis_sync"):
        files = run(harness, REJECTED, student=MORE_STUDENTS + "s5,N\n")
    assert "no numbers of people" in caplog.text
    assert "Too few fields" in text(harness, paths.report(files))


def test_the_end_of_the_sync_is_in_the_report_once_it_is_known(harness: ActivityHarness) -> None:
    run(harness, STARTED)
    files = run(harness, STARTED, student=MORE_STUDENTS)
    before = text(harness, paths.report(files))
    assert "This report is written again when the sync has ended." in before
    harness.target.will_answer(progress=[Progress(status="success", state="succeeded")])
    harness.ask(check_progress, files=files)
    after = text(harness, paths.report(files))
    assert "The sync finished successfully." in after
    # By now the run itself is the last sync.
    assert "+100 %" in after


def test_no_name_of_a_person_and_no_cell_is_in_a_report(harness: ActivityHarness) -> None:
    student = "SIS ID,School SIS ID,Username\nsentinel,sentinel-school,sentinel-name\nsentinel\n"
    files = run(harness, REJECTED, student=student)
    for name in (paths.report(files), paths.problems(files)):
        assert "sentinel" not in text(harness, name)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_report(harness: ActivityHarness, outcome: Outcome) -> None:
    files = run(harness, Verdict(outcome=outcome))
    assert "What to do next" in text(harness, paths.report(files))


def test_a_run_that_found_no_files_has_a_report(harness: ActivityHarness) -> None:
    files = FileSet(feed="northwind", folder="", landed_at=0.0, files=(), identity="access-denied")
    harness.publish(files, Verdict(outcome=Outcome.FAILED))
    assert "The run failed." in text(harness, paths.report(files))


def test_a_report_that_cannot_be_made_costs_nothing_else(
    harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_data: ReportData) -> str:
        raise ValueError("sentinel")

    files = run(harness, STARTED)
    result = harness.services.results.decoded(paths.result(files), RunResult)
    assert result is not None
    question = Question(feed="northwind", since=0, now=0, files=files)
    feed = harness.settings.feed("northwind")
    context = ActivityContext(harness.services, question, feed, lambda _message: None)
    with caplog.at_level(logging.ERROR, "sis_sync"):
        same = write_report(context, result, [], None, follow=False, render=broken)
    assert same == result
    assert "no report on run" in caplog.text
    assert "ValueError" in caplog.text
    assert "sentinel" not in caplog.text
