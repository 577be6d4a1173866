"""The app over real HTTP: storage, simulator and host run in separate processes.

Two things happen without being visible in a test: by default the host's clock skips every wait, so
that times are not real ones, and every document of a test is validated against the schemas at its
end. A test of real times passes `clock="real"`.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.cloud import ClockKind, Host, LocalCloud, Names
from local.graph.control import GraphSimulator
from local.storage import Azurite
from sync_core import activities
from tests.e2e.documents import schema_violations
from tests.preloaded import HostServer

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
CLEAN, WARNINGS = SAMPLES / "clean", SAMPLES / "warnings"
CLEAN_V21 = SAMPLES / "clean-v2.1"
BROKEN, UNREADABLE = SAMPLES / "broken", SAMPLES / "unreadable"
SECONDS = 60.0
ACTIVITIES = [name for name in activities.__all__ if name.islower()]
"""The app's activities; `test_start` compares them with those that the host indexes."""
ACTIVITIES_OF = {
    "classic": [name for name in ACTIVITIES if name != "verify_upload"],
    "industry-data": ACTIVITIES,
}
"""Those that a run of each kind of target asks: the start of a classic one verifies the files."""


class Pipeline:
    """One feed on the local cloud, with its own profile, and the hosts that have run it."""

    def __init__(self, cloud: LocalCloud, feed: str) -> None:
        self.cloud, self.graph, self.feed = cloud, cloud.graph, feed
        self.profile = cloud.graph.create_profile()
        self.hosts: list[Host] = []
        self._events_file = cloud.folder / "events.jsonl"

    def settings(self, **options: Any) -> dict[str, Any]:
        """A feed with short waits. `options` are named as in SIS_FEEDS."""
        quick = {
            "quietSeconds": 60,
            "pollSeconds": 30,
            "setDeadlineSeconds": 900,
            "follow": False,
        }
        fixed = {"name": self.feed, "target": "classic"}
        ids = {"profileId": self.profile} if options.get("target") != "industry-data" else {}
        return {**quick, **fixed, **ids, **options}

    def start(
        self,
        *,
        clock: ClockKind = "skip",
        existing: bool = True,
        die_at: str | None = None,
        doubled: Sequence[str] = (),
        freeze_at: str | None = None,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Host:
        """Start the app. By default the clock skips every wait.

        With `existing` the host also receives events of files that landed before its first start.
        """
        flags = ["--events", str(self._events_file)]
        flags += ["--die-at", die_at] if die_at else []
        flags += ["--freeze-at", freeze_at] if freeze_at else []
        flags += [f"--double-activity={name}" for name in doubled]
        settings = self.cloud.environment([self.settings(**options)], **(environment or {}))
        host = self.cloud.host(settings, clock=clock, options=flags, earlier_events=existing)
        self.hosts.append(host)
        return host

    def drop(self, folder: Path, place: str = "") -> None:
        """Upload the files of a folder to the feed's folder, or to a folder in it."""
        self.cloud.drop_folder(f"{self.feed}/{place}".rstrip("/"), folder)

    def sweep(self) -> None:
        """Run the timer function `sweep` now, in the newest host."""
        httpx.post(f"{self.hosts[-1].url}/admin/functions/sweep", trust_env=False)
        time.sleep(0.5)

    def latest(self) -> Any:
        return self.cloud.result(f"{self.feed}/latest.json")

    def await_outcome(self, *outcomes: str) -> Any:
        """Wait until the newest result has one of these outcomes, and return it."""
        log, size = self.cloud.storage.blob_events, 0

        def ended() -> Any:
            nonlocal size
            # Reading is slow, so the result is read again only after something has been written.
            before, size = size, log.stat().st_size
            return (
                size != before
                and (found := self.latest())
                and found["outcome"] in outcomes
                and found
            )

        return until(ended, lambda: f"{outcomes}; there is {self.latest()}\n{self.log()}")

    def await_events(self, count: int) -> list[dict[str, Any]]:
        """Wait for at least `count` events on the results queue, and return them."""
        found: list[dict[str, Any]] = until(
            lambda: len(events := self.cloud.events()) >= count and events,
            lambda: f"{count} events; there are {len(self.cloud.events())}\n{self.log()}",
        )
        return found

    def await_end(self) -> None:
        """Wait until the feed's orchestration has ended."""
        address = f"{self.hosts[-1].url}/durabletask/instances/sync-{self.feed}"
        until(
            lambda: httpx.get(address, trust_env=False).json()["runtimeStatus"] == "Completed",
            lambda: f"the orchestration to end\n{self.log()}",
        )

    def engine_events(self) -> list[dict[str, Any]]:
        """The events that the durable engines of all hosts have published so far."""
        return [json.loads(line) for line in self._events_file.read_text().splitlines()]

    def results(self) -> list[Any]:
        """Every final result of the feed, oldest first."""
        return [self.cloud.result(name) for name in self.cloud.final_results(self.feed)]

    def messages(self, result: Mapping[str, Any]) -> list[str]:
        """The lines of a result's messages.jsonl."""
        text: bytes = self.cloud.results.download_blob(result["messages"]).readall()
        return text.decode().splitlines()

    def log(self) -> str:
        return "\n".join({host.log() for host in self.hosts})


def until(found: Callable[[], Any], what: Callable[[], str], seconds: float = SECONDS) -> Any:
    """Call `found` until its answer is true, and return that. Fails with `what` on a timeout."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    return pytest.fail(f"not within {seconds} s: {what()}")


@pytest.fixture(scope="session")
def simulator(azurite: Azurite) -> Iterator[GraphSimulator]:
    with GraphSimulator.start(azurite.connection_string) as running:
        yield running


@pytest.fixture(scope="session")
def host_server() -> Iterator[HostServer]:
    with HostServer() as running:
        yield running


@pytest.fixture
def pipeline(
    azurite: Azurite,
    simulator: GraphSimulator,
    host_server: HostServer,
    tmp_path: Path,
    unique_name: Callable[[str], str],
) -> Iterator[Pipeline]:
    """A feed with unique names. At the end every document of the test has to match its schema."""
    simulator.reset()
    names = Names(
        landing=unique_name("landing"),
        results=unique_name("results"),
        decisions=unique_name("decisions"),
        state=unique_name("state"),
        queue=unique_name("queue"),
    )
    made = Pipeline(
        LocalCloud(azurite, simulator, tmp_path, names, host_server.launch), unique_name("feed")
    )
    try:
        yield made
    finally:
        for host in made.hosts:
            host.kill()
    assert schema_violations(made.cloud) == []
