"""Records what operators decide: approve, reject, settle, pause and resume."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from sync_core.cli.runs.listing import FilesState, NamedRun, files_state, newest_run, result_of
from sync_core.guards.decisions import (
    HeldRun,
    RunReference,
    Signed,
    decided,
    is_paused,
    paused,
    resumed,
    settled,
)
from sync_core.model.holds import Decision, Pause, Settlement
from sync_core.model.outcomes import Outcome
from sync_core.results import paths

if TYPE_CHECKING:
    from sync_core.cli.runs.records import Records


class Recorded(NamedTuple):
    """A decision, what is known of the files it is about, and whether the feed is paused."""

    decision: Decision
    files: FilesState
    paused: bool


def decide(
    records: "Records",
    named: NamedRun,
    decision: Literal["approved", "rejected"],
    signed: Signed,
) -> Recorded:
    """Approve or reject a held run. Raises a DecisionError if that is not possible."""
    result = result_of(records, named)
    newest = newest_run(records, named)
    files = files_state(records, result)
    with records.decisions() as decisions:
        held = HeldRun(
            feed=named.feed,
            run=named.run,
            hold=result.held if result.outcome is Outcome.HELD else None,
            decision=decisions.decision(named.feed, named.run),
            newest=newest,
            generation=None if files == "changed" else result.generation,
        )
        made = decided(held, decision, signed)
        # Read first: a pause that cannot be read must not look as if nothing had been recorded.
        is_waiting = is_paused(decisions.pause(named.feed), signed.at)
        decisions.decide(made)
    return Recorded(made, files, is_waiting)


def settle(records: "Records", named: NamedRun, signed: Signed, *, started: bool) -> Settlement:
    """Record whether the sync of an unknown run started. Raises a DecisionError."""
    result = result_of(records, named)
    run = RunReference(named.feed, named.run, result.generation)
    with records.decisions() as decisions:
        known = decisions.settlement(named.feed, named.run)
        made = settled(run, result.outcome, known, signed, started=started)
        decisions.settle(made)
    return made


def pause(records: "Records", feed: str, signed: Signed, until: str | None) -> Pause:
    """Pause a feed, or change the end of its pause. Raises a DecisionError."""
    with records.decisions() as decisions:
        return decisions.change_pause(feed, lambda _: paused(feed, signed, until))


def resume(records: "Records", feed: str, signed: Signed) -> Pause:
    """End the pause of a feed. Raises NotPausedError if it is not paused."""
    with records.decisions() as decisions:
        return decisions.change_pause(feed, lambda kept: resumed(feed, kept, signed))


def has_runs(records: "Records", feed: str) -> bool:
    """Whether the feed has a result. A feed that never ran has none, nor has a wrong name."""
    with records.results() as results:
        return results.has(paths.latest(feed))
