"""What operators' commands need to know of a run: its result, its files, and newer exports."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from sync_core.guards.decisions import is_newer
from sync_core.model.documents import RunResult
from sync_core.model.errors import AccessDeniedError, TerminalError
from sync_core.model.outcomes import Outcome
from sync_core.results import paths

if TYPE_CHECKING:
    from sync_core.cli.runs.records import Records

RESULT = "/result.json"
NO_RUN = "There is no result of this feed at all: check its name and the account."


class NamedRun(NamedTuple):
    """A run by its feed and its id."""

    feed: str
    run: str


class RunNotFoundError(TerminalError):
    """There is no result of the run."""

    code = "run-not-found"


def result_of(records: "Records", named: NamedRun) -> RunResult:
    """The result of a run. Raises RunNotFoundError."""
    with records.results() as results:
        found = results.decoded(paths.result(named), RunResult)
        latest = None if found else results.decoded(paths.latest(named.feed), RunResult)
    if found is None:
        newest = f"The newest run of this feed is {latest.run}." if latest else NO_RUN
        raise RunNotFoundError(
            f"There is no result of the run {named.run} of the feed {named.feed} in the storage"
            f" account {records.results_name}. {newest}"
        )
    return found


def latest_run(records: "Records", feed: str) -> NamedRun:
    """The run of the newest result of a feed. Raises RunNotFoundError."""
    with records.results() as results:
        latest = results.decoded(paths.latest(feed), RunResult)
    if latest is None:
        raise _no_run_at_all(records, feed)
    return NamedRun(feed, latest.run)


def _no_run_at_all(records: "Records", feed: str) -> RunNotFoundError:
    return RunNotFoundError(
        f"There is no result of the feed {feed} in the storage account"
        f" {records.results_name}. Check the name of the feed and the account."
    )


def newest_results(records: "Records", feed: str, limit: int) -> list[RunResult]:
    """The results of a feed's newest runs, the newest first. Raises RunNotFoundError."""
    with records.results() as results:
        names = [name for name in results.names(f"{feed}/") if name.endswith(RESULT)]
        read = (results.decoded(name, RunResult) for name in sorted(names, reverse=True)[:limit])
        found = [result for result in read if result is not None]
    if not found:
        raise _no_run_at_all(records, feed)
    return found


def newest_run(records: "Records", named: NamedRun) -> str:
    """The run of the newest complete export that has a result; this run if none is newer."""
    with records.results() as results:
        names = [name for name in results.names(f"{named.feed}/") if name.endswith(RESULT)]
        for name in reversed(names):
            run = name.removeprefix(f"{named.feed}/").removesuffix(RESULT)
            if not is_newer(run, named.run):
                break
            result = results.decoded(name, RunResult)
            if result is not None and _is_complete(result):
                return run
    return named.run


def _is_complete(result: RunResult) -> bool:
    return bool(result.files) and result.outcome is not Outcome.INCOMPLETE


FilesState = Literal["unchanged", "changed", "not-checked"]


def files_state(records: "Records", result: RunResult) -> FilesState:
    """Whether the run's files are in the landing container as they were.

    Operators may have no right to list exports. Their decision is then about the files of the
    result; the app compares them again before it starts a run.
    """
    try:
        with records.landing() as landing:
            etags = {blob.name: blob.etag for blob in landing.listing(result.feed)}
    except AccessDeniedError:
        return "not-checked"
    same = all(etags.get(file.blob) == file.etag for file in result.files)
    return "unchanged" if same else "changed"
