"""How long to wait before the next try, and when to give up."""

import zlib
from typing import NamedTuple

from sync_core.model.errors import TransientError
from sync_core.model.feeds import Feed
from sync_core.orchestration.steps import Question, Wait

SHORTEST_WAIT = 1.0
"""Seconds. A service that answers "retry at once", or names a time in the past, must not be asked
in a tight loop."""


class Pace(NamedTuple):
    """Seconds: the first wait, the longest one, and how long after the first try to give up."""

    first: float
    cap: float
    deadline: float


UNKNOWN_FEED = Pace(30.0, 900.0, 172_800.0)
"""Where the settings of the feed cannot be read. They are in the storage account that also takes
the results, so while they cannot be read, no result could be written either."""


def pace_of(feed: Feed) -> Pace:
    """The pace that the settings of a feed ask for."""
    return Pace(feed.poll_seconds, feed.poll_cap_seconds, feed.ready_deadline_seconds)


def backoff(question: Question, *, first: float, cap: float) -> float:
    """Seconds until the next try: doubled each time, at most `cap`, minus up to a fifth.

    The reduction keeps feeds from polling at the same moment. It is derived from the feed and the
    number of polls, so that a repeated question gets the same answer.
    """
    longest = min(cap, first * 2.0 ** min(question.polls, 32))
    seed = zlib.crc32(f"{question.feed}:{question.polls}".encode())
    return round(longest * (1 - 0.2 * seed / 2**32), 3)


def retry_or_give_up(question: Question, fault: TransientError, pace: Pace) -> Wait | None:
    """How long to wait after a transient fault; None if the deadline would pass first.

    The longer of our back-off and the service's `Retry-After` counts.
    """
    left = question.since + pace.deadline - question.now
    asked = fault.retry_after or 0.0
    if left <= 0 or asked > left:
        return None
    own = backoff(question, first=pace.first, cap=pace.cap)
    return Wait(max(min(max(asked, own), left), SHORTEST_WAIT), str(fault))
