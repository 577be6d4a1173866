"""What is checked once more before the upload: the target, the format, and whether it is paused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sync_core.activities import (
    compare_with_baseline,
    start_sync,
    upload_file_set,
    validate_file_set,
)
from sync_core.guards.decisions import paused, resumed
from sync_core.landing.fileset import FileSet
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Answer, Compared, Ended, Uploaded, Verdict
from tests.unit.product_kit import ActivityHarness
from tests.unit.test_activities_compare import (
    FULL,
    HALF,
    HELD,
    SIGNED,
    decide,
    gathered,
    guarded,
    held,
    published,
    started,
    synced,
)

NewHarness = Callable[..., ActivityHarness]

OTHER = {"profileId": "another-profile"}
DRY = {"target": "dry-run", "profileId": None}


@pytest.fixture
def once_synced(harness: ActivityHarness) -> Iterator[ActivityHarness]:
    """A feed whose first export is synced; nothing is sent to its target after that."""
    synced(harness)
    uploaded, starts = dict(harness.target.uploaded), harness.target.calls.count("start")
    yield harness
    assert harness.target.uploaded == uploaded
    assert harness.target.calls.count("start") == starts


def pause(harness: ActivityHarness) -> None:
    harness.services.decisions.change_pause("northwind", lambda _: paused("northwind", SIGNED))


def error_code(answer: Answer) -> str:
    assert isinstance(answer, Ended)
    assert answer.verdict.error is not None
    return answer.verdict.error.code


class TestAnotherTarget:
    @pytest.mark.parametrize("change", [OTHER, {"format": "sds-v1-uk"}])
    def test_the_guards_have_to_know_it(
        self, once_synced: ActivityHarness, change: dict[str, Any]
    ) -> None:
        answer, found = guarded(once_synced, FULL, "n2/")
        assert answer == Compared()
        once_synced.change_feed(**change)
        uploaded = once_synced.ask(upload_file_set, files=found)
        assert error_code(uploaded) == "target-changed"
        assert published(once_synced, found, uploaded)["outcome"] == "failed"

    def test_files_that_the_former_target_has_are_not_denied(
        self, harness: ActivityHarness
    ) -> None:
        answer, found = guarded(harness, FULL, "n1/")
        assert answer == Compared()
        harness.ask(upload_file_set, files=found)
        harness.change_feed(**OTHER)
        result = published(harness, found, harness.ask(upload_file_set, files=found))
        assert "was uploaded" not in result["summary"]
        assert "No sync was started." in result["summary"]

    @pytest.mark.parametrize("change", [OTHER, {"format": "sds-v1-uk"}])
    def test_validation_has_to_know_it_too(
        self, once_synced: ActivityHarness, change: dict[str, Any]
    ) -> None:
        once_synced.land("n2/", FULL)
        found = gathered(once_synced)
        once_synced.ask(validate_file_set, files=found)
        once_synced.change_feed(**change)
        answer = once_synced.ask(compare_with_baseline, files=found)
        assert error_code(answer) == "target-changed"

    def test_a_dry_run_is_never_held_so_it_does_not_become_a_sync(
        self, once_synced: ActivityHarness
    ) -> None:
        once_synced.change_feed(**DRY)
        answer, found = guarded(once_synced, FULL, "n2/")
        published(once_synced, found, Ended(Verdict(outcome=Outcome.DRY_RUN)))
        answer, found = guarded(once_synced, HALF, "n3/")
        assert answer == Compared()
        once_synced.change_feed()
        assert error_code(once_synced.ask(upload_file_set, files=found)) == "target-changed"

    @pytest.mark.parametrize("change", [OTHER, {"format": "sds-v1-uk"}])
    def test_an_approval_does_not_count_for_it(
        self, once_synced: ActivityHarness, change: dict[str, Any]
    ) -> None:
        found, _ = held(once_synced)
        once_synced.change_feed(**change)
        decide(once_synced, found)
        approved = gathered(once_synced)
        once_synced.ask(validate_file_set, files=approved)
        answer = once_synced.ask(compare_with_baseline, files=approved)
        assert error_code(answer) == "not-approved"


class TestAPauseAfterTheGuards:
    """A run may wait for its target for hours."""

    def test_it_holds_a_run_that_has_not_begun_to_upload(
        self, once_synced: ActivityHarness
    ) -> None:
        found = self.compared_set(once_synced)
        pause(once_synced)
        for _ in range(2):
            assert once_synced.ask(upload_file_set, files=found) == HELD
        result = published(once_synced, found, HELD)
        assert [trip["guard"] for trip in result["held"]["trips"]] == ["paused"]
        assert f"sis-sync approve northwind {found.run}" in result["action"]

    def test_its_run_can_be_approved(self, harness: ActivityHarness) -> None:
        synced(harness)
        found = self.compared_set(harness)
        pause(harness)
        published(harness, found, harness.ask(upload_file_set, files=found))
        later = SIGNED._replace(at="2026-11-29T09:00:00.000Z")
        harness.services.decisions.change_pause(
            "northwind", lambda pause: resumed("northwind", pause, later)
        )
        decide(harness, found)
        approved = gathered(harness)
        harness.ask(validate_file_set, files=approved)
        assert harness.ask(compare_with_baseline, files=approved) == Compared()
        started(harness, approved)
        assert harness.kept("northwind/latest.json")["outcome"] == "started"

    def test_a_run_that_has_begun_to_upload_continues(self, harness: ActivityHarness) -> None:
        synced(harness)
        found = self.compared_set(harness)
        harness.ask(upload_file_set, files=found)
        pause(harness)
        assert isinstance(harness.ask(upload_file_set, files=found), Uploaded)
        answer = harness.ask(start_sync, files=found)
        assert isinstance(answer, Ended)
        assert answer.verdict.outcome is Outcome.STARTED

    def test_a_dry_run_sends_nothing_anyway(self, new_harness: NewHarness) -> None:
        harness = new_harness(**DRY)
        answer, found = guarded(harness, FULL, "n1/")
        assert answer == Compared()
        pause(harness)
        assert isinstance(harness.ask(upload_file_set, files=found), Uploaded)

    def compared_set(self, harness: ActivityHarness) -> FileSet:
        answer, found = guarded(harness, FULL, "n2/")
        assert answer == Compared()
        assert isinstance(found, FileSet)
        return found
