# ruff: noqa: INP001 - a script, run by path
"""Calculates the cost of a night from measured counts and prices, for the tables of docs/cost.md.

    python3 infra/scripts/cost.py [docs/cost.md]

With a document, its tables are replaced. A test measures the counts of storage operations, function
executions and durable episodes, and fails if they differ from this model by more than a few. The
storage operations of the durable extension were measured on Microsoft's own host. Assumptions are
marked as such. The prices are list prices, entered by hand: replace them with yours.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple


class Operations(NamedTuple):
    """Numbers of calls to blob storage. Writes and lists cost over ten times as much as reads."""

    reads: int = 0
    writes: int = 0
    lists: int = 0

    def times(self, count: int) -> "Operations":
        return Operations(self.reads * count, self.writes * count, self.lists * count)

    def plus(self, other: "Operations") -> "Operations":
        return Operations(
            self.reads + other.reads, self.writes + other.writes, self.lists + other.lists
        )


MEASURED = {
    "gather_file_set": Operations(reads=3, lists=1),
    "validate_file_set": Operations(reads=10, writes=2),
    "compare_with_baseline": Operations(reads=5, writes=1, lists=1),
    "check_readiness": Operations(lists=1),
    "upload_file_set": Operations(reads=9, writes=3, lists=1),
    "verify_upload": Operations(reads=2, writes=2),
    "start_sync": Operations(reads=4, writes=2, lists=1),
    "publish_result": Operations(reads=12, writes=9, lists=2),
    "check_progress": Operations(reads=2, lists=1),
    "sweep": Operations(reads=2, lists=1),
}
"""Calls to the data storage by each call of an activity, for six files; by a sweep, per feed."""

POLLS = {
    "gather_file_set": 5,
    "validate_file_set": 1,
    "compare_with_baseline": 1,
    "check_readiness": 2,
    "upload_file_set": 1,
    "verify_upload": 1,
    "start_sync": 1,
    "publish_result": 1,
    "check_progress": 20,
}
"""How often each activity is called in a night in which files land for ten minutes and the sync
takes four hours."""

FILES = 6
EPISODES_OF_A_START, EPISODES_OF_A_POLL = 1, 2
"""Episodes at the start of an orchestration, and for each poll: its wait and its answer."""

POLLS_HERE, EPISODES_OF_A_MOVE = 5, 2
"""The polls after which a step moves to a sub-orchestration, and the episodes that this adds."""

SWEEPS = 144
EXPORT_GIGABYTES = 0.02
"""For a district of about ten thousand pupils."""

KEPT_NIGHTS = 30
MEMORY_GIGABYTES = 2
SECONDS_OF_AN_EXECUTION = 1.0
"""The minimum that is billed. Only validation and upload of a large export take longer."""


class MeasuredRun(NamedTuple):
    """The counts of a measured run."""

    requests: int
    """Requests to storage by the app, the host and the durable extension, with idle polling."""

    data_requests: int
    """Those of the app itself to the data storage, from MEASURED and the number of its polls."""

    executions: int
    """The number of episodes and activities."""


MEASURED_RUN = MeasuredRun(requests=364, data_requests=77, executions=38 + 15)
"""The mean of 200 feeds in one minute, on Functions host 4.1037 with durable extension 3.19.0 and
the storage emulator. Episodes and activities are counted in recorded histories of such a run."""

OPERATIONS_OF_AN_EXECUTION = (
    MEASURED_RUN.requests - MEASURED_RUN.data_requests
) / MEASURED_RUN.executions
"""Storage operations of the durable extension and the host for each episode or activity."""

SHARE_OF_HTTP_LOG = 0.57
"""Measured on the same host: the share of log lines about HTTP requests, which are now off."""

# Assumed, and not measured.
IDLE_OPERATIONS_OF_A_DAY = 43_200 + 34_560 + 8_640 + 4_320
"""Polls of the task hub's five queues and the blob trigger's one every ten seconds, and leases."""
LOG_BYTES_OF_AN_EXECUTION = 1_500
"""The row for the execution, and the durable extension's log lines about it."""

NIGHTS_OF_A_MONTH = 30.4
PRICES = {
    "instance kept ready, GB-second": 0.000004,
    "execution on it, GB-second": 0.000016,
    "execution": 0.40 / 1_000_000,
    "blob write or list": 0.05 / 10_000,
    "blob read": 0.004 / 10_000,
    "queue or table operation": 0.004 / 10_000,
    "stored gigabyte, month": 0.018,
    "event": 0.60 / 1_000_000,
    "log gigabyte": 2.76,
    "log alert every 15 minutes or less often, month": 0.50,
    "metric alert, month": 0.10,
}
"""In US dollars, without free grants."""

LOG_ALERTS, METRIC_ALERTS = 8, 2
SIZES = (1, 100, 5_000)


def data_operations() -> Operations:
    """One run's calls to the data storage."""
    total = Operations()
    for activity, polls in POLLS.items():
        total = total.plus(MEASURED[activity].times(polls))
    return total


def activities() -> int:
    return sum(POLLS.values())


def episodes() -> int:
    """The number of episodes of a run, including those after its waits."""
    moved = sum(polls > POLLS_HERE for polls in POLLS.values())
    waits_and_answers = EPISODES_OF_A_POLL * activities() - len(POLLS)
    return EPISODES_OF_A_START + waits_and_answers + EPISODES_OF_A_MOVE * moved


def executions() -> int:
    """The number of billed executions: episodes, activities, and the trigger for each file."""
    return episodes() + activities() + FILES


def night(districts: int) -> dict[str, float]:
    """The cost of one night in dollars, by item."""
    run, sweep = data_operations(), MEASURED["sweep"].times(SWEEPS)
    return {
        "an instance kept ready": PRICES["instance kept ready, GB-second"]
        * MEMORY_GIGABYTES
        * 86_400,
        "alerts": (
            LOG_ALERTS * PRICES["log alert every 15 minutes or less often, month"]
            + METRIC_ALERTS * PRICES["metric alert, month"]
        )
        / NIGHTS_OF_A_MONTH,
        "the durable extension and the host, idle": IDLE_OPERATIONS_OF_A_DAY
        * PRICES["queue or table operation"],
        "running the functions": districts * executions() * _execution(),
        "the durable extension, at work": districts
        * (episodes() + activities())
        * OPERATIONS_OF_AN_EXECUTION
        * PRICES["queue or table operation"],
        "data storage, the runs": districts * _dollars(run),
        "data storage, the sweeps": districts * _dollars(sweep),
        "stored exports": districts
        * EXPORT_GIGABYTES
        * KEPT_NIGHTS
        * PRICES["stored gigabyte, month"]
        / NIGHTS_OF_A_MONTH,
        "events": districts * FILES * PRICES["event"],
        "logs": districts * executions() * LOG_BYTES_OF_AN_EXECUTION / 1e9 * PRICES["log gigabyte"],
    }


def _execution() -> float:
    seconds = PRICES["execution on it, GB-second"] * MEMORY_GIGABYTES * SECONDS_OF_AN_EXECUTION
    return seconds + PRICES["execution"]


def _dollars(operations: Operations) -> float:
    writes = operations.writes + operations.lists
    return writes * PRICES["blob write or list"] + operations.reads * PRICES["blob read"]


def counts_table() -> str:
    """The table of what one district needs in one night."""
    run = data_operations()
    rows = [
        ("activities", activities()),
        ("episodes of orchestrations", episodes()),
        ("function executions", executions()),
        ("reads of the data storage", run.reads),
        ("writes to it", run.writes),
        ("lists of it", run.lists),
        ("reads and lists by sweeps, each", SWEEPS),
        ("bytes of logs", executions() * LOG_BYTES_OF_AN_EXECUTION),
    ]
    head = ["| of one district in one night | count |", "|---|---|"]
    return "\n".join([*head, *(f"| {name} | {count:,} |" for name, count in rows)])


def sources_table() -> str:
    """The table of the figures other than prices, with their sources."""
    seen = (
        f"measured: {MEASURED_RUN.requests} requests for a run of {MEASURED_RUN.executions}"
        " episodes and activities on Microsoft's own host,"
        f" {MEASURED_RUN.data_requests} of them the app's own"
    )
    rows = [
        ("calls of an activity to the data storage", "", "measured by a test, on the emulator"),
        ("episodes of an orchestration", "", "measured by a test, in recorded histories"),
        (
            "storage operations for an episode or activity",
            f"{OPERATIONS_OF_AN_EXECUTION:.1f}",
            seen,
        ),
        (
            "storage operations of a day without runs",
            f"{IDLE_OPERATIONS_OF_A_DAY:,}",
            "assumed, from the polling intervals",
        ),
        ("bytes of logs for an execution", f"{LOG_BYTES_OF_AN_EXECUTION:,}", "assumed"),
        (
            "what a log of each HTTP request would multiply them by",
            f"{1 / (1 - SHARE_OF_HTTP_LOG):.1f}",
            f"measured: {100 * SHARE_OF_HTTP_LOG:.0f} % on Microsoft's own host, no longer written",
        ),
        ("polls of a night", f"{sum(POLLS.values())}", "assumed: see below"),
    ]
    head = ["| figure | value | source |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def dollars_table() -> str:
    """The table of the cost of a night, for each number of districts."""
    nights = {size: night(size) for size in SIZES}
    names = list(nights[SIZES[0]])
    head = [
        f"| US dollars a night | {' | '.join(_districts(size) for size in SIZES)} |",
        f"|---|{'---|' * len(SIZES)}",
    ]
    rows = [_row(name, [nights[size][name] for size in SIZES]) for name in names]
    totals = [sum(nights[size].values()) for size in SIZES]
    each = [total / size for total, size in zip(totals, SIZES, strict=True)]
    last = [_row("**together**", totals), _row("**a district and night**", each)]
    return "\n".join([*head, *rows, *last])


def prices_table() -> str:
    """The table of the prices."""
    rows = [f"| {name} | {price:.10g} |" for name, price in PRICES.items()]
    return "\n".join(["| price | dollars |", "|---|---|", *rows])


def renewed(text: str) -> str:
    """A document with its tables replaced. Each is recognised by its first line."""
    for table in (counts_table(), sources_table(), dollars_table(), prices_table()):
        head = re.escape(table.partition("\n")[0])
        text = re.sub(rf"^{head}\n(?:\|.*\n)*", f"{table}\n", text, flags=re.MULTILINE)
    return text


def _districts(size: int) -> str:
    return "1 district" if size == 1 else f"{size:,} districts"


def _row(name: str, values: list[float]) -> str:
    return f"| {name} | {' | '.join(f'{value:,.4f}' for value in values)} |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        document = Path(name)
        document.write_text(renewed(document.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{counts_table()}\n\n{dollars_table()}\n")
