"""Measures the figures of docs/benchmarks.md: `python -m benchmarks.bench [SIZES]`.

Each measurement runs on one core, in its own process, with a warm page cache. Comparisons are
measured in pairs, one after the other, and the median of the ratios is reported.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import nan
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.generator import SIZES, RosterV1, write
from benchmarks.guards import guard_rows
from benchmarks.load_report import section_of
from benchmarks.stress import STRESSES, write_stress

ROOT = Path(__file__).resolve().parents[1]
SETS = ROOT / ".bench"
PAIRS = 5
FAULTS_OF_A_KIND = 20
CAP = 512 << 20
RIVALS = ("polars", "duckdb", "pandera", "stdlib", "frictionless")
TOO_SLOW_BEYOND_S = {"frictionless"}
MISSES = {
    "polars": "exact structure: a short row is padded, one bad row refuses the file without a line",
    "duckdb": "bare quotation marks, lines behind multi-line records; drops rows and their keys",
    "pandera": "everything between files, and whatever the reader has hidden or refused",
    "stdlib": "bare quotation marks, NUL, encodings; needs the memory of all keys",
    "frictionless": "lines (it counts records); stops a file at one bad byte",
}
EMPTY_APP = """
import azure.durable_functions as df, azure.functions as func
from azurefunctions.extensions.bindings import blob
app = df.DFApp()
"""


@dataclass(frozen=True)
class Measured:
    """Seconds of the work and of the whole process, peak MiB, and the number of findings."""

    work: float
    whole: float
    peak: float
    found: object


def measured(name: str, folder: Path, setup: Callable[[], None] | None = None) -> Measured:
    """Measure one engine on one set, in a separate process. `setup` runs there first."""
    command = [sys.executable, "-m", "benchmarks.rivals", name, str(folder)]
    began = perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=setup)  # noqa: PLW1509 - no threads yet
    assert child.stdout  # noqa: S101 - it was asked for
    answer = child.stdout.read()
    child.wait()
    whole = perf_counter() - began
    killed = {"seconds": whole, "peak": nan, "found": "killed"}
    told: dict[str, Any] = json.loads(answer) if answer else killed
    return Measured(float(told["seconds"]), whole, float(told["peak"]), told["found"])


def prepared(size: str) -> tuple[Path, Path]:
    """The folders of the clean and the faulty set of a size, written on first use."""
    clean, faulty = SETS / f"{size}-clean", SETS / f"{size}-faulty"
    for folder, faults in ((clean, 0), (faulty, FAULTS_OF_A_KIND)):
        if not (folder / "done").exists():
            print(f"Writing {folder.relative_to(ROOT)}", flush=True)
            write(RosterV1(SIZES[size]), folder, faults=faults)
            (folder / "done").touch()
    return clean, faulty


def engine_rows(sizes: Sequence[str]) -> Iterator[str]:
    yield "| set | size | plain parse | validation | ratio | peak | whole process |"
    yield "|---|---|---|---|---|---|---|"
    for size in sizes:
        for folder, reading in zip(prepared(size), ("plain", "plain-at-any-price"), strict=True):
            mib = sum(path.stat().st_size for path in folder.glob("*.csv")) / 2**20
            pairs = [(measured(reading, folder), measured("engine", folder)) for _ in range(PAIRS)]
            ratio = median(engine.work / plain.work for plain, engine in pairs)
            plain = median(plain.work for plain, _ in pairs)
            engine = median(engine.work for _, engine in pairs)
            whole = median(engine.whole for _, engine in pairs)
            peak = max(engine.peak for _, engine in pairs)
            yield _said(
                f"| {folder.name} | {mib:,.0f} MiB | {plain:.2f} s | {engine:.2f} s | {ratio:.2f} |"
                f" {peak:,.0f} MiB | {whole:.2f} s |"
            )


def rival_rows(sizes: Sequence[str]) -> Iterator[str]:
    yield "| engine | set | time | peak | says | what it misses |"
    yield "|---|---|---|---|---|---|"
    for size in (size for size in sizes if size != "XL"):
        for folder in prepared(size):
            for name in ("engine", *RIVALS):
                if size != "S" and name in TOO_SLOW_BEYOND_S:
                    continue
                one = measured(name, folder)
                says = one.found if isinstance(one.found, str) else f"{one.found} findings"
                missed = MISSES.get(name, "")
                yield _said(
                    f"| {name} | {folder.name} | {one.work:.2f} s | {one.peak:,.0f} MiB |"
                    f" {says} | {missed} |"
                )


def stress_rows() -> Iterator[str]:
    """Rows for the city with files that are irregular as a whole."""
    clean, _ = prepared("L")
    yield "| the city, with | validation | peak | rows with a finding |"
    yield "|---|---|---|---|"
    for name in STRESSES:
        folder = SETS / f"L-{name.replace(' ', '-')}"
        if not (folder / "done").exists():
            write_stress(name, clean, folder)
            (folder / "done").touch()
        one = measured("engine-rows", folder)
        yield _said(f"| {name} | {one.work:.2f} s | {one.peak:,.0f} MiB | {one.found:,} |")


def capped_row() -> str:
    """The row for the city with limited memory, if this machine can limit a process."""
    clean, _ = prepared("L")
    group = _memory_group()
    if group is None:
        return "No cap could be set on this machine: it has no writable memory cgroup."

    def join() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")

    try:
        one = measured("engine", clean, join)
    finally:
        group.rmdir()
    return f"Under a cgroup of 512 MiB: {one.work:.2f} s, {one.peak:,.0f} MiB, found: {one.found}."


def _memory_group() -> Path | None:
    for parent, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = Path("/sys/fs/cgroup") / parent / f"sis-sync-bench-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
            if (group / limit).exists():
                (group / limit).write_text(str(CAP), encoding="utf-8")
                return group
            group.rmdir()
    return None


def import_row() -> str:
    """The row for importing the app, compared with an empty app with the same SDK packages."""
    example = (ROOT / "local.settings.json.example").read_text(encoding="utf-8")
    settings = {**os.environ, **json.loads(example)["Values"]}
    ratios, seconds = [], []
    for _ in range(2 * PAIRS):
        empty, ours = (_importing(code, settings) for code in (EMPTY_APP, "import function_app"))
        ratios.append(ours / empty)
        seconds.append(ours)
    return (
        f"Importing `function_app` takes {median(seconds):.2f} s,"
        f" {median(ratios):.2f} times an empty durable app with the same SDK packages."
    )


def _importing(code: str, settings: dict[str, str]) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=settings, check=True)
    return perf_counter() - began


def document(sizes: Sequence[str]) -> str:
    lines = [
        "# Benchmarks",
        "",
        """Written by `make bench`, which generates the sets and measures everything; the
section on load by `make bench-load`.""",
        "",
        _circumstances(),
        "",
        f"""Sets: S has 10 thousand pupils, L a million and ten million enrollments, XL six million
and sixty million, all eight files of SDS V1. The faulty ones have {FAULTS_OF_A_KIND} rows of every
kind of fault, spread over each file. *Plain parse* is polars reading and counting all values of the
same files and checking nothing; of the faulty ones with options that make it read on, which take it
longer. Medians of {PAIRS} pairs; the peak is the highest of them.""",
        "",
        *engine_rows(sizes),
        "",
        *([capped_row(), "", *stress_rows(), ""] if "L" in sizes else []),
        *map(_said, guard_rows([prepared(size)[0] for size in sizes])),
        "",
        import_row(),
        "",
        "## Side by side",
        "",
        """Single runs on the same sets. What each calls a finding differs: a row for some, a rule
and file for others. On a clean set there is nothing to find.""",
        "",
        *rival_rows(sizes),
    ]
    return "\n".join(lines) + "\n"


def _circumstances() -> str:
    names = ("polars", "numpy", "duckdb", "pandera", "frictionless")
    packages = ", ".join(f"{name} {_version(name)}" for name in names)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {processor()}, one of {os.cpu_count()} processors; Python"
        f" {platform.python_version()}; {packages}. Load at the start: {os.getloadavg()[0]:.1f}."
    )


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _said(row: str) -> str:
    print(row, flush=True)
    return row


def main() -> None:
    sizes = (sys.argv[1] if len(sys.argv) > 1 else "S,L").split(",")
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    path = ROOT / "docs" / "benchmarks.md"
    load = section_of(path.read_text(encoding="utf-8"))
    path.write_text(document(sizes) + load, encoding="utf-8")


if __name__ == "__main__":
    main()
