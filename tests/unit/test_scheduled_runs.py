"""A run that the service's own schedule starts is a success once that has ended well."""

from typing import Any

import msgspec
import pytest

from sync_core.activities import check_progress, start_sync
from sync_core.activities.deliver import FOLLOW_SECONDS
from sync_core.landing import FileSet
from sync_core.outcomes import Outcome
from sync_core.steps import Verdict
from sync_core.targets import Progress, StartPutOffError
from tests.unit.product_kit import House

SCHEDULED = Verdict(outcome=Outcome.SCHEDULED, summary="Left to the schedule.", sent=True)
STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
NOT_BEGUN = Progress(status="not started yet", state="running")
LAST = "northwind/started.json"


@pytest.fixture
def files(house: House) -> FileSet:
    """A run that has ended as scheduled."""
    house.land()
    files = house.landed_set()
    house.publish(files, SCHEDULED)
    return files


def end(house: House, files: FileSet, progress: Progress, *, after: float = 60.0) -> Any:
    """The second event, once the target has said this of the scheduled run."""
    house.target.tell(progress=[progress])
    house.ask(check_progress, files=files, after=after)
    return house.emitted[-1]["data"]


def test_its_result_is_the_newest_and_not_the_last_that_was_started(
    house: House, files: FileSet
) -> None:
    assert house.kept("northwind/latest.json")["run"] == files.run
    assert not house.room.results.has(LAST)


@pytest.mark.parametrize(
    "progress",
    [
        Progress(status="completed", state="succeeded", note="All records were taken."),
        Progress(status="completedWithWarnings", state="warned", note="Some values were dropped."),
    ],
)
def test_one_that_has_ended_well_counts_as_started(
    house: House, files: FileSet, progress: Progress
) -> None:
    told = end(house, files, progress)
    assert told["ended"] is True
    assert house.kept(LAST) == house.kept(f"northwind/{files.run}/result.json")


@pytest.mark.parametrize("status", ["failed", "completedWithErrors"])
def test_one_that_has_ended_badly_does_not_and_is_told_of(
    house: House, files: FileSet, status: str
) -> None:
    told = end(house, files, Progress(status=status, state="failed", note="Records were dropped."))
    assert told["severity"] == "error"
    assert not house.room.results.has(LAST)


def test_one_that_does_not_end_while_it_is_watched_is_told_of(house: House, files: FileSet) -> None:
    told = end(house, files, NOT_BEGUN, after=FOLLOW_SECONDS)
    assert (told["ended"], told["severity"]) == (False, "error")
    assert "deliver the export again" in told["summary"]
    assert not house.room.results.has(LAST)


def test_one_that_newer_files_overtake_is_left_to_them(house: House, files: FileSet) -> None:
    house.land("n2/")
    told = end(house, files, NOT_BEGUN)
    assert (told["ended"], told["severity"]) == (False, "warning")


def test_a_newer_export_whose_sync_was_started_stays_the_last(house: House, files: FileSet) -> None:
    newer = msgspec.structs.replace(files, landed_at=files.landed_at + 60)
    house.publish(newer, STARTED)
    end(house, files, Progress(status="completed", state="succeeded"))
    assert house.kept(LAST)["run"] == newer.run


def test_an_end_that_is_told_twice_counts_as_it_was_told_first(
    house: House, files: FileSet
) -> None:
    end(house, files, Progress(status="failed", state="failed", note="The run failed."))
    end(house, files, Progress(status="completed", state="succeeded"))
    assert not house.room.results.has(LAST)


def test_a_start_that_was_put_off_is_followed_from_the_first_request_on(house: House) -> None:
    house.land()
    files = house.landed_set()
    house.target.tell(
        before_start=[{"run": "r1"}, {"run": "r2"}], start=[StartPutOffError("Later.")]
    )
    house.ask(start_sync, files=files)
    house.ask(start_sync, files=files, after=1e6)
    house.ask(check_progress, files=files)
    assert house.target.before == {"run": "r1"}
