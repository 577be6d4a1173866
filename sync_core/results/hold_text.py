"""What results and events say about a hold, and which commands decide about it."""

from sync_core.model.commands import RunCommands
from sync_core.model.holds import Hold

REASONS_NAMED = 3
"""How many reasons a summary names."""


def held_sentences(hold: Hold) -> str:
    """The first reasons for a hold in words."""
    more = len(hold.trips) - REASONS_NAMED
    left_out = f" There are {more:,} more reasons." if more > 1 else " There is 1 more reason."
    named = " ".join(trip.sentence for trip in hold.trips[:REASONS_NAMED])
    return named + (left_out if more > 0 else "")


def reminder_summary(hold: Hold) -> str:
    """What reminds of a hold."""
    return f"Nobody has decided about this run, which is held. {held_sentences(hold)}"


def held_action(hold: Hold) -> str:
    """What to do about a hold: the advice of its first reason, and the commands."""
    advice = hold.trips[0].advice
    commands = RunCommands(hold.feed, hold.run)
    return (
        f"{advice} To see what would change: {commands.show}. If the export is right:"
        f" {commands.approve}. If it is wrong: {commands.reject}, and have a corrected export"
        " delivered."
    )


def unknown_action(feed: str, run: str) -> str:
    """What to do about a run of which it is not known whether its sync started."""
    commands = RunCommands(feed, run)
    return (
        f"Check in School Data Sync whether a sync ran. If it did: {commands.settle_started}. If"
        f" not: {commands.settle_not_started}, then {commands.redeliver}. Until then, the next"
        " export is compared with the last one whose start was confirmed."
    )
