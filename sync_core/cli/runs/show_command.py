"""`sis-sync show`: how a run ended, why it was held, what it would change, and who has decided."""

import time
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import Console

from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.options import Account, AsJson, Feed, Settings, checked_run
from sync_core.cli.printing import print_json, print_table
from sync_core.cli.runs.decision_commands import AGAIN, WHEN_RESUMED, WITHIN_MINUTES
from sync_core.cli.runs.operating import operating
from sync_core.cli.runs.showing import ShownRun, shown_run
from sync_core.model.commands import RunCommands
from sync_core.model.documents import rfc3339
from sync_core.model.holds import Decision, PreviewLine, Trip

LINES_SHOWN, ROWS_SHOWN = 30, 5
NEWEST = "The id of the run. Default: the newest run of the feed."

AnyRun = Annotated[str | None, typer.Argument(metavar="RUN", help=NEWEST, callback=checked_run)]


def show(
    feed: Feed,
    run: AnyRun = None,
    *,
    account: Account = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Show how a run ended, why it was held, what it would change, and what was decided.

    Nobody is named: a school is the line of its file, and new people are line numbers. Exits with 0
    or 1, as the outcome says (docs/results.md), and with 2 if there is no result to show.
    """
    with operating(account, settings, as_json=as_json, refused=CANNOT) as records:
        shown = shown_run(records, feed, run, rfc3339(time.time()))
    if as_json:
        print_json(shown)
    else:
        _print(Console(), shown)
    raise typer.Exit(shown.result.outcome.exit_code)


def _print(console: Console, shown: ShownRun) -> None:
    result = shown.result
    facts = {
        "Run": f"{result.run} of the feed {result.feed}",
        "Outcome": f"{result.outcome} ({result.severity})",
        "Landed": result.landed_at,
        "Summary": result.summary,
        "To do": _to_do(shown),
        "Report": f"{result.report}, in the results container" if result.report else "",
        "Decision": " ".join(_decisions(shown)),
    }
    for title, text in facts.items():
        if text:
            console.print(f"{title:<10}{text}", markup=False, highlight=False, soft_wrap=True)
    if result.held is not None:
        _print_reasons(console, result.held.trips)
    if shown.preview:
        _print_preview(console, shown.preview)


def _to_do(shown: ShownRun) -> str:
    """What is left to do about a run: its action, unless somebody has decided since."""
    result, settlement = shown.result, shown.settlement
    commands = RunCommands(result.feed, result.run)
    if shown.second_run is not None:
        return f"To see how the second run ended: {commands._replace(run=shown.second_run).show}"
    if settlement is not None:
        return "Nothing to do." if settlement.started else f"{AGAIN} {commands.redeliver}"
    match shown.state:
        case "approved":
            soon = WHEN_RESUMED if shown.pause else WITHIN_MINUTES
            return f"Nothing to do. The app starts a second run of the same files {soon}."
        case "rejected":
            return "Have a corrected export delivered, unless that has happened already."
        case "void":
            return f"To see the newest run: {commands._replace(run=shown.newest).show}"
        case _:
            return result.action


def _decisions(shown: ShownRun) -> Iterator[str]:
    result = shown.result
    if shown.state == "undecided":
        yield "Nobody has decided yet."
    if shown.decision is not None:
        yield _signed(shown.decision)
    if shown.second_run is not None:
        yield f"The second run of these files is {shown.second_run}."
    elif shown.state == "void":
        yield f"A newer export has landed, whose run is {shown.newest}. This one cannot be synced."
    if result.approval is not None:
        yield f"This run is the second one of {result.approves}. {_signed(result.approval)}"
    if shown.settlement is not None:
        found = "started" if shown.settlement.started else "not started"
        yield f"Settled as {found} by {shown.settlement.by} at {shown.settlement.settled_at}."
    for each in shown.redeliveries:
        by = f" by {each.by}" if each.by else ""
        reason = f" Reason: {each.reason}" if each.reason else ""
        yield f"Delivered again{by} at {each.redelivered_at}, to {each.folder}.{reason}"
    if shown.pause is not None:
        until = f" until {shown.pause.until}" if shown.pause.until else ""
        yield f"The feed is paused{until}, by {shown.pause.paused_by}."


def _signed(decision: Decision) -> str:
    reason = f" Reason: {decision.reason}" if decision.reason else ""
    return f"{decision.decision.capitalize()} by {decision.by} at {decision.decided_at}.{reason}"


COLUMNS = ("kind", "school", "before", "now", "missing", "moved", "new role", "new", "new on lines")


def _print_reasons(console: Console, trips: Sequence[Trip]) -> None:
    shown = ((trip.sentence, trip.advice) for trip in trips[:LINES_SHOWN])
    print_table(console, ("why it is held", "what to do"), shown)
    if len(trips) > LINES_SHOWN:
        console.print(f"{len(trips) - LINES_SHOWN:,} more reasons are in result.json.")


def _print_preview(console: Console, preview: Sequence[PreviewLine]) -> None:
    """The lines of the whole feed, then those of schools; in both, the largest change first."""
    ordered = sorted(preview, key=lambda line: (not line.whole_feed, -_size(line)))
    print_table(console, COLUMNS, map(_cells, ordered[:LINES_SHOWN]))
    if len(preview) > LINES_SHOWN:
        console.print(f"{len(preview) - LINES_SHOWN:,} more lines are in preview.jsonl.")


def _size(line: PreviewLine) -> int:
    return line.removed + line.moved + line.changed_role + line.added


def _cells(line: PreviewLine) -> tuple[str, ...]:
    numbers = (
        line.before,
        line.now,
        line.removed,
        line.moved,
        line.changed_role,
        line.added,
    )
    rows = ", ".join(map(str, line.rows[:ROWS_SHOWN]))
    more = ", ..." if len(line.rows) > ROWS_SHOWN else ""
    return (line.kind, _school(line), *(f"{number:,}" for number in numbers), rows + more)


def _school(line: PreviewLine) -> str:
    if line.whole_feed:
        return "all"
    if line.school_line is None:
        return "not in its file"
    return f"line {line.school_line}{' (last export)' if line.in_last_export else ''}"
