"""One export through the whole app on this machine, with each step shown as it happens."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import convert
from rich.console import Console

from local.cloud import ROOT, Host, LocalCloud, local_cloud
from local.exports import export_at
from local.folders import EVENTS, claimed, emptied
from local.graph.documents import Step
from local.graph.industry_documents import FileFormat
from local.narration import Json, Narrator, appended, print_messages, print_verdict
from sync_core.formats import Format
from sync_core.model.target_kinds import TARGET_KINDS
from sync_core.targets.permissions import PERMISSIONS

FEED = "northwind"
SAMPLES = ROOT / "samples"
PREPARING_POLLS = 3
POLL_SECONDS = 0.1
EVERY_ROLE = [permission.name for needed in PERMISSIONS.values() for permission in needed]


class DemoTarget(StrEnum):
    """What the demonstration can sync to."""

    CLASSIC = "classic"
    INDUSTRY_DATA = "industry-data"
    DRY_RUN = "dry-run"


def usual_target(fmt: Format) -> DemoTarget:
    """The target for a format when none is named: Industry Data if it accepts the format."""
    takes_it = takes(DemoTarget.INDUSTRY_DATA, fmt)
    return DemoTarget.INDUSTRY_DATA if takes_it else DemoTarget.CLASSIC


def usual_export(target: DemoTarget | None) -> Path:
    """The sample for a target when no export is named: the classic API accepts no SDS V2.1."""
    return SAMPLES / ("clean" if target is DemoTarget.CLASSIC else "clean-v2.1")


def takes(target: DemoTarget, fmt: Format) -> bool:
    return fmt.name in TARGET_KINDS[target].formats


class DemoFailed(RuntimeError):  # noqa: N818 - it names what happened
    """The demonstration could not run; the message says what to do."""


def demo(
    export: Path | None, folder: Path, console: Console, target: DemoTarget | None, seconds: float
) -> None:
    """Run an export through the local cloud. Raises DemoFailed if no result comes in time.

    `export`: a folder or zip; None for a sample that fits the target. `folder` is locked while the
    demonstration runs, and what an earlier one left there is removed. `seconds`: the time limit.
    """
    export = export or usual_export(target)
    found = export_at(export)
    with claimed(folder):
        emptied(folder)
        console.print(
            "Starting the local cloud: storage, a Microsoft Graph simulator, Functions host"
        )
        target = target or usual_target(found.format)
        with local_cloud(folder) as cloud, app_on(cloud, target, found.format) as host:
            narrator = Narrator(console, dry_run=target is DemoTarget.DRY_RUN)
            where = f"{cloud.names.landing}/{FEED}"
            console.print(
                f"\nDelivering {relative(export.resolve())} ({found.format.title}) to {where}\n",
                soft_wrap=True,
            )
            lines = appended(folder / EVENTS)
            deliver_all(cloud, found.files, narrator, lines)
            result = await_result(cloud, host, lines, narrator, seconds)
            _print_end(cloud, console, result, folder)


def target_settings(
    cloud: LocalCloud, target: DemoTarget, fmt: Format, *, preparing_polls: int = 0
) -> dict[str, str]:
    """The settings of a feed that name a new target for a format.

    `preparing_polls`: how many polls find the target not ready yet. Raises DemoFailed if the target
    does not take the format.
    """
    if not takes(target, fmt):
        raise DemoFailed(
            f"The target {target} takes no files of {fmt.title}. Leave out TARGET, or choose"
            f" another: {', '.join(each for each in DemoTarget if takes(each, fmt))}."
        )
    match target:
        case DemoTarget.CLASSIC:
            profile = cloud.graph.create_profile(
                states=[*_preparing("provisioning", preparing_polls), "provisioned"],
                sync=[Step("inProgress", seconds=2), "success"],
            )
            return {"target": target, "profileId": profile}
        case DemoTarget.INDUSTRY_DATA:
            # All feeds of a local cloud share one identity, also those with a classic target.
            cloud.graph.change_identity(roles=EVERY_ROLE)
            flow, _ = cloud.graph.create_inbound_flow(
                file_format=convert(fmt.service_code, FileFormat),
                readiness=[*_preparing("notReady", preparing_polls), "ready"],
                validation=[Step("running", seconds=1), "succeeded"],
            )
            return {"target": target, "inboundFlowId": flow}
        case DemoTarget.DRY_RUN:
            return {"target": target}


def _preparing(state: str, polls: int) -> list[Step]:
    return [Step(state, polls=polls)] if polls else []


@contextmanager
def app_on(
    cloud: LocalCloud, target: DemoTarget, fmt: Format, *, preparing_polls: int = PREPARING_POLLS
) -> Iterator[Host]:
    """The app with one feed, until the block ends. `preparing_polls` as for `target_settings`."""
    feed = {
        "name": FEED,
        **target_settings(cloud, target, fmt, preparing_polls=preparing_polls),
        "format": fmt.name,
        # Short waits: in production these take minutes to hours.
        "quietSeconds": 2,
        "pollSeconds": 1,
        "pollCapSeconds": 2,
        "setDeadlineSeconds": 10,
    }
    host = cloud.host(cloud.environment([feed]), options=["--events", str(cloud.folder / EVENTS)])
    try:
        yield host
    finally:
        host.stop()


def deliver_all(
    cloud: LocalCloud, files: Iterable[Path], narrator: Narrator, lines: Iterator[list[Json]]
) -> None:
    """Deliver files one after the other, and print what the app does meanwhile."""
    for path in files:
        _deliver(cloud, path, narrator)
        _tell(lines, narrator)


def _deliver(cloud: LocalCloud, path: Path, narrator: Narrator) -> None:
    began = time.monotonic()
    cloud.drop(f"{FEED}/{path.name}", path.read_bytes())
    took = time.monotonic() - began
    narrator.say("delivered", f"{path.name}, {path.stat().st_size:,} bytes", took=took)
    time.sleep(0.3)


def _tell(lines: Iterator[list[Json]], narrator: Narrator) -> bool:
    """Print what is new. Returns True once the feed's orchestration has ended."""
    ended = False
    for event in next(lines):
        narrator.tell(event)
        ended |= event["kind"] == "orchestration_completed" and event["name"] == "sync_feed"
    return ended


def await_result(
    cloud: LocalCloud,
    host: Host,
    lines: Iterator[list[Json]],
    narrator: Narrator,
    seconds: float,
    *,
    after: str = "",
) -> Any:
    """The result of the next run after the run `after`, once the feed's orchestration has ended.

    Raises DemoFailed if there is none in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _tell(lines, narrator):
            result = cloud.result(f"{FEED}/latest.json")
            if result is not None and result["run"] != after:
                return result
        if host.ended():
            raise DemoFailed(
                f"The Functions host stopped unexpectedly. Its log ends with:\n{host.log()[-2000:]}"
            )
        time.sleep(POLL_SECONDS)
    raise DemoFailed(
        f"There is no result after {seconds:g} seconds. {narrator.waiting_for}"
        f" See the host's log: {cloud.folder / 'host.log'}."
    )


def copied_results(cloud: LocalCloud, folder: Path) -> Path:
    """Copy everything in the results container into a folder, and return where it is."""
    kept = folder / "results"
    for blob in cloud.results.list_blobs(name_starts_with=f"{FEED}/"):
        path = kept / blob.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cloud.results.download_blob(blob.name).readall())
    return kept


def print_report(console: Console, kept: Path, result: Json) -> None:
    """Say where the copy of a report is."""
    if result["report"]:
        console.print(f"Report         {relative(kept / result['report'])}", soft_wrap=True)


def _print_end(cloud: LocalCloud, console: Console, result: Json, folder: Path) -> None:
    kept = copied_results(cloud, folder)
    events = cloud.events()
    messages = [line for event in events for line in event["data"].get("messages", [])]
    print_verdict(console, result)
    print_messages(console, messages)
    run = f"{FEED}/{result['run']}"
    console.print(f"\nResult blob    {cloud.names.results}/{run}/result.json", soft_wrap=True)
    console.print(f"  copied to    {relative(kept / run)}", soft_wrap=True)
    print_report(console, kept, result)
    where = f"{len(events)} on the queue {cloud.names.queue}, id {run}"
    console.print(f"Queue message  {where}", soft_wrap=True)
    took = sum(step["seconds"] for step in result["steps"])
    console.print(f"All steps took {took:.1f} s.")


def relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
