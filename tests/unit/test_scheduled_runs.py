"""A run that the service's own schedule starts is a success once that has ended well."""

from typing import Any

import msgspec
import pytest

from sync_core.activities import check_progress, start_sync
from sync_core.activities.deliver import FOLLOW_SECONDS
from sync_core.landing import FileSet
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Verdict
from sync_core.targets import Progress, StartPutOffError
from tests.unit.product_kit import ActivityHarness

SCHEDULED = Verdict(outcome=Outcome.SCHEDULED, summary="Left to the schedule.", sent=True)
STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
NOT_BEGUN = Progress(status="not started yet", state="running")
LAST = "northwind/started.json"


@pytest.fixture
def files(harness: ActivityHarness) -> FileSet:
    """A run that has ended as scheduled."""
    harness.land()
    files = harness.landed_set()
    harness.publish(files, SCHEDULED)
    return files


def end(
    harness: ActivityHarness, files: FileSet, progress: Progress, *, after: float = 60.0
) -> Any:
    """The second event, once the target has said this of the scheduled run."""
    harness.target.will_answer(progress=[progress])
    harness.ask(check_progress, files=files, after=after)
    return harness.emitted[-1]["data"]


def test_its_result_is_the_newest_and_not_the_last_that_was_started(
    harness: ActivityHarness, files: FileSet
) -> None:
    assert harness.kept("northwind/latest.json")["run"] == files.run
    assert not harness.services.results.has(LAST)


@pytest.mark.parametrize(
    "progress",
    [
        Progress(status="completed", state="succeeded", note="All records were synced."),
        Progress(status="completedWithWarnings", state="warned", note="Some values were dropped."),
    ],
)
def test_one_that_has_ended_well_counts_as_started(
    harness: ActivityHarness, files: FileSet, progress: Progress
) -> None:
    told = end(harness, files, progress)
    assert told["ended"] is True
    assert harness.kept(LAST) == harness.kept(f"northwind/{files.run}/result.json")


@pytest.mark.parametrize("status", ["failed", "completedWithErrors"])
def test_one_that_has_ended_badly_does_not_and_is_reported(
    harness: ActivityHarness, files: FileSet, status: str
) -> None:
    told = end(
        harness, files, Progress(status=status, state="failed", note="Records were dropped.")
    )
    assert told["severity"] == "error"
    assert not harness.services.results.has(LAST)


def test_one_that_does_not_end_while_it_is_watched_is_reported(
    harness: ActivityHarness, files: FileSet
) -> None:
    told = end(harness, files, NOT_BEGUN, after=FOLLOW_SECONDS)
    assert (told["ended"], told["severity"]) == (False, "error")
    assert "deliver the export again" in told["summary"]
    assert not harness.services.results.has(LAST)


def test_one_that_newer_files_supersede_is_left_to_them(
    harness: ActivityHarness, files: FileSet
) -> None:
    harness.land("n2/")
    told = end(harness, files, NOT_BEGUN)
    assert (told["ended"], told["severity"]) == (False, "warning")


def test_a_newer_export_whose_sync_was_started_stays_the_last(
    harness: ActivityHarness, files: FileSet
) -> None:
    newer = msgspec.structs.replace(files, landed_at=files.landed_at + 60)
    harness.publish(newer, STARTED)
    end(harness, files, Progress(status="completed", state="succeeded"))
    assert harness.kept(LAST)["run"] == newer.run


def test_an_end_that_is_reported_twice_counts_as_the_first_time(
    harness: ActivityHarness, files: FileSet
) -> None:
    end(harness, files, Progress(status="failed", state="failed", note="The run failed."))
    end(harness, files, Progress(status="completed", state="succeeded"))
    assert not harness.services.results.has(LAST)


def test_a_start_that_was_put_off_is_followed_from_the_first_request_on(
    harness: ActivityHarness,
) -> None:
    harness.land()
    files = harness.landed_set()
    harness.target.will_answer(
        before_start=[{"run": "r1"}, {"run": "r2"}], start=[StartPutOffError("Later.")]
    )
    harness.ask(start_sync, files=files)
    harness.ask(start_sync, files=files, after=1e6)
    harness.ask(check_progress, files=files)
    assert harness.target.before == {"run": "r1"}
