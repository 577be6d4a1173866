"""Looks for files in a feed's folder that belong to no export and that no result has named."""

from sync_core.activities.context import Services
from sync_core.activities.expected import required_files
from sync_core.formats import format_named
from sync_core.landing.candidates import ExportSearch
from sync_core.landing.fileset import FileSet
from sync_core.landing.leftovers import Leftover, in_zips, leftovers
from sync_core.landing.unread import landing_of, reported_by, unread
from sync_core.model.documents import RunResult
from sync_core.model.feeds import Feed
from sync_core.results import paths


def unread_files(services: Services, feed: Feed, search: ExportSearch) -> tuple[Leftover, ...]:
    """The files that are to be reported. `search` has ended, and found no export to run."""
    fmt = format_named(feed.format)
    found = [*leftovers(feed.name, search.listing, fmt), *in_zips(search.foreign, fmt)]
    if not found:
        return ()
    names = [paths.latest(feed.name), *([paths.result(search.done)] if search.done else [])]
    kept = (services.results.decoded(name, RunResult) for name in names)
    reported = reported_by((result for result in kept if result), feed.set_deadline_seconds)
    new = unread(found, reported, required_files(feed))
    return () if not new or services.has_result(landing_of(feed.name, new)) else new


def export_search(services: Services, feed: Feed, done: FileSet | None = None) -> ExportSearch:
    """A search for the exports of a feed that have no result. `done` is known to have one."""

    def has_result(files: FileSet) -> bool:
        is_done = done is not None and files.run == done.run
        return is_done or services.has_result(files)

    return ExportSearch(services.landing, feed.name, format_named(feed.format), has_result)
