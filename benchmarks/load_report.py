"""The results of a load test, as numbers and as a row of docs/benchmarks.md. No side effects."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

HEADING = "## The local cloud under load"
COLUMNS = (
    "feeds, target",
    "landed in",
    "with a result",
    "last file to result p50",
    "p95",
    "longest",
    "host CPU",
    "storage CPU",
    "storage requests",
    "peak of the host",
    "idle",
    "measured",
)
INTRODUCTION = """Written by `make bench-load`. Every feed's sample export (`samples/clean`, six
files) lands in a local cloud of its own, with `quietSeconds` 2. CPU seconds and storage requests
are for one feed, the six uploads included; *idle* is the share of one core that everything takes
together before anything lands. The load is the machine's before the start: others
may use it."""


@dataclass(frozen=True)
class Write:
    """One written blob: its name in the container, and the time in epoch seconds."""

    container: str
    name: str
    at: float
    requests: int


@dataclass(frozen=True)
class Usage:
    """CPU seconds and peak memory of the processes, with machine and date."""

    host_cpu: float
    storage_cpu: float
    host_peak_mib: float
    idle_share: float
    load_before: float
    day: str
    machine: str


@dataclass(frozen=True)
class Seen:
    """The times of one load test. `latencies` are seconds from a feed's last file to its result."""

    feeds: int
    landing_seconds: float
    latencies: tuple[float, ...]
    extra_results: int
    requests: int

    @property
    def lost(self) -> int:
        return self.feeds - len(self.latencies)

    def percentile(self, share: float) -> float:
        """The smallest latency that at least this share of the feeds does not exceed."""
        if not self.latencies:
            return math.nan
        return sorted(self.latencies)[math.ceil(share * len(self.latencies)) - 1]


def writes(lines: Iterable[str]) -> list[Write]:
    """The written blobs in the storage emulator's log, one per line."""
    return [_write(json.loads(line)) for line in lines]


def _write(line: Mapping[str, Any]) -> Write:
    _, _, _, _, container, name = line["url"].split("/", 5)
    at = datetime.fromisoformat(line["at"]).timestamp()
    return Write(container, name, at, line["requests"])


def seen(found: Sequence[Write], feeds: int, landing: str, results: str) -> Seen:
    """The times of a load test, from the writes into both containers."""
    landed: dict[str, float] = {}
    finished: dict[str, float] = {}
    extra, first = 0, math.inf
    for one in found:
        feed = one.name.partition("/")[0]
        if one.container == landing:
            landed[feed] = max(one.at, landed.get(feed, 0.0))
            first = min(first, one.at)
        elif one.container == results and one.name.endswith("/result.json"):
            extra += feed in finished
            finished.setdefault(feed, one.at)
    latencies = tuple(finished[feed] - at for feed, at in landed.items() if feed in finished)
    return Seen(
        feeds,
        max(landed.values()) - first,
        latencies,
        extra,
        found[-1].requests - found[0].requests,
    )


def row(target: str, seen: Seen, usage: Usage) -> str:
    """One row of the table."""
    extra = f" ({seen.extra_results} results too many)" if seen.extra_results else ""
    cells = (
        f"{seen.feeds:,}, {target}",
        f"{seen.landing_seconds:.0f} s",
        f"{len(seen.latencies):,}{extra}",
        f"{seen.percentile(0.5):.1f} s",
        f"{seen.percentile(0.95):.1f} s",
        f"{seen.percentile(1):.1f} s",
        f"{usage.host_cpu / seen.feeds:.2f} s",
        f"{usage.storage_cpu / seen.feeds:.2f} s",
        f"{seen.requests / seen.feeds:.0f}",
        f"{usage.host_peak_mib:.0f} MiB",
        f"{usage.idle_share:.1%}",
        f"{usage.day}, {usage.machine}, load {usage.load_before:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def with_row(document: str, new: str) -> str:
    """The document with the row, which replaces one with the same feeds and target."""
    before, _, section = document.partition(HEADING)
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    kept = [line for line in rows if _key(line) != _key(new)]
    head = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    body = "\n".join([*head, *sorted([*kept, new], key=_key)])
    return f"{before.rstrip()}\n\n{HEADING}\n\n{INTRODUCTION}\n\n{body}\n"


def section_of(document: str) -> str:
    """The section of a document with its heading, or an empty text if it has none."""
    _, found, section = document.partition(HEADING)
    return f"\n{found}{section}" if found else ""


def _key(line: str) -> tuple[str, int]:
    feeds, _, target = line.split("|")[1].strip().rpartition(", ")
    return target, int(feeds.replace(",", ""))
