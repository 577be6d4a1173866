"""`sis-sync runs`: the newest runs of a feed and how they ended."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console

from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.options import Account, AsJson, Feed, Settings
from sync_core.cli.printing import print_json, print_table
from sync_core.cli.runs.operating import operating
from sync_core.model.documents import Document, RunResult
from sync_core.model.outcomes import Outcome, Severity

MOST = 1_000


class ListedRun(Document, frozen=True, kw_only=True):
    """One run of a feed. `errors` and `warnings` are numbers of messages."""

    run: str
    outcome: Outcome
    severity: Severity
    summary: str
    errors: int
    warnings: int
    landed_at: str
    ended_at: str


def runs(
    feed: Feed,
    *,
    limit: Annotated[
        int,
        typer.Option(metavar="NUMBER", min=1, max=MOST, help="How many runs, the newest first."),
    ] = 10,
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """List the newest runs of a feed with their outcomes.

    Exits with 0, or with 2 if the feed has no run or its results cannot be read.
    """
    with operating(account, settings, as_json=as_json, refused=CANNOT) as records:
        # Imported here: the other commands do not need storage.
        from sync_core.cli.runs.listing import newest_results

        found = [_listed(result) for result in newest_results(records, feed, limit)]
    if as_json:
        print_json({"feed": feed, "runs": found})
        return
    print_table(Console(), ("run", "outcome", "summary"), _rows(found))


def _listed(result: RunResult) -> ListedRun:
    return ListedRun(
        run=result.run,
        outcome=result.outcome,
        severity=result.severity,
        summary=result.summary,
        errors=result.counts.errors,
        warnings=result.counts.warnings,
        landed_at=result.landed_at,
        ended_at=result.ended_at,
    )


def _rows(found: list[ListedRun]) -> Iterator[tuple[str, ...]]:
    for each in found:
        yield each.run, f"{each.outcome} ({each.severity})", each.summary
