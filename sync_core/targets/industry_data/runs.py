"""The runs of a tenant: which is the newest, and which came after a start."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync_core.errors import ServiceBusyError, UnexpectedAnswerError
from sync_core.targets.industry_data.public_errors import text_of
from sync_core.targets.paging import next_link


def ids_of(pages: Iterable[Any]) -> list[str]:
    """The ids of the runs on all pages of their list, the oldest first.

    An older run that is missed here would look like the one that a start has begun, so a list that
    is not whole is none. Raises ServiceBusyError, UnexpectedAnswerError.
    """
    runs: list[Mapping[str, Any]] = []
    body: Any = None
    for body in pages:
        found = body.get("value") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise ServiceBusyError("Microsoft Graph did not list the runs; it is tried again.")
        runs += [run for run in found if isinstance(run, dict)]
    if next_link(body):
        raise UnexpectedAnswerError(
            f"Microsoft Graph's list of runs goes on after {len(runs)} runs, or repeats itself, and"
            " is not read any further. Check in School Data Sync why there are so many."
        )
    ids = (text_of(run, "id") for run in sorted(runs, key=_began))
    return [run for run in ids if run]


def run_after(known: str, runs: list[str]) -> str:
    """The run that came next after the `known` one; empty where none has."""
    if known and known not in runs:
        return runs[-1] if runs else ""
    later = runs[runs.index(known) + 1 :] if known else runs
    return later[0] if later else ""


def _began(run: Mapping[str, Any]) -> str:
    return text_of(run, "startDateTime")
