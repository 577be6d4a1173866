"""How long to wait before a retry, and when to give up."""

import zlib
from typing import NamedTuple

from sync_core.model.errors import TransientError
from sync_core.model.feeds import Feed
from sync_core.orchestration.steps import Question, Wait

SHORTEST_WAIT = 1.0
"""Seconds. Prevents a tight loop if the service's Retry-After is 0 or in the past."""


class Pace(NamedTuple):
    """In seconds: the first wait, the longest wait, and when to give up after the first try."""

    first: float
    cap: float
    deadline: float


UNKNOWN_FEED = Pace(30.0, 900.0, 172_800.0)
"""For a feed whose settings cannot be read. They are in the same storage account as the results, so
giving up earlier would be useless: no result could be written either."""


def pace_of(feed: Feed) -> Pace:
    """The pace from a feed's settings."""
    return Pace(feed.poll_seconds, feed.poll_cap_seconds, feed.ready_deadline_seconds)


def backoff(question: Question, *, first: float, cap: float) -> float:
    """Seconds until the next try: exponential back-off, at most `cap`, minus up to 20 % of jitter.

    The jitter keeps feeds from polling at the same moment. It is derived from the feed's name and
    the number of polls, so that a repeated call returns the same value.
    """
    longest = min(cap, first * 2.0 ** min(question.polls, 32))
    seed = zlib.crc32(f"{question.feed}:{question.polls}".encode())
    return round(longest * (1 - 0.2 * seed / 2**32), 3)


def retry_or_give_up(question: Question, fault: TransientError, pace: Pace) -> Wait | None:
    """How long to wait after a transient error; None if the deadline would pass first.

    The wait is the longer of our back-off and the service's `Retry-After`.
    """
    left = question.since + pace.deadline - question.now
    asked = fault.retry_after or 0.0
    if left <= 0 or asked > left:
        return None
    own = backoff(question, first=pace.first, cap=pace.cap)
    return Wait(max(min(max(asked, own), left), SHORTEST_WAIT), str(fault))
