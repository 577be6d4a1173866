"""The open hold of a feed: kept until it has expired, and run again once it is approved."""

from collections.abc import Callable, Sequence

import msgspec

from sync_core.activities.activity import log
from sync_core.activities.context import Services
from sync_core.formats import format_named
from sync_core.guards.decision_store import DecisionUnreadableError
from sync_core.guards.decisions import is_paused, state_of
from sync_core.landing.candidates import ExportSearch
from sync_core.landing.exports import LandedBlob
from sync_core.landing.fileset import FileSet
from sync_core.model.documents import RunResult, rfc3339
from sync_core.model.feeds import Feed
from sync_core.model.holds import Hold
from sync_core.model.outcomes import Outcome
from sync_core.results import paths

OPEN_AFTER = frozenset({Outcome.INCOMPLETE, Outcome.SUPERSEDED})
"""A later run that ends like this leaves a hold open: its export was not complete, or the run of
the export that superseded it ends the hold."""


ReadHold = Callable[[Services, str], Hold | None]
"""Returns the open hold of a feed. The sweep remembers it, because it needs each one twice."""


def open_hold(services: Services, feed: str) -> Hold | None:
    """The open hold of a feed, None if it has none."""
    return services.results.decoded(paths.hold(feed), Hold)


def keep_hold(services: Services, hold: Hold) -> None:
    """Make this the open hold of its feed, unless there is a newer one."""
    services.results.update(
        paths.hold(hold.feed), Hold, hold, unless=lambda there: there.run > hold.run
    )


def end_hold(services: Services, result: RunResult) -> bool:
    """End the open hold of a feed if this is the result of a newer export, or of its approval.

    Returns False if the feed has no open hold now.
    """
    if not result.files or result.outcome in OPEN_AFTER:
        return True
    hold = open_hold(services, result.feed)
    if hold is None or result.run <= hold.run:
        return hold is not None
    services.results.delete(paths.hold(result.feed))
    return False


def approved_set(
    services: Services,
    feed: Feed,
    now: float,
    listing: Sequence[LandedBlob] | None = None,
    read_hold: ReadHold = open_hold,
) -> FileSet | None:
    """The file set that was held and is approved, for its second run. None if there is none.

    It is the newest complete export: the result of a newer one ends the hold. `now` is in epoch
    seconds; while the feed is paused, an approval waits.
    """
    hold = read_hold(services, feed.name)
    if hold is None or not _is_approved(services, hold, now):
        return None
    search = ExportSearch(
        services.landing,
        feed.name,
        format_named(feed.format),
        lambda files: files.generation == hold.generation,
        listing,
    )
    for _ in search:
        pass  # The search ends at the file set that was held.
    if search.done is None:
        return None
    approved = msgspec.structs.replace(search.done, approves=hold.run)
    return None if services.has_result(approved) else approved


def _is_approved(services: Services, hold: Hold, now: float) -> bool:
    try:
        decision = services.decisions.decision(hold.feed, hold.run)
        if state_of(hold, decision, hold.run) != "approved":
            return False
        return not is_paused(services.decisions.pause(hold.feed), rfc3339(now))
    except DecisionUnreadableError as fault:
        # A decision that cannot be read allows nothing, and must not stop the feed's next export.
        log.error("feed %s: %s", hold.feed, fault)
        return False
