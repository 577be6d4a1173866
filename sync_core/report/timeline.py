"""When each step of a run took place, in the feed's time zone and in UTC."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sync_core.model.documents import RunResult, StepName, SyncEnd
from sync_core.model.outcomes import Outcome
from sync_core.report.outcome import is_dry_run
from sync_core.report.words import duration, local, zone_named

STEPS: Mapping[StepName, str] = {
    "gather": "Wait for the complete export",
    "validate": "Check every row",
    "guard": "Compare with the last sync",
    "ready": "Wait until School Data Sync is ready",
    "upload": "Upload the files",
    "verify": "School Data Sync checks the files",
    "start": "Send the start request",
}
"""The steps in words that do not say whether a step succeeded."""

STEPS_OF_DRY_RUN: Mapping[StepName, str] = {
    "gather": STEPS["gather"],
    "validate": STEPS["validate"],
    "guard": STEPS["guard"],
    "upload": "Read every file again, as an upload would",
}
"""A dry run asks School Data Sync nothing, so its other steps are left out."""

STEPS_OF_HELD: Mapping[StepName, str] = {**STEPS, "upload": "Check again before the upload"}
"""A run can also be held by a pause that began while it waited for School Data Sync."""


class Moment(NamedTuple):
    """One line of the timeline. `utc` is empty if the time zone is UTC."""

    label: str
    day: str
    time: str
    utc: str
    duration: str


class Timeline(NamedTuple):
    """The moments of a run in one time zone."""

    zone: str
    moments: tuple[Moment, ...]


def timeline(result: RunResult, end: SyncEnd | None, time_zone: str) -> Timeline:
    """The moments of a run. The time zone is UTC if this machine does not know it."""
    name, zone = zone_named(time_zone)
    moments = []
    for label, time, seconds in sorted(_times(result, end), key=lambda each: local(each[1], None)):
        moment = local(time, zone)
        utc = f"{local(time, None):%H:%M:%S}" if zone else ""
        day = f"{moment:%a} {moment.day} {moment:%b}"
        took = "" if seconds is None else duration(seconds)
        moments.append(Moment(label, day, f"{moment:%H:%M:%S}", utc, took))
    return Timeline(name, tuple(moments))


def _times(result: RunResult, end: SyncEnd | None) -> Iterator[tuple[str, str, float | None]]:
    yield "The newest file arrived", result.landed_at, None
    labels = STEPS_OF_HELD if result.outcome is Outcome.HELD else STEPS
    labels = STEPS_OF_DRY_RUN if is_dry_run(result) else labels
    for step in result.steps:
        if step.name in labels:
            yield labels[step.name], step.started_at, step.seconds
    yield "The run ended", result.ended_at, _seconds(result.started_at, result.ended_at)
    if end is not None:
        label = "The sync ended" if end.ended else "The app stopped watching the sync"
        yield label, end.ended_at, _seconds(result.ended_at, end.ended_at)


def _seconds(start: str, end: str) -> float:
    return max(0.0, (local(end, None) - local(start, None)).total_seconds())
