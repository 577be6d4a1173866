"""A load test of the local cloud: `python -m benchmarks.load FEEDS [TARGET]`.

The exports of FEEDS feeds land within a minute in a new local cloud. All times are from the storage
emulator's log of written blobs, without polling. The exit code is 1 if a feed has no result or two.
"""

import itertools
import json
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobServiceClient

from benchmarks.bench import ROOT, SETS, processor
from benchmarks.load_report import Seen, Usage, row, seen, with_row, writes
from local.cloud import Host, LocalCloud, local_cloud

FOLDER = SETS / "load"
EXPORT = ROOT / "samples" / "clean"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
TARGETS = ("dry-run", "classic")

LANDING_SECONDS = 60.0
UPLOADS_AT_ONCE = 8
IDLE_SECONDS = 20.0
LOOK_EVERY = 2.0
PATIENCE_SECONDS = 600.0
"""Seconds without a written blob after which the test ends."""

FEEDS_IN_A_SETTING, SETTINGS = 500, "sis-settings"
"""The container of the blob of feeds, because an environment variable is limited to 128 KiB."""

QUICK = {"format": "sds-v1", "quietSeconds": 2, "pollSeconds": 1, "pollCapSeconds": 5}


def main(arguments: list[str]) -> int:
    feeds, target = int(arguments[0]), arguments[1] if len(arguments) > 1 else TARGETS[0]
    if target not in TARGETS:
        print(f"There is no load test for {target}. Give one of {', '.join(TARGETS)}.")
        return 2
    load = os.getloadavg()[0]
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with local_cloud(FOLDER) as cloud:
        names = [f"feed-{number:04}" for number in range(feeds)]
        host = cloud.host(_environment(cloud, [_feed(cloud, name, target) for name in names]))
        try:
            found, usage = _measured(cloud, host, names, load)
        finally:
            host.stop()
    line = row(target, found, usage)
    print(line)
    DOCUMENT.write_text(with_row(DOCUMENT.read_text(encoding="utf-8"), line), encoding="utf-8")
    return 1 if found.lost or found.extra_results else 0


def _feed(cloud: LocalCloud, name: str, target: str) -> dict[str, Any]:
    of_target = {"profileId": cloud.graph.create_profile()} if target == "classic" else {}
    return {"name": name, "target": target, **QUICK, **of_target}


def _environment(cloud: LocalCloud, feeds: list[dict[str, Any]]) -> dict[str, str]:
    if len(feeds) <= FEEDS_IN_A_SETTING:
        return cloud.environment(feeds)
    with BlobServiceClient.from_connection_string(cloud.storage.connection_string) as service:
        service.create_container(SETTINGS).upload_blob("feeds.json", json.dumps(feeds))
    return cloud.environment((), SIS_FEEDS=f"blob:{SETTINGS}/feeds.json")


def _measured(cloud: LocalCloud, host: Host, names: list[str], load: float) -> tuple[Seen, Usage]:
    children = _children()
    time.sleep(IDLE_SECONDS / 4)
    # Includes this process, which delivers the events, as `make run` does.
    everything = [os.getpid(), *children]
    before = sum(map(_cpu, everything))
    time.sleep(IDLE_SECONDS)
    idle = (sum(map(_cpu, everything)) - before) / IDLE_SECONDS
    (storage,) = (one for one in children if "azurite.js" in _command(one))
    host_before, storage_before = _cpu(host.pid), _cpu(storage)
    _land(cloud, names)
    found = _awaited(cloud, len(names))
    usage = Usage(
        host_cpu=_cpu(host.pid) - host_before,
        storage_cpu=_cpu(storage) - storage_before,
        host_peak_mib=_peak_mib(host.pid),
        idle_share=idle,
        load_before=load,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{processor()}, {os.cpu_count()} processors",
    )
    return found, usage


def _land(cloud: LocalCloud, names: list[str]) -> None:
    """Upload every feed's export, evenly over a minute or as fast as the storage accepts them."""
    files = [(path.name, path.read_bytes()) for path in sorted(EXPORT.glob("*.csv"))]
    began = time.monotonic()

    def land(number: int, name: str) -> None:
        due = began + LANDING_SECONDS * number / len(names)
        time.sleep(max(0.0, due - time.monotonic()))
        for file, content in files:
            cloud.drop(f"{name}/{file}", content)

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        list(pool.map(land, itertools.count(), names))


def _awaited(cloud: LocalCloud, feeds: int) -> Seen:
    """Wait until every feed has a result and a few seconds more, or until nothing happens."""
    log, size, changed = cloud.storage.blob_events, 0, time.monotonic()
    while True:
        time.sleep(LOOK_EVERY)
        found = seen(
            writes(log.read_text(encoding="utf-8").splitlines()),
            feeds,
            cloud.names.landing,
            cloud.names.results,
        )
        if sys.stderr.isatty():
            print(f"… {len(found.latencies)} of {feeds} feeds have a result", file=sys.stderr)
        if log.stat().st_size != size:
            size, changed = log.stat().st_size, time.monotonic()
        patience = LOOK_EVERY if not found.lost else PATIENCE_SECONDS
        if time.monotonic() - changed > patience:
            return found


def _children() -> list[int]:
    """The processes that this one has started: storage, simulator and host."""
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="utf-8")
    return [int(pid) for pid in text.split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")


def _cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
