"""Keeps the local cloud running, and delivers exports to it."""

import shlex
import time
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from local.cloud import Host, LocalCloud, local_cloud
from local.demo import FEED, DemoFailed, DemoTarget, takes, target_settings, usual_target
from local.exports import export_at
from local.folders import ADDRESSES, EVENTS, HOME, Refused, claimed, is_running
from local.narration import Narrator, appended, print_verdict
from sync_core.formats import FORMATS, Format
from sync_core.formats.sds_v2_1 import SDS_V2_1

SETTINGS = ("SIS_", "GRAPH_", "IDENTITY_")
POLL_SECONDS = 0.2
ANSWER_SECONDS = 5
MAIN_FORMAT = SDS_V2_1
"""The format of the feed `northwind`; the feeds of other formats have the format in their name."""


class Addresses(msgspec.Struct):
    """What other terminals need: storage and feeds to deliver to, settings for the doctor.

    `feeds` maps each format to its feed.
    """

    storage: str
    landing: str
    feeds: dict[str, str]
    settings: dict[str, str] = msgspec.field(name="Values")


def run(folder: Path, console: Console, target: DemoTarget | None) -> None:
    """Start everything, print the addresses and the progress of runs, until Ctrl-C."""
    with claimed(folder):
        for name in (EVENTS, ADDRESSES):
            (folder / name).unlink(missing_ok=True)
        with local_cloud(folder) as cloud:
            _keep_up(cloud, console, target)


def deliver(export: Path, folder: Path, console: Console) -> None:
    """Upload an export to the feed of its format. Raises Refused if that is not possible."""
    found = export_at(export)
    known = _addresses(folder)
    feed = known.feeds[found.format.name]
    # Imported here: the other commands do not need the storage client.
    from azure.core.exceptions import AzureError
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_connection_string(
        known.storage,
        known.landing,
        retry_total=0,
        connection_timeout=ANSWER_SECONDS,
    ) as landing:
        for path in found.files:
            try:
                with path.open("rb") as content:
                    landing.upload_blob(f"{feed}/{path.name}", content, overwrite=True)
            except AzureError:
                raise Refused(
                    f"The storage of the local cloud did not accept {path.name}. Stop make run with"
                    " Ctrl-C and start it again."
                ) from None
            console.print(f"Delivered {path.name} to {known.landing}/{feed}", soft_wrap=True)


def _addresses(folder: Path) -> Addresses:
    if not is_running(folder):
        raise Refused(
            f"No local cloud is running in {folder}. Start one in another terminal:"
            f" {_make('run', folder)}"
        )
    try:
        return msgspec.json.decode((folder / ADDRESSES).read_bytes(), type=Addresses)
    except (OSError, msgspec.DecodeError):
        raise Refused(
            f"The local cloud in {folder} is still starting. Try again once it shows its addresses."
        ) from None


def _keep_up(cloud: LocalCloud, console: Console, target: DemoTarget | None) -> None:
    feeds = {fmt.name: _feed(cloud, target, fmt) for fmt in FORMATS.values()}
    settings = cloud.environment(list(feeds.values()))
    events = cloud.folder / EVENTS
    host = cloud.host(settings, options=["--events", str(events)])
    try:
        known = Addresses(
            storage=cloud.storage.connection_string,
            landing=cloud.names.landing,
            feeds={name: feed["name"] for name, feed in feeds.items()},
            settings={name: settings[name] for name in settings if name.startswith(SETTINGS)},
        )
        (cloud.folder / ADDRESSES).write_bytes(msgspec.json.encode(known))
        _print_addresses(console, cloud, host, known)
        _tell_until_stopped(console, cloud, host, events)
    finally:
        host.stop()
        (cloud.folder / ADDRESSES).unlink(missing_ok=True)


def _feed(cloud: LocalCloud, target: DemoTarget | None, fmt: Format) -> dict[str, Any]:
    name = FEED if fmt is MAIN_FORMAT else f"{FEED}-{fmt.name.replace('.', '-')}"
    wanted = target if target and takes(target, fmt) else usual_target(fmt)
    return {
        "name": name,
        **target_settings(cloud, wanted, fmt),
        "format": fmt.name,
        "quietSeconds": 5,
        "pollSeconds": 2,
    }


def _print_addresses(console: Console, cloud: LocalCloud, host: Host, known: Addresses) -> None:
    for name, value in (
        ("Functions host", host.url),
        ("Graph simulator", cloud.graph.graph_root),
        ("Blobs", cloud.storage.blob_url),
        ("Queues", cloud.storage.queue_url),
        *((f"Feed {fmt}", f"{known.landing}/{feed}/") for fmt, feed in known.feeds.items()),
        ("Results", f"{cloud.names.results}/ and the queue {cloud.names.queue}"),
        ("Host's log", cloud.folder / "host.log"),
        ("Storage key", "the emulator's well-known key of the account devstoreaccount1"),
    ):
        console.print(f"{name:<16} {value}", soft_wrap=True)
    console.print(f"\nIn another terminal: {_make('deliver', cloud.folder)}", soft_wrap=True)
    console.print("Ctrl-C stops everything.\n")


def _make(target: str, folder: Path) -> str:
    """The command line of a target of the Makefile for the local cloud in a folder."""
    is_usual = folder.resolve() == (HOME / "run").resolve()
    return f"make {target}" + ("" if is_usual else f" FOLDER={shlex.quote(str(folder))}")


def _tell_until_stopped(console: Console, cloud: LocalCloud, host: Host, events: Path) -> None:
    narrator = Narrator(console)
    for lines in appended(events):
        for event in lines:
            narrator.tell(event)
            if event["kind"] == "orchestration_completed" and event["name"] == "sync_feed":
                feed = event["instanceId"].removeprefix("sync-")
                if result := cloud.result(f"{feed}/latest.json"):
                    print_verdict(console, result)
        if host.ended():
            raise DemoFailed(
                f"The Functions host stopped unexpectedly. Its log ends with:\n{host.log()[-2000:]}"
            )
        time.sleep(POLL_SECONDS)
