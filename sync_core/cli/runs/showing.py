"""Everything that is known of a run: its result, what it would change, and what people decided."""

from typing import TYPE_CHECKING

import msgspec

from sync_core.cli.runs.listing import NamedRun, latest_run, newest_run, result_of
from sync_core.guards.decisions import HoldState, is_paused, state_of
from sync_core.model.documents import RunResult
from sync_core.model.holds import (
    Decision,
    Pause,
    PreviewLine,
    Redelivery,
    Settlement,
    approved_run,
)
from sync_core.model.outcomes import Outcome
from sync_core.results import paths

if TYPE_CHECKING:
    from sync_core.cli.runs.records import Records


class ShownRun(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A run, and what belongs to it.

    `state` is that of the hold, null if the run was not held. `newest` is the run of the newest
    complete export. `preview` has the lines of `preview.jsonl`. `second_run` is the run that used
    the approval, null until it has a result. `pause` is null unless the feed is paused now.
    """

    result: RunResult
    state: HoldState | None = None
    newest: str
    preview: tuple[PreviewLine, ...] = ()
    decision: Decision | None = None
    second_run: str | None = None
    settlement: Settlement | None = None
    redeliveries: tuple[Redelivery, ...] = ()
    pause: Pause | None = None


def shown_run(records: "Records", feed: str, run: str | None, now: str) -> ShownRun:
    """A run, or the newest one of the feed. `now` is RFC 3339. Raises RunNotFoundError."""
    named = NamedRun(feed, run) if run else latest_run(records, feed)
    result = result_of(records, named)
    newest = newest_run(records, named)
    with records.decisions() as decisions:
        decision = decisions.decision(feed, named.run)
        settlement = decisions.settlement(feed, named.run)
        redeliveries = decisions.redeliveries(feed, named.run)
        pause = decisions.pause(feed)
    hold = result.held if result.outcome is Outcome.HELD else None
    return ShownRun(
        result=result,
        state=state_of(hold, decision, newest) if hold else None,
        newest=newest,
        preview=_preview(records, named) if result.held else (),
        decision=decision,
        second_run=_second_run(records, named),
        settlement=settlement,
        redeliveries=tuple(redeliveries),
        pause=pause if is_paused(pause, now) else None,
    )


def _second_run(records: "Records", named: NamedRun) -> str | None:
    second = NamedRun(named.feed, approved_run(named.run))
    with records.results() as results:
        return second.run if results.has(paths.result(second)) else None


def _preview(records: "Records", named: NamedRun) -> tuple[PreviewLine, ...]:
    with records.results() as results:
        kept = results.read(paths.preview(named))
        lines = kept.data.splitlines() if kept else []
        return tuple(msgspec.json.decode(line, type=PreviewLine) for line in lines)
