"""What the demonstration says of a run, from the events of the durable engine."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from local.narration import DONE, ENDED, Narrator, print_verdict
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.targets.dry_run import NOTE


def told(outcome: str, *, dry_run: bool) -> list[str]:
    """The lines of a run whose step `start` ended it so."""
    verified = [] if dry_run else ["verify"]
    steps = ["gather", "validate", "ready", "upload", *verified, "start", "publish"]
    passed = [{"step": step, "seconds": 0.1, "ended": step == "start"} for step in steps]
    status = {"step": "done", "passed": passed, "outcome": outcome}
    return spoken({"kind": "status_set", "detail": json.dumps(status)}, dry_run=dry_run)


def spoken(event: dict[str, Any], *, dry_run: bool) -> list[str]:
    out = io.StringIO()
    Narrator(Console(file=out, width=200), dry_run=dry_run).tell({"instanceId": "sync-a", **event})
    return out.getvalue().splitlines()


def test_a_run_is_shown_step_by_step() -> None:
    lines = told("started", dry_run=False)
    assert lines[3].split(maxsplit=1) == ["uploaded", f"{DONE['upload'][1]} (0.1 s)"]
    assert lines[5].split(maxsplit=1) == ["started", f"{ENDED['start']} (0.1 s)"]


def test_a_dry_run_claims_no_upload_and_no_start() -> None:
    lines = told("dry_run", dry_run=True)
    assert [line.split("  ")[1] for line in lines] == [
        *("complete", "validated", "ready", "read", "dry run", "published"),
    ]
    assert all("nothing was sent" in line for line in lines[2:5])
    assert not any(word in "".join(lines) for word in ("uploaded", "accepted", "the start was"))


@pytest.mark.parametrize("part", ["summary", "action"])
def test_the_verdict_of_a_dry_run_says_that_nothing_was_sent(part: str) -> None:
    facts = OUTCOMES[Outcome.DRY_RUN]
    result: dict[str, Any] = {
        "outcome": "dry_run",
        "severity": facts.severity,
        "summary": NOTE,
        "action": facts.action,
        "error": None,
    }
    out = io.StringIO()
    print_verdict(Console(file=out, width=300), result)
    assert "DRY RUN  Dry run: " in out.getvalue()
    assert "nothing was sent" in result[part]
