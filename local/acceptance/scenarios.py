"""The export of each scenario, and its expected result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloud import ROOT
from local.graph.control import GraphSimulator
from sync_core.targets.permissions import PERMISSIONS

SAMPLES = ROOT / "samples"
CLEAN = SAMPLES / "clean"


@dataclass(frozen=True)
class Scenario:
    """One feed, its export and the expected result.

    `files` are the names to upload; empty means every CSV file of the folder. `copies` is how often
    each event is posted. `starts` is how many syncs have to be started.
    """

    feed: str
    target: str
    folder: Path
    outcome: str
    starts: int
    files: tuple[str, ...] = ()
    copies: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    def paths(self) -> list[Path]:
        names = self.files or tuple(path.name for path in sorted(self.folder.glob("*.csv")))
        return [self.folder / name for name in names]


SCENARIOS = (
    Scenario("clean", "classic", CLEAN, "started", 1),
    Scenario("broken", "classic", SAMPLES / "broken", "rejected", 0),
    Scenario("warnings", "classic", SAMPLES / "warnings", "started_with_warnings", 1),
    Scenario("industry", "industry-data", CLEAN, "started", 1),
    Scenario("dry-run", "dry-run", CLEAN, "dry_run", 0),
    Scenario(
        "incomplete",
        "classic",
        CLEAN,
        "incomplete",
        0,
        files=("school.csv",),
        options={"setDeadlineSeconds": 3},
    ),
    Scenario("duplicated", "classic", CLEAN, "started", 1, copies=3),
)

QUICK = {
    "format": "sds-v1",
    "quietSeconds": 2,
    "pollSeconds": 1,
    "pollCapSeconds": 2,
    "setDeadlineSeconds": 60,
    "follow": False,
}


@dataclass(frozen=True)
class Feed:
    """A scenario with its target in the simulator. `owner` is the id whose uploads are compared."""

    scenario: Scenario
    setting: dict[str, Any]
    owner: str | None

    @property
    def name(self) -> str:
        return self.scenario.feed


def made_feeds(graph: GraphSimulator, only: Sequence[str] = ()) -> list[Feed]:
    """A feed with a new target for each scenario, or for those in `only`."""
    graph.change_identity(
        roles=[permission.name for needed in PERMISSIONS.values() for permission in needed]
    )
    return [_feed(graph, one) for one in SCENARIOS if not only or one.feed in only]


def _feed(graph: GraphSimulator, scenario: Scenario) -> Feed:
    setting: dict[str, Any] = {**QUICK, "name": scenario.feed, "target": scenario.target}
    owner: str | None = None
    if scenario.target == "classic":
        owner = setting["profileId"] = graph.create_profile()
    elif scenario.target == "industry-data":
        flow = graph.create_inbound_flow(file_format="schoolDataSyncV1")
        setting["inboundFlowId"] = flow.flow
    return Feed(scenario, {**setting, **scenario.options}, owner)
