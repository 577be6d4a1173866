"""The queries of the alerts read the very lines that the code logs.

Microsoft's language service checks the queries (tests/infra/test_queries.py), but no engine runs
them. So a `parse` is turned into the regular expression that it stands for, and put to the line
that the code has just logged.
"""

import logging
import re
from pathlib import Path

import pytest

from sync_core.activities import check_progress
from sync_core.activities.activity import NOT_ANNOUNCED
from sync_core.activities.feeds_blob import SETTINGS_WRONG
from sync_core.intake.start_feed import RUN_REQUESTED
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.orchestration.steps import Verdict
from sync_core.targets import Progress
from tests.unit.product_kit import ActivityHarness

QUERIES = Path(__file__).resolve().parents[2] / "infra" / "queries"
PART = re.compile(r'"(?P<literal>[^"]*)"|(?P<star>\*)|(?P<column>\w+)(?P<number>:long)?')


def columns(query: str, line: str) -> dict[str, str] | None:
    """What the query's `parse Message with …` makes of a line; None where its filter drops it."""
    text = (QUERIES / f"{query}.kql").read_text(encoding="utf-8")
    (start,) = re.findall(r'where Message startswith "([^"]*)"', text)
    (parse,) = re.findall(r"parse Message with (.+)", text)
    found = re.fullmatch("".join(_regex(part) for part in PART.finditer(parse)), line)
    assert found, f"{parse} does not read {line!r}"
    return found.groupdict() if line.startswith(start) else None


def _regex(part: re.Match[str]) -> str:
    if part["star"]:
        return ".*"
    if part["literal"] is not None:
        return re.escape(part["literal"])
    return rf"(?P<{part['column']}>{'[0-9]+' if part['number'] else '.*?'})"


def line_of(caplog: pytest.LogCaptureFixture, beginning: str) -> str:
    (line,) = [said for said in caplog.messages if said.startswith(beginning)]
    return line


@pytest.mark.parametrize("outcome", Outcome)
def test_a_finished_run_is_read_as_it_was_logged(
    outcome: Outcome, harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sis_sync")
    harness.land()
    files = harness.landed_set()
    harness.publish(files, Verdict(outcome=outcome))
    assert columns("finished-runs", line_of(caplog, "run")) == {
        "Feed": "northwind",
        "Run": files.run,
        "Outcome": str(outcome),
        "Severity": OUTCOMES[outcome].severity,
        "Errors": "0",
        "Warnings": "0",
    }


def test_the_end_of_a_sync_is_read_as_it_was_logged(
    harness: ActivityHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sis_sync")
    harness.land()
    files = harness.landed_set()
    harness.target.will_answer(progress=[Progress(status="quarantined", state="failed")])
    harness.ask(check_progress, files=files)
    assert columns("sync-failed", line_of(caplog, "sync")) == {
        "Feed": "northwind",
        "Run": files.run,
        "Status": "quarantined",
    }


def test_a_request_for_a_run_is_read_as_it_was_logged() -> None:
    assert columns("stuck", f"{RUN_REQUESTED} feed=northwind") == {"Feed": "northwind"}


def test_a_result_that_was_not_announced_is_read_as_it_is_logged() -> None:
    line = f"{NOT_ANNOUNCED} feed=northwind run=20260301-a reason=413 RequestBodyTooLarge"
    assert columns("unannounced", line) == {
        "Feed": "northwind",
        "Run": "20260301-a",
        "Reason": "413 RequestBodyTooLarge",
    }


@pytest.mark.parametrize("feed", ["bad", "(entry 2)", "(all)"])
def test_wrong_settings_are_read_as_they_are_logged(feed: str) -> None:
    line = f"{SETTINGS_WRONG} feed={feed} line=12 reason=target is missing, but line=1 is not"
    assert columns("settings-wrong", line) == {
        "Feed": feed,
        "Line": "12",
        "Reason": "target is missing, but line=1 is not",
    }


def test_a_query_that_searches_for_other_words_is_noticed() -> None:
    line = "run ended feed=a run=b outcome=started severity=info errors=0 warnings=0"
    assert columns("finished-runs", line) is None
    with pytest.raises(AssertionError, match="does not read"):
        columns("finished-runs", "run finished feed=a outcome=started")


@pytest.mark.parametrize(
    ("uri", "queue"),
    [
        (
            "https://a.queue.core.windows.net:443/sync-results-poison/messages?visibilitytimeout=0",
            "sync-results-poison",
        ),
        ("https://a.queue.core.windows.net/sis-landed/messages", "sis-landed"),
    ],
)
def test_the_queue_of_a_message_is_read_from_its_address(uri: str, queue: str) -> None:
    text = (QUERIES / "poison.kql").read_text(encoding="utf-8")
    (expression,) = re.findall(r'extract\(@"([^"]+)", 1, Uri\)', text)
    found = re.match(expression, uri)
    assert found
    assert found[1] == queue
