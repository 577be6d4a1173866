"""What an event missed: feeds with an export that nobody has started on."""

from sync_core.activities.room import Room
from sync_core.errors import ArchiveError, SupersededError
from sync_core.formats import format_named
from sync_core.landing.stock import unsettled


def feeds_to_start(room: Room) -> list[str]:
    """The feeds whose newest export has no result. Raises TransientError, AccessDeniedError."""
    return [name for name in room.settings().feeds if _has_news(room, name)]


def _has_news(room: Room, name: str) -> bool:
    fmt = format_named(room.feed(name).format)
    try:
        return next(unsettled(room.landing, name, fmt, room.settled), None) is not None
    except (SupersededError, ArchiveError):
        # It changed while it was looked at, so there is something to look at.
        return True
