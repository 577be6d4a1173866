"""The runs of a tenant, and the first one after a start."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sync_core.model.errors import ServiceBusyError, UnexpectedAnswerError
from sync_core.targets.json_fields import text_of
from sync_core.targets.paging import next_link
from sync_core.targets.times import moment


class ServiceRun(NamedTuple):
    """One run of the service. `began` is its `startDateTime` as the service wrote it."""

    id: str
    began: str


def runs_of(pages: Iterable[Any]) -> list[ServiceRun]:
    """The runs on all pages of their list, the oldest first.

    An incomplete list is refused: an older run that it lacks would later look like the run of our
    start. Raises ServiceBusyError, UnexpectedAnswerError.
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
    found = [ServiceRun(text_of(run, "id"), text_of(run, "startDateTime")) for run in runs]
    return sorted((run for run in found if run.id), key=lambda run: run.began)


def run_after(before: Mapping[str, Any], runs: Sequence[ServiceRun]) -> ServiceRun | None:
    """The first run after the newest one in `before`; None if there is none.

    If the list no longer has that run, the time at which it began is compared instead.
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


def _began_after(run: ServiceRun, known: Any) -> bool:
    began, last = moment(run.began), moment(known)
    return began is not None and last is not None and began > last
