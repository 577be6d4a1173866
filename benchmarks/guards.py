"""Measures what the guards cost on one set: `python -m benchmarks.guards FOLDER`.

Seconds are those of the processor, the smallest of a few runs. The memory of the guards is the
difference between the peaks of a process that only validates and of one that does everything.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.rivals import peak_mib
from sync_core.formats.sds_v1 import SDS_V1
from sync_core.model.documents import TargetReference

if TYPE_CHECKING:
    from sync_core.guards.baseline import Baseline
    from sync_core.guards.population import Population
    from sync_core.validation.model import CsvFile

ROOT = Path(__file__).resolve().parents[1]
KEY = bytes(32)
RUNS = 3
"""How often a set is measured: others on the machine make a run slower, and never faster."""


class Cost(NamedTuple):
    """Seconds for a baseline and for a comparison with another, MiB of a baseline and the peak."""

    baseline: float
    comparison: float
    size: float
    peak: float


def files_of(folder: Path) -> "list[CsvFile]":
    from sync_core.validation.model import CsvFile

    def blocks(path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                yield block

    def csv_file(path: Path) -> CsvFile:
        return CsvFile(path.name, lambda: blocks(path))

    return [csv_file(path) for path in sorted(folder.glob("*.csv"))]


def measure(folder: Path, *, guarded: bool) -> Cost:
    """The cost on one set, in this process. Not `guarded`: only its peak, of validation alone."""
    from sync_core.guards.baseline import decoded, encoded
    from sync_core.guards.compare import compare
    from sync_core.guards.places import Places
    from sync_core.guards.rules import Comparison, evaluate
    from sync_core.validation.engine import validate

    if not guarded:
        validate(SDS_V1, files_of(folder))
        return Cost(0, 0, 0, peak_mib())
    seconds, found = _observed(folder)
    began = process_time()
    stored = encoded(_night(found))
    seconds += process_time() - began
    began = process_time()
    before, now = decoded(stored, str(folder)), _night(found)
    difference = compare(before.population, now.population, SDS_V1.name)
    places = Places(before.population, now.population, SDS_V1.name)
    trips = evaluate(Comparison(before.summary, now.summary, difference, places), {})
    assert not trips, "the same set again holds nothing"  # noqa: S101 - a check of the benchmark
    return Cost(seconds, process_time() - began, len(stored) / 2**20, peak_mib())


def _observed(folder: Path) -> "tuple[float, Population]":
    """The seconds that observing takes while a set is validated, and who is in it."""
    from sync_core.guards.collecting import Collector
    from sync_core.validation.engine import validate

    collector = Collector(SDS_V1.name, KEY)
    seconds = 0.0

    def observe(*batch: object) -> None:
        nonlocal seconds
        began = process_time()
        collector(*batch)  # type: ignore[arg-type]  # what validation passes on
        seconds += process_time() - began

    validate(SDS_V1, files_of(folder), observe=observe)
    began = process_time()
    found = collector.population()
    return seconds + process_time() - began, found


def _night(found: "Population") -> "Baseline":
    from sync_core.guards.baseline import Baseline, Summary, entity_counts

    summary = Summary(
        feed="bench",
        run="run",
        generation="0" * 64,
        key_id="",
        format=SDS_V1.name,
        target=TargetReference(kind="dry-run", id=""),
        landed_at="2026-11-28T02:00:00.000Z",
        files={},
        entities=entity_counts(found),
    )
    return Baseline(summary, found)


def guard_rows(folders: Sequence[Path]) -> Iterator[str]:
    """A table with a row for each set, each measured in processes of their own."""
    yield "| guards on | baseline | comparison | stored | memory beside validation |"
    yield "|---|---|---|---|---|"
    for folder in folders:
        costs = [_in_a_process(folder, "guarded") for _ in range(RUNS)]
        cost, alone = costs[0], _in_a_process(folder, "alone")
        peak = max(each.peak for each in costs)
        yield (
            f"| {folder.name} | {min(each.baseline for each in costs):.2f} s |"
            f" {min(each.comparison for each in costs):.2f} s |"
            f" {cost.size:,.1f} MiB | {max(0, peak - alone.peak):,.0f} MiB |"
        )
    yield ""
    yield f"Load of the machine while the guards were measured: {os.getloadavg()[0]:.1f}."


def _in_a_process(folder: Path, how: str) -> Cost:
    command = [sys.executable, "-m", "benchmarks.guards", str(folder), how]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return Cost(*json.loads(answer.stdout))


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) == 2:
        print("\n".join(guard_rows([folder])))
    else:
        print(json.dumps(measure(folder, guarded=sys.argv[2] == "guarded")))


if __name__ == "__main__":
    main()
