"""The runs of a tenant: which is the newest, and which came after a start."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sync_core.model.errors import ServiceBusyError, UnexpectedAnswerError
from sync_core.targets.industry_data.public_errors import text_of
from sync_core.targets.paging import next_link
from sync_core.targets.times import moment


class Run(NamedTuple):
    """A run by its id; `began` is its `startDateTime` as the service wrote it."""

    id: str
    began: str


def runs_of(pages: Iterable[Any]) -> list[Run]:
    """The runs on all pages of their list, the oldest first.

    An older run that is missed here would look like the one that a start has begun, so a list that
    is not whole is none. Raises ServiceBusyError, UnexpectedAnswerError.
    """
    runs: list[Mapping[str, Any]] = []
    body: Any = None
    for body in pages:
        found = body.get("value") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise ServiceBusyError("Microsoft Graph returned no list of runs; retrying.")
        runs += [run for run in found if isinstance(run, dict)]
    if next_link(body):
        raise UnexpectedAnswerError(
            f"Microsoft Graph's list of runs is longer than {len(runs):,} runs, or repeats itself,"
            " so the app stopped reading it. Check in School Data Sync why there are so many runs."
        )
    found = [Run(text_of(run, "id"), text_of(run, "startDateTime")) for run in runs]
    return sorted((run for run in found if run.id), key=lambda run: run.began)


def run_after(before: Mapping[str, Any], runs: Sequence[Run]) -> Run | None:
    """The run that came next after the newest one of `before`; None where none has.

    A list that no longer shows that one is held against the time at which it began.
    """
    known = before.get("run", "")
    ids = [run.id for run in runs]
    if known in ids:
        later = runs[ids.index(known) + 1 :]
    elif known:
        later = [run for run in runs if _began_after(run, before.get("began"))]
    else:
        later = runs
    return later[0] if later else None


def _began_after(run: Run, known: Any) -> bool:
    began, last = moment(run.began), moment(known)
    return began is not None and last is not None and began > last
