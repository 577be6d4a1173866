"""Documents about holds: why a guard stopped a run, and what people have decided.

Times are RFC 3339 in UTC. Decisions are in a container of their own, where operators may write.
"""

from typing import Annotated, Literal

import msgspec

from sync_core.model.statistics import Count, Time

By = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""Who has decided: a name or an account."""

Reason = Annotated[str, msgspec.Meta(max_length=1_000)]


_APPROVED = "-approved"


def approved_run(run: str) -> str:
    """The id of the second run of a generation, which an approval starts."""
    return run + _APPROVED


def first_run(run: str) -> str:
    """The id of the first run of a run's generation. Runs of one generation have the same."""
    return run.partition(_APPROVED)[0]


class _Record(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The base of these documents: field names are in camel case."""

    version: Literal[1] = 1
    feed: str


class Trip(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A guard whose limit is exceeded: `count` of `of`, where, and what to do about it.

    `kind` or `file` is what was counted. `schoolLine` is the line of a school in the schools file
    of this export, or, with `inLastExport`, of the last one that was synced.
    """

    guard: str
    count: Count
    of: float
    kind: str | None = None
    school_line: int | None = None
    in_last_export: bool = False
    file: str | None = None
    sentence: str
    advice: str


class Hold(_Record, frozen=True, kw_only=True):
    """Why a run was held. It is for exactly this generation."""

    run: str
    generation: str
    trips: tuple[Trip, ...]
    held_at: Time


class Decision(_Record, frozen=True, kw_only=True):
    """What a person has decided about a hold: once, and for exactly this generation."""

    run: str
    generation: str
    decision: Literal["approved", "rejected"]
    by: By
    reason: Reason = ""
    decided_at: Time


class Settlement(_Record, frozen=True, kw_only=True):
    """What a person has found out about a run that ended as `unknown`: did its sync start?"""

    run: str
    generation: str
    started: bool
    by: By
    reason: Reason = ""
    settled_at: Time


class Redelivery(_Record, frozen=True, kw_only=True):
    """That the files of a run were delivered again, into a folder of the landing container.

    `by` is null if whoever did it gave no name.
    """

    run: str
    generation: str
    folder: str
    by: By | None = None
    reason: Reason = ""
    redelivered_at: Time


class Pause(_Record, frozen=True, kw_only=True):
    """The last pause of a feed, and its end. While it lasts, nothing is synced.

    It ends when a person resumes the feed, or at `until`.
    """

    paused_by: By
    paused_at: Time
    until: Time | None = None
    reason: Reason = ""
    resumed_by: By | None = None
    resumed_at: Time | None = None
    resume_reason: Reason = ""


class PreviewLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of `preview.jsonl`: what a held export would change for one kind in one school.

    `schoolLine` and `inLastExport` name the school, as in a trip; `schoolLine` is null for the
    whole feed, and for a school that is in neither schools file. `before` and `now` are numbers of
    entities. `rows` has the first line numbers in `file` of this export of those who are new at
    the school. Whoever is missing has no line in this export.
    """

    kind: str
    file: str | None
    school_line: int | None = None
    in_last_export: bool = False
    whole_feed: bool
    before: Count
    now: Count
    removed: Count
    moved: Count
    changed_role: Count
    added: Count
    rows: tuple[int, ...] = ()
