"""A feed that was synced before and has no baseline: its next export is no first run."""

from collections.abc import Callable, Mapping

import pytest

from sync_core.activities import compare_with_baseline, validate_file_set
from sync_core.model.outcomes import Outcome
from sync_core.orchestration.steps import Compared, Ended, Verdict
from tests.unit.product_kit import ActivityHarness
from tests.unit.test_activities_compare import (
    FULL,
    HALF,
    HELD,
    decide,
    gathered,
    guarded,
    held,
    nights,
    published,
    started,
    synced,
)

NewHarness = Callable[..., ActivityHarness]


def lose_key(harness: ActivityHarness) -> None:
    harness.services.baselines.erase("northwind")


def lose_everything(harness: ActivityHarness) -> None:
    lose(harness, "")


def lose(harness: ActivityHarness, ending: str) -> None:
    """Delete what is kept of the feed, as far as its name ends like this."""
    for name in [*harness.state.list_blob_names()]:
        if name.endswith(ending):
            harness.state.delete_blob(name)


@pytest.mark.parametrize("lose", [lose_key, lose_everything])
def test_its_next_export_is_held_and_then_the_baseline(
    harness: ActivityHarness, lose: Callable[[ActivityHarness], None]
) -> None:
    synced(harness)
    lose(harness)
    found, result = held(harness)
    (trip,) = result["held"]["trips"]
    assert trip["guard"] == "baseline-missing"
    assert "its baseline is missing" in result["summary"]
    assert result["comparedWith"] is None
    assert harness.results.download_blob(f"northwind/{found.run}/preview.jsonl").readall() == b""
    decide(harness, found)
    approved = gathered(harness)
    harness.ask(validate_file_set, files=approved)
    assert harness.ask(compare_with_baseline, files=approved) == Compared()
    started(harness, approved)
    assert nights(harness)[0] == approved.run
    synced(harness, HALF, "n3/")


def test_deleting_the_summaries_of_deleted_baselines_does_what_the_error_says(
    harness: ActivityHarness,
) -> None:
    synced(harness)
    lose(harness, ".baseline")
    answer, _ = guarded(harness, FULL, "n2/")
    assert "the guard baseline-missing then holds its next export" in answer.verdict.summary
    lose(harness, ".json")
    _, result = held(harness, FULL, "n3/")
    assert [trip["guard"] for trip in result["held"]["trips"]] == ["baseline-missing"]


def test_what_results_say_is_compared_all_the_same(harness: ActivityHarness) -> None:
    synced(harness)
    lose_everything(harness)
    harness.change_feed(profileId="another-profile")
    _, result = held(harness)
    assert [trip["guard"] for trip in result["held"]["trips"]] == [
        "target-changed",
        "baseline-missing",
    ]


def test_a_file_without_rows_stays_an_error(harness: ActivityHarness) -> None:
    synced(harness)
    lose_everything(harness)
    empty: Mapping[str, str] = {**FULL, "student.csv": "SIS ID,School SIS ID,Username\n"}
    harness.land("n2/", empty)
    answer = harness.ask(validate_file_set, files=gathered(harness))
    assert answer == Ended(Verdict(outcome=Outcome.REJECTED))


def test_a_feed_can_turn_the_guard_off(new_harness: NewHarness) -> None:
    harness = new_harness(guards={"baseline-missing": False})
    synced(harness)
    lose_everything(harness)
    synced(harness, HALF, "n2/")


def test_a_first_dry_run_after_a_sync_has_nothing_to_be_compared_with(
    harness: ActivityHarness,
) -> None:
    synced(harness)
    harness.change_feed(target="dry-run", profileId=None)
    answer, found = guarded(harness, HALF, "n2/")
    assert answer == Compared()
    result = published(harness, found, Ended(Verdict(outcome=Outcome.DRY_RUN)))
    assert result["held"] is None


def test_a_first_sync_after_dry_runs_is_a_first_run(new_harness: NewHarness) -> None:
    harness = new_harness(target="dry-run", profileId=None)
    answer, found = guarded(harness, FULL, "n1/")
    published(harness, found, Ended(Verdict(outcome=Outcome.DRY_RUN)))
    harness.change_feed()
    answer, _ = guarded(harness, HALF, "n2/")
    assert answer != HELD
