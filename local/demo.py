"""The whole way of one export, on this machine, with each step told as it happens."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from local.cloud import ROOT, LocalCloud, local_cloud
from local.graph.documents import Step
from local.narration import Json, Narrator, appended, print_messages, print_verdict
from sync_core.targets.permissions import PERMISSIONS

FEED = "northwind"
PREPARING_POLLS = 3
PATIENCE_SECONDS = 90
LOOK_EVERY = 0.1
INDUSTRY_DATA_ROLES = [permission.name for permission in PERMISSIONS["industry-data"]]


class TargetKind(StrEnum):
    """What the demonstration can sync to."""

    CLASSIC = "classic"
    INDUSTRY_DATA = "industry-data"
    DRY_RUN = "dry-run"


class DemoFailed(RuntimeError):  # noqa: N818 - it names what happened
    """The demonstration could not run; the message says what to do."""


def demo(export: Path, folder: Path, console: Console, target: TargetKind) -> None:
    """Run an export through the local cloud. Raises DemoFailed where no verdict is reached."""
    files = _csv_files(export)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    console.print("Starting the local cloud: storage, a Microsoft Graph simulator, Functions host")
    with local_cloud(folder) as cloud, _app(cloud, target):
        narrator = Narrator(console, dry_run=target is TargetKind.DRY_RUN)
        where = f"{cloud.names.landing}/{FEED}"
        console.print(
            f"\n{_relative(export.resolve())} lands in {where}, file by file\n", soft_wrap=True
        )
        lines = appended(folder / "events.jsonl")
        for path in files:
            _land(cloud, path, narrator)
            _tell(lines, narrator)
        result = _await_result(cloud, lines, narrator)
        _print_end(cloud, console, result, folder)


def _csv_files(export: Path) -> list[Path]:
    if not export.is_dir():
        raise DemoFailed(f"{export} is not a folder. Example: make demo EXPORT=samples/clean")
    files = sorted(path for path in export.iterdir() if path.suffix.lower() in {".csv", ".zip"})
    if not files:
        raise DemoFailed(f"{export} holds no CSV file. Example: make demo EXPORT=samples/clean")
    return files


def target_settings(cloud: LocalCloud, target: TargetKind) -> dict[str, str]:
    """A target that is still being prepared, and how a feed names it."""
    match target:
        case TargetKind.CLASSIC:
            profile = cloud.graph.create_profile(
                states=[Step("provisioning", polls=PREPARING_POLLS), "provisioned"],
                sync=[Step("inProgress", seconds=2), "success"],
            )
            return {"target": target, "profileId": profile}
        case TargetKind.INDUSTRY_DATA:
            cloud.graph.change_identity(roles=INDUSTRY_DATA_ROLES)
            flow, _ = cloud.graph.create_inbound_flow(
                file_format="schoolDataSyncV1",
                readiness=[Step("notReady", polls=PREPARING_POLLS), "ready"],
                validation=[Step("running", seconds=1), "succeeded"],
            )
            return {"target": target, "inboundFlowId": flow}
        case TargetKind.DRY_RUN:
            return {"target": target}


@contextmanager
def _app(cloud: LocalCloud, target: TargetKind) -> Iterator[None]:
    feed = {
        "name": FEED,
        **target_settings(cloud, target),
        "format": "sds-v1",
        # A night's patience in the time that somebody watches.
        "quietSeconds": 2,
        "pollSeconds": 1,
        "pollCapSeconds": 2,
        "setDeadlineSeconds": 10,
    }
    host = cloud.host(
        cloud.environment([feed]), options=["--events", str(cloud.folder / "events.jsonl")]
    )
    try:
        yield
    finally:
        host.stop()


def _land(cloud: LocalCloud, path: Path, narrator: Narrator) -> None:
    began = time.monotonic()
    cloud.drop(f"{FEED}/{path.name}", path.read_bytes())
    took = time.monotonic() - began
    narrator.say("landed", f"{path.name}, {path.stat().st_size:,} bytes", took=took)
    time.sleep(0.3)


def _tell(lines: Iterator[list[Json]], narrator: Narrator) -> bool:
    """Tell what is new; True once the feed's orchestration has ended."""
    ended = False
    for event in next(lines):
        narrator.tell(event)
        ended |= event["kind"] == "orchestration_completed" and event["name"] == "sync_feed"
    return ended


def _await_result(cloud: LocalCloud, lines: Iterator[list[Json]], narrator: Narrator) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if _tell(lines, narrator) and (result := cloud.result(f"{FEED}/latest.json")):
            return result
        time.sleep(LOOK_EVERY)
    raise DemoFailed(
        f"No verdict after {PATIENCE_SECONDS} seconds. The host's log is"
        f" {cloud.folder / 'host.log'}."
    )


def _print_end(cloud: LocalCloud, console: Console, result: Json, folder: Path) -> None:
    kept = folder / "results"
    for blob in cloud.results.list_blobs(name_starts_with=f"{FEED}/"):
        path = kept / blob.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cloud.results.download_blob(blob.name).readall())
    events = cloud.events()
    messages = [line for event in events for line in event["data"].get("messages", [])]
    print_verdict(console, result)
    print_messages(console, messages)
    run = f"{FEED}/{result['run']}"
    console.print(f"\nResult blob    {cloud.names.results}/{run}/result.json", soft_wrap=True)
    console.print(f"  a copy is in {_relative(kept / run)}", soft_wrap=True)
    where = f"{len(events)} on the queue {cloud.names.queue}, id {run}"
    console.print(f"Queue message  {where}", soft_wrap=True)
    took = sum(step["seconds"] for step in result["steps"])
    console.print(f"All steps took {took:.1f} s.")


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
