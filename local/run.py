"""The local cloud, kept up for trying things."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from local.cloud import Host, LocalCloud, local_cloud
from local.demo import FEED, DemoFailed
from local.narration import Narrator, appended, print_verdict

ADDRESSES = "cloud.json"
SETTINGS = ("SIS_", "GRAPH_", "IDENTITY_")
LOOK_EVERY = 0.2


def run(folder: Path, console: Console) -> None:
    """Start everything, print the addresses, tell what happens, until Ctrl-C."""
    folder.mkdir(parents=True, exist_ok=True)
    events = folder / "events.jsonl"
    events.unlink(missing_ok=True)
    with local_cloud(folder) as cloud:
        profile = cloud.graph.create_profile()
        feed = {
            "name": FEED,
            "target": "classic",
            "profileId": profile,
            "quietSeconds": 5,
            "pollSeconds": 2,
        }
        settings = cloud.environment([feed])
        host = cloud.host(settings, options=["--events", str(events)])
        try:
            _write_addresses(cloud, folder, settings)
            _print_addresses(console, cloud, host, folder, profile)
            _tell_until_stopped(console, cloud, host, events)
        finally:
            host.stop()
            (folder / ADDRESSES).unlink(missing_ok=True)


def drop(export: Path, folder: Path, console: Console) -> None:
    """Land an export in the local cloud that runs. Raises DemoFailed where none does."""
    addresses = folder / ADDRESSES
    if not addresses.exists():
        raise DemoFailed("No local cloud is running here. Start one in another terminal: make run")
    known = json.loads(addresses.read_text(encoding="utf-8"))
    # The drop needs no part of the cloud but its storage.
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_connection_string(known["storage"], known["landing"]) as landing:
        for path in sorted(export.iterdir()):
            if path.suffix.lower() in {".csv", ".zip"}:
                landing.upload_blob(f"{FEED}/{path.name}", path.read_bytes(), overwrite=True)
                console.print(f"landed {path.name}")


def _write_addresses(cloud: LocalCloud, folder: Path, settings: Mapping[str, str]) -> None:
    """What another terminal needs: the storage for a drop, the app's settings for the doctor."""
    ours = {name: settings[name] for name in settings if name.startswith(SETTINGS)}
    known = {
        "storage": cloud.storage.connection_string,
        "landing": cloud.names.landing,
        "Values": ours,
    }
    (folder / ADDRESSES).write_text(json.dumps(known), encoding="utf-8")


def _print_addresses(
    console: Console, cloud: LocalCloud, host: Host, folder: Path, profile: str
) -> None:
    for name, value in (
        ("Functions host", host.url),
        ("Graph simulator", cloud.graph.graph_root),
        ("Sync profile", profile),
        ("Blobs", cloud.storage.blob_url),
        ("Queues", cloud.storage.queue_url),
        ("Landing folder", f"{cloud.names.landing}/{FEED}/"),
        ("Results", f"{cloud.names.results}/{FEED}/ and the queue {cloud.names.queue}"),
        ("Host's log", folder / "host.log"),
        ("Storage key", "the emulator's well-known one, account devstoreaccount1"),
    ):
        console.print(f"{name:<16} {value}", soft_wrap=True)
    console.print("\nIn another terminal: make drop EXPORT=samples/clean")
    console.print("Ctrl-C ends everything.\n")


def _tell_until_stopped(console: Console, cloud: LocalCloud, host: Host, events: Path) -> None:
    narrator = Narrator(console)
    for lines in appended(events):
        for event in lines:
            narrator.tell(event)
            if event["kind"] == "orchestration_completed" and event["name"] == "sync_feed":
                result = cloud.result(f"{FEED}/latest.json")
                if result:
                    print_verdict(console, result)
        if host.ended():
            raise DemoFailed(f"The Functions host has ended by itself:\n{host.log()[-2000:]}")
        time.sleep(LOOK_EVERY)
