"""Decides whether files that belong to no export are a landing that has not been reported yet.

Files beside a set that was taken are left alone. Files that were reported are not reported again
until something newer lands. Pure functions.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

import msgspec

from sync_core.landing.fileset import FileSet
from sync_core.landing.leftovers import Leftover
from sync_core.model.documents import RunResult
from sync_core.model.outcomes import Outcome


class Evidence(IntEnum):
    """What new files must look like before they are reported."""

    ANY_FILE = 0
    A_MEANT_FILE = 1
    A_DELIVERY = 2
    """Half of the files of a set, an archive, or a marker that says that a set is complete."""


WHOLE = frozenset({"compressed", "encrypted", "zip-without-files", "marker-alone"})
"""Reasons that one file alone makes a delivery."""


class Reported(NamedTuple):
    """What the results so far cover: files up to `until`. Newer ones must look like `needs`."""

    until: float
    needs: Evidence


NOTHING_REPORTED = Reported(float("-inf"), Evidence.ANY_FILE)


def reported_by(results: Iterable[RunResult], beside_seconds: float) -> Reported:
    """What these results of a feed cover.

    Files that land within `beside_seconds` after a set was taken are beside it.
    """
    covered = [_covered(result, beside_seconds) for result in results]
    return Reported(
        max((one.until for one in covered), default=NOTHING_REPORTED.until),
        max((one.needs for one in covered), default=NOTHING_REPORTED.needs),
    )


def unread(
    found: Iterable[Leftover], reported: Reported, always: frozenset[str]
) -> tuple[Leftover, ...]:
    """The files that are a landing of their own; none if there is nothing to report.

    `always` are the files that an export must contain.
    """
    new = tuple(one for one in found if one.blob.modified > reported.until)
    meant = [one for one in new if one.is_meant]
    if reported.needs is Evidence.A_DELIVERY:
        return new if _is_delivery(meant, always) else ()
    return new if meant or reported.needs is Evidence.ANY_FILE else ()


def landing_of(feed: str, found: Sequence[Leftover]) -> FileSet:
    """The identity of a landing without a file of the set, as a file set without files."""
    rows = sorted((one.path, one.blob.etag, one.blob.size) for one in found)
    return FileSet(
        feed=feed,
        folder="",
        landed_at=max(one.blob.modified for one in found),
        files=(),
        identity=hashlib.sha256(msgspec.json.encode(rows)).hexdigest(),
    )


def _covered(result: RunResult, beside_seconds: float) -> Reported:
    landed = _seconds(result.landed_at)
    if not result.files and not result.found:
        # A failure that is not about files that landed.
        return NOTHING_REPORTED
    if result.outcome is not Outcome.INCOMPLETE:
        return Reported(landed + beside_seconds, Evidence.A_DELIVERY)
    until = max([landed, *(_seconds(file.landed_at) for file in result.found)])
    return Reported(until, Evidence.A_MEANT_FILE if result.files else Evidence.ANY_FILE)


def _is_delivery(meant: Sequence[Leftover], always: frozenset[str]) -> bool:
    names = {one.expected or one.blob.file_name for one in meant}
    is_whole = any(one.reason in WHOLE and one.expected is None for one in meant)
    return is_whole or 2 * len(names) >= len(always)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
