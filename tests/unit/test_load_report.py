"""The report of a load test: what it makes of the storage's log, and where it writes it."""

import json
import math

from benchmarks.load_report import (
    HEADING,
    Seen,
    Usage,
    row,
    section_of,
    seen,
    with_row,
    writes,
)

ACCOUNT = "http://127.0.0.1:10000/devstoreaccount1"
USAGE = Usage(
    host_cpu=60.0,
    storage_cpu=40.0,
    host_peak_mib=211.4,
    idle_share=0.0123,
    load_before=0.4,
    day="2026-11-29",
    machine="AMD EPYC, 2 processors",
)


def line(container: str, name: str, second: int, requests: int) -> str:
    return json.dumps(
        {
            "url": f"{ACCOUNT}/{container}/{name}",
            "at": f"2026-11-20T02:00:{second:02}.500Z",
            "requests": requests,
        }
    )


LOG = [
    line("landing", "a/school.csv", 0, 10),
    line("landing", "b/school.csv", 1, 11),
    line("landing", "a/student.csv", 4, 12),
    line("landing", "b/student.csv", 5, 13),
    line("landing", "c/student.csv", 6, 14),
    line("elsewhere", "c/2026/result.json", 7, 15),
    line("results", "a/2026/steps/start.json", 8, 16),
    line("results", "a/2026/result.json", 9, 20),
    line("results", "b/2026/result.json", 15, 70),
    line("results", "b/2027/result.json", 20, 90),
]


def test_a_latency_is_the_time_from_a_feeds_last_file_to_its_first_result() -> None:
    found = seen(writes(LOG), 3, "landing", "results")
    assert found == Seen(
        feeds=3, landing_seconds=6.0, latencies=(5.0, 10.0), extra_results=1, requests=80
    )
    assert found.lost == 1


def test_a_percentile_is_a_latency_that_was_seen() -> None:
    found = Seen(20, 1.0, tuple(float(number) for number in range(20, 0, -1)), 0, 0)
    assert [found.percentile(share) for share in (0.5, 0.95, 1)] == [10.0, 19.0, 20.0]
    assert math.isnan(Seen(1, 1.0, (), 0, 0).percentile(0.5))


def test_a_row_gives_costs_for_one_feed_and_says_what_is_wrong() -> None:
    found = Seen(200, 59.7, tuple([5.0] * 199), 2, 18_000)
    assert row("classic", found, USAGE) == (
        "| 200, classic | 60 s | 199 (2 results too many) | 5.0 s | 5.0 s | 5.0 s | 0.30 s"
        " | 0.20 s | 90 | 211 MiB | 1.2% | 2026-11-29, AMD EPYC, 2 processors, load 0.4 |"
    )


def test_a_row_replaces_that_of_the_same_test_and_leaves_the_rest_alone() -> None:
    def of(feeds: int, target: str, seconds: float) -> str:
        return row(target, Seen(feeds, 60.0, (seconds,) * feeds, 0, feeds), USAGE)

    document = "# Benchmarks\n\n| other | table |\n|---|---|\n| 200, dry-run | x |\n"
    for new in (of(1_000, "dry-run", 1), of(200, "dry-run", 2), of(200, "classic", 3)):
        document = with_row(document, new)
    document = with_row(document, of(200, "dry-run", 4))
    assert document.startswith("# Benchmarks\n\n| other | table |\n|---|---|\n| 200, dry-run | x |")
    assert document.count(HEADING) == 1
    rows = [one for one in section_of(document).splitlines() if one.startswith("| ")][1:]
    assert rows == [of(200, "classic", 3), of(200, "dry-run", 4), of(1_000, "dry-run", 1)]


def test_a_document_without_the_section_has_none() -> None:
    assert section_of("# Benchmarks\n") == ""
