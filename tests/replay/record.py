"""Record the histories that the replay test holds the orchestrations to.

`make histories` runs the app on the local cloud and writes one file for each orchestration that
took part. Keep the files of a released version: a run that began under it may still be asleep.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.cloud import ROOT, LocalCloud, local_cloud
from local.durable.model import Instance
from local.durable.protocol import build_context
from local.durable.store import Store
from local.graph.documents import Step

FOLDER = Path(__file__).parent / "histories"
PATIENCE_SECONDS = 60
CLEAN = ROOT / "samples" / "clean"


def record() -> None:
    """Write every history anew."""
    for path in FOLDER.glob("*.json"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder, local_cloud(Path(folder)) as cloud:
        _started(cloud)
        _incomplete(cloud)
        _lost_answer(cloud)


def _started(cloud: LocalCloud) -> None:
    """A profile that takes more polls than one history holds, and a sync that is followed."""
    profile = cloud.graph.create_profile(
        states=[Step("provisioning", polls=30), "provisioned"],
        sync=[Step("inProgress", polls=3), "success"],
    )
    cloud.drop_folder("started", CLEAN)
    _run(cloud, "started", profile)


def _incomplete(cloud: LocalCloud) -> None:
    cloud.drop("incomplete/school.csv", (CLEAN / "school.csv").read_bytes())
    _run(cloud, "incomplete", cloud.graph.create_profile())


def _lost_answer(cloud: LocalCloud) -> None:
    cloud.graph.fault("start", drop="before")
    cloud.drop_folder("lost-answer", CLEAN)
    _run(cloud, "lost-answer", cloud.graph.create_profile())


def _run(cloud: LocalCloud, feed: str, profile: str) -> None:
    settings = {"name": feed, "target": "classic", "profileId": profile, "quietSeconds": 60}
    state = cloud.folder / "state"
    host = cloud.host(cloud.environment([settings]), clock="skip", earlier_events=True)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _has_ended(state / "durable.db", f"sync-{feed}"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"The run of {feed} did not end:\n{host.log()}")
        time.sleep(0.2)
    host.stop()
    for number, (instance, events) in enumerate(_instances(state / "durable.db")):
        context = json.loads(build_context(instance, events, ()))
        document = {"orchestrator": instance.name, "context": context}
        path = FOLDER / f"{feed}-{number:02}-{instance.name}.json"
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    state.rename(cloud.folder / f"state-{feed}")


def _has_ended(database: Path, instance_id: str) -> bool:
    if not database.exists():
        return False
    store = Store(database)
    try:
        instance = store.instance(instance_id)
        return instance is not None and instance.status == "Completed"
    finally:
        store.close()


def _instances(database: Path) -> Iterator[tuple[Instance, list[dict[str, Any]]]]:
    store = Store(database)
    try:
        for instance in store.instances():
            yield instance, store.history(instance.instance_id)
    finally:
        store.close()


if __name__ == "__main__":
    record()
