"""Stories: several exports in a row through the whole app, with what people decide in between."""

import csv
import shlex
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
from rich.console import Console

from local.cloud import ROOT, Host, LocalCloud, local_cloud
from local.demo import (
    FEED,
    SAMPLES,
    DemoFailed,
    DemoTarget,
    app_on,
    await_result,
    copied_results,
    deliver_all,
    print_report,
)
from local.exports import export_at
from local.folders import EVENTS, Refused, claimed, emptied
from local.narration import Json, Narrator, appended, print_verdict
from sync_core.model.holds import approved_run
from sync_core.model.outcomes import Outcome

SAMPLE = SAMPLES / "clean"
PUPILS, ENROLLMENTS = "student.csv", "studentenrollment.csv"
ID, SCHOOL = "SIS ID", "School SIS ID"
USUAL_TARGET = DemoTarget.CLASSIC
"""Its start ends at once. Industry Data is polled every five seconds, twice in each run."""

OPERATOR, REASON = "Ann Lee", "Sample Valley School has closed."


class Story(StrEnum):
    """The stories that can be shown."""

    SHRUNKEN = "shrunken"


class Stage(NamedTuple):
    """A running app, and what a story tells of it. `seconds` is the time limit of each run."""

    cloud: LocalCloud
    host: Host
    lines: Iterator[list[Json]]
    narrator: Narrator
    console: Console
    seconds: float


def tell(
    story: Story, folder: Path, console: Console, target: DemoTarget | None, seconds: float
) -> None:
    """Show a story. Raises DemoFailed if a run does not end as it should, Refused for a dry run.

    `folder` is locked meanwhile, and what was left there is removed. `seconds`: the time limit of
    each run.
    """
    if target is DemoTarget.DRY_RUN:
        raise Refused("A dry run is never held. Leave out TARGET, or choose another target.")
    fmt = export_at(SAMPLE).format
    with claimed(folder):
        emptied(folder)
        console.print(
            "Starting the local cloud: storage, a Microsoft Graph simulator, Functions host"
        )
        with (
            local_cloud(folder) as cloud,
            app_on(cloud, target or USUAL_TARGET, fmt, preparing_polls=0) as host,
        ):
            lines = appended(folder / EVENTS)
            STORIES[story](Stage(cloud, host, lines, Narrator(console), console, seconds))


def shrunken(stage: Stage) -> None:
    """Half of the pupils are missing: held, and synced once a person has approved it."""
    usual = _night(stage, "First night: the usual export.", SAMPLE, Outcome.STARTED)
    with TemporaryDirectory() as half:
        write_half(SAMPLE, Path(half))
        title = "Second night: half of the pupils are missing."
        held = _night(stage, title, Path(half), Outcome.HELD, usual)
    stage.console.print(f"\nThe next morning, {OPERATOR} looks at the run and asks the school.")
    _call(stage, "show", FEED, held)
    stage.console.print("\nAll of them are of one school, which has closed. The export is right.")
    _call(stage, "approve", FEED, held, "--by", OPERATOR, "--reason", REASON)
    stage.console.print("\nThe app looks for approvals every 10 minutes; here, at once.\n")
    httpx.post(f"{stage.host.url}/admin/functions/sweep", trust_env=False).raise_for_status()
    approved = _result(stage, Outcome.STARTED, after=held)
    if approved != approved_run(held):
        raise DemoFailed(f"The run {approved} is not the second run of {held}.")


STORIES = {Story.SHRUNKEN: shrunken}


def write_half(export: Path, into: Path) -> None:
    """Write an export of SDS V1 with the pupils of its first school only."""
    pupils = _rows(export / PUPILS)
    kept = {row[ID] for row in pupils if row[SCHOOL] == pupils[0][SCHOOL]}
    for path in sorted(export.glob("*.csv")):
        rows = _rows(path)
        if path.name in {PUPILS, ENROLLMENTS}:
            rows = [row for row in rows if row[ID] in kept]
        with (into / path.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _night(stage: Stage, title: str, export: Path, expected: Outcome, after: str = "") -> str:
    """Deliver an export in place of the last one, and wait for its result. Returns the run."""
    stage.console.print(f"\n{title}\n")
    deliver_all(stage.cloud, export_at(export).files, stage.narrator, stage.lines)
    return _result(stage, expected, after)


def _result(stage: Stage, expected: Outcome, after: str) -> str:
    result = await_result(
        stage.cloud, stage.host, stage.lines, stage.narrator, stage.seconds, after=after
    )
    print_verdict(stage.console, result)
    print_report(stage.console, copied_results(stage.cloud, stage.cloud.folder), result)
    if result["outcome"] != expected:
        raise DemoFailed(f"The run {result['run']} should have ended as {expected}.")
    return str(result["run"])


def _call(stage: Stage, *words: str) -> None:
    """Run `sis-sync` with these words, as an operator does, and print what it prints."""
    stage.console.print(f"\n$ sis-sync {shlex.join(words)}", soft_wrap=True)
    ran = subprocess.run(
        [sys.executable, "-m", "sync_core.cli", *words],
        cwd=ROOT,
        env={**stage.cloud.environment([]), "COLUMNS": str(stage.console.width)},
        capture_output=True,
        text=True,
        check=False,
    )
    stage.console.out(ran.stdout + ran.stderr, highlight=False, end="")
