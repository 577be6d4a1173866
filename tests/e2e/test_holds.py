"""Exports that a guard holds, and what people decide about them, over the whole pipeline."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from local.graph.documents import Step
from sync_core.guards.decision_store import DecisionStore
from sync_core.guards.decisions import Signed, paused, resumed
from sync_core.model.holds import Decision, Settlement
from tests.e2e.conftest import Pipeline, until
from tests.e2e.kills import APPROVED, APPROVED_SAMPLE, HELD, NEVER_SENT
from tests.unit.guards_kit import numbered, v1

Files = Mapping[str, str]

NORTH, SOUTH = numbered(1_940), numbered(60, "S", "z")
SIGNED = Signed("ann@example.org", "2026-11-29T08:00:00.000Z", "the school has confirmed it")
LATER = SIGNED._replace(at="2026-11-29T09:00:00.000Z")


def export(students: list[tuple[str, str]], *, schools: tuple[str, ...] = ("N", "S")) -> Files:
    """An export with these students, each enrolled in the section of their school."""
    enrolled = [(f"c{school}", student) for student, school in students]
    teachers = [(f"t{school}", school) for school in schools]
    made = v1(
        students,
        teachers,
        [(f"c{school}", school) for school in schools],
        schools=schools,
        enrolled=enrolled,
    )
    roster = "".join(f"c{school},t{school}\n" for school in schools)
    return {**made, "teacherroster.csv": made["teacherroster.csv"] + roster}


FULL = export([*NORTH, *SOUTH])
HALF = export([*NORTH[:940], *SOUTH])
REPLACED = export([*NORTH[500:], *numbered(500, prefix="r"), *SOUTH])
CLOSED = export(NORTH, schools=("N",))
EMPTIED = {
    **FULL,
    "student.csv": FULL["student.csv"].splitlines(keepends=True)[0],
    "studentenrollment.csv": FULL["studentenrollment.csv"].splitlines(keepends=True)[0],
}
WITH_GUARDIANS = {
    **FULL,
    "user.csv": "Email,First Name,Last Name,Phone,SIS ID\np@example.org,P,Q,,p1\n",
    "guardianrelationship.csv": "SIS ID,Email,Role\ns1,p@example.org,parent\n",
}


class Story:
    """A feed whose first export is synced, and the exports after it."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        self.pipeline, self._folder, self._nights = pipeline, folder, 0
        self.decisions = DecisionStore(pipeline.cloud.decisions)

    def begin(self, files: Files = FULL, **options: Any) -> Any:
        """Sync the first export."""
        self.land(files)
        self.pipeline.start(**options)
        result = self.pipeline.await_outcome("started", "dry_run")
        self.pipeline.await_end()
        return result

    def land(self, files: Files) -> None:
        """Deliver the next export, in a folder of its own."""
        self._nights += 1
        night = self._folder / f"n{self._nights}"
        night.mkdir()
        for name, text in files.items():
            (night / name).write_text(text, encoding="utf-8")
        self.pipeline.drop(night, night.name)

    def held(self, files: Files) -> Any:
        """The result of an export that is held."""
        self.land(files)
        result = self.pipeline.await_outcome("held")
        self.pipeline.await_end()
        return result

    def decide(self, held: Any, decision: Literal["approved", "rejected"]) -> None:
        """Decide about a held run, and let the app notice it."""
        self.record(held, decision)
        self.pipeline.sweep()

    def record(self, held: Any, decision: Literal["approved", "rejected"]) -> None:
        made = Decision(
            feed=held["feed"],
            run=held["run"],
            generation=held["generation"],
            decision=decision,
            by=SIGNED.by,
            reason=SIGNED.reason,
            decided_at=SIGNED.at,
        )
        self.decisions.decide(made)

    def restart(self, die_at: str | None = None, *, swept: bool = False) -> None:
        """Stop the host and start it again; with `die_at`, wait until it has died there."""
        self.pipeline.hosts[-1].kill()
        host = self.pipeline.start(die_at=die_at)
        if swept:
            self.pipeline.sweep()
        if die_at:
            until(host.ended, lambda: f"the host to die at {die_at}\n{self.pipeline.log()}")

    def starts(self) -> int:
        return self.pipeline.graph.count("start")

    def uploads(self) -> int:
        return self.pipeline.graph.count("upload_url")

    def uploaded(self) -> Files:
        """What the service has received last of every file."""
        received = self.pipeline.graph.uploaded(self.pipeline.profile)
        return {name: data.decode() for name, data in received.items()}


@pytest.fixture
def story(pipeline: Pipeline, tmp_path: Path) -> Story:
    folder = tmp_path / "exports"
    folder.mkdir()
    return Story(pipeline, folder)


@pytest.mark.parametrize(
    ("files", "guard", "count", "of"),
    [
        pytest.param(HALF, "removed", 1_000, 2_000, id="half"),
        pytest.param(REPLACED, "removed", 500, 2_000, id="replaced"),
    ],
)
def test_what_would_remove_too_many_is_held_and_nothing_is_uploaded(
    story: Story, files: Files, guard: str, count: int, of: int
) -> None:
    first = story.begin()
    result = story.held(files)
    found = [(trip["guard"], trip["count"], trip["of"]) for trip in result["held"]["trips"]]
    assert (guard, count, of) in found
    assert (result["comparedWith"], result["sent"]) == (first["run"], False)
    assert (story.uploads(), story.starts()) == (1, 1)
    *_, event = story.pipeline.await_events(2)
    assert event["data"]["outcome"] == "held"


def test_a_half_export_is_rejected_and_its_correction_is_synced(story: Story) -> None:
    story.begin()
    story.decide(story.held(HALF), "rejected")
    story.land(export([*NORTH[10:], *SOUTH]))
    result = story.pipeline.await_outcome("started")
    story.pipeline.await_end()
    assert story.starts() == 2
    assert [one["outcome"] for one in story.pipeline.results()] == ["started", "held", "started"]
    assert result["approves"] is None


@pytest.mark.parametrize(
    ("first", "files", "reason"),
    [
        pytest.param(FULL, EMPTIED, ("file-emptied", 1, 2_000), id="emptied"),
        pytest.param(FULL, CLOSED, ("school-vanished", 1, 2), id="school-closed"),
        pytest.param(WITH_GUARDIANS, FULL, ("file-gone", 1, 1), id="optional-file-gone"),
    ],
)
def test_what_a_person_approves_is_synced_exactly_once(
    story: Story, first: Files, files: Files, reason: tuple[str, int, int]
) -> None:
    story.begin(first)
    held = story.held(files)
    found = [(trip["guard"], trip["count"], trip["of"]) for trip in held["held"]["trips"]]
    assert reason in found
    assert story.uploaded() == first
    story.decide(held, "approved")
    result = story.pipeline.await_outcome("started", "started_with_warnings")
    story.pipeline.await_end()
    assert (result["run"], result["approves"]) == (f"{held['run']}-approved", held["run"])
    assert result["generation"] == held["generation"]
    assert (result["approval"]["by"], result["approval"]["reason"]) == (SIGNED.by, SIGNED.reason)
    assert files.items() <= story.uploaded().items()
    story.pipeline.sweep()
    story.pipeline.await_end()
    assert (story.starts(), len(story.pipeline.results())) == (2, 3)


def test_an_approval_that_is_overtaken_by_a_newer_export_is_void(story: Story) -> None:
    story.begin()
    held = story.held(HALF)
    story.land(export([*NORTH[10:], *SOUTH]))
    story.pipeline.await_outcome("started")
    story.pipeline.await_end()
    story.decide(held, "approved")
    story.pipeline.await_end()
    assert story.starts() == 2
    assert not any(one["approves"] for one in story.pipeline.results())


def test_a_paused_feed_syncs_nothing_until_it_is_resumed(story: Story) -> None:
    feed = story.pipeline.feed
    story.begin()
    story.decisions.change_pause(feed, lambda _: paused(feed, SIGNED))
    held = story.held(export([*NORTH[10:], *SOUTH]))
    assert [trip["guard"] for trip in held["held"]["trips"]] == ["paused"]
    story.decide(held, "approved")
    story.pipeline.await_end()
    assert story.starts() == 1
    story.decisions.change_pause(feed, lambda pause: resumed(feed, pause, LATER))
    story.pipeline.sweep()
    assert story.pipeline.await_outcome("started")["approves"] == held["run"]
    assert story.starts() == 2


def test_a_run_that_waits_for_its_target_is_held_by_a_pause(story: Story) -> None:
    pipeline, feed = story.pipeline, story.pipeline.feed
    story.begin()
    pipeline.graph.change_profile(pipeline.profile, states=[Step("provisioning")])
    looks = pipeline.graph.count("get_profile")
    story.land(export([*NORTH[10:], *SOUTH]))
    until(
        lambda: pipeline.graph.count("get_profile") > looks,
        lambda: f"the app to ask for the profile\n{pipeline.log()}",
    )
    story.decisions.change_pause(feed, lambda _: paused(feed, SIGNED))
    pipeline.graph.change_profile(pipeline.profile, states=["provisioned"])
    held = pipeline.await_outcome("held")
    pipeline.await_end()
    assert [trip["guard"] for trip in held["held"]["trips"]] == ["paused"]
    assert (story.uploads(), story.starts()) == (1, 1)
    story.decisions.change_pause(feed, lambda pause: resumed(feed, pause, LATER))
    story.decide(held, "approved")
    assert pipeline.await_outcome("started")["approves"] == held["run"]
    assert (story.uploads(), story.starts()) == (2, 2)


def test_a_dry_run_says_that_it_would_be_held(story: Story) -> None:
    dry: dict[str, Any] = {"target": "dry-run", "profileId": None}
    first = story.begin(**dry)
    story.land(HALF)
    *_, event = story.pipeline.await_events(2)
    result = story.pipeline.latest()
    assert (result["outcome"], result["comparedWith"]) == ("dry_run", first["run"])
    assert "The run would be held." in event["data"]["summary"]
    assert story.starts() == 0


@pytest.mark.parametrize("started", [True, False])
def test_an_unknown_start_changes_the_baseline_only_once_it_is_settled(
    story: Story, started: bool
) -> None:
    first = story.begin()
    story.pipeline.graph.fault("start", drop="before")
    story.land(export([*NORTH[10:], *SOUTH]))
    unknown = story.pipeline.await_outcome("unknown")
    story.pipeline.await_end()
    assert "--started" in unknown["action"]
    story.decisions.settle(
        Settlement(
            feed=unknown["feed"],
            run=unknown["run"],
            generation=unknown["generation"],
            started=started,
            by=SIGNED.by,
            settled_at=SIGNED.at,
        )
    )
    last = unknown if started else first
    assert story.held(HALF)["comparedWith"] == last["run"]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=() if point in APPROVED_SAMPLE else pytest.mark.kills)
        for point in APPROVED
    ],
)
def test_a_host_that_is_killed_starts_an_approved_set_once(story: Story, point: str) -> None:
    """The host is killed in the held run, if that has the step, and again in the approved one."""
    story.begin()
    story.pipeline.hosts[-1].kill()
    story.land(HALF)
    if point in HELD:
        story.restart(point)
    story.restart()
    held = story.pipeline.await_outcome("held")
    story.pipeline.await_end()
    assert (story.uploads(), story.starts()) == (1, 1)
    story.pipeline.hosts[-1].kill()
    story.record(held, "approved")
    story.restart(point, swept=True)
    story.restart()
    result = story.pipeline.await_outcome("started", "started_with_warnings", "unknown")
    story.pipeline.await_end()
    assert result["approves"] == held["run"]
    assert story.starts() == (1 if point in NEVER_SENT else 2)
    assert len(story.pipeline.results()) == 3


def test_the_sweep_reminds_of_a_hold_that_nobody_has_decided_about(story: Story) -> None:
    store, name = story.pipeline.cloud.results, f"{story.pipeline.feed}/hold.json"
    story.begin()
    result = story.held(HALF)
    kept = json.loads(store.download_blob(name).readall())
    assert kept == result["held"]
    long_ago = {**kept, "heldAt": "2026-01-01T02:00:00.000Z"}
    store.upload_blob(name, json.dumps(long_ago), overwrite=True)
    story.pipeline.sweep()
    *_, event = story.pipeline.await_events(3)
    assert (event["type"], event["data"]["number"]) == ("org.sis-sync.run.reminder.v1", 7)
