"""Which files an export of a feed must contain."""

from typing import NamedTuple

from sync_core.activities.baselines import last_baseline
from sync_core.activities.context import ActivityContext
from sync_core.formats import format_named
from sync_core.model.documents import RunResult
from sync_core.model.feeds import Feed
from sync_core.model.guards import holds_one
from sync_core.results import paths


class Expected(NamedTuple):
    """The files that an export of a feed must contain.

    `always`: required by the format or the target. `before`: the other files of the last set whose
    sync was started. The service expects the same files every time
    (docs/service-facts.md#whole-sets): people who are only in a missing file are deactivated. At
    the deadline, a set without some of them is held, so that a person decides.
    """

    always: frozenset[str]
    before: frozenset[str]


def expected_files(context: ActivityContext) -> Expected:
    """The files that the feed's next export must contain."""
    always = required_files(context.feed)
    last = context.services.results.decoded(paths.started(context.feed.name), RunResult)
    if last is None or last.format != context.feed.format:
        return Expected(always, frozenset())
    return Expected(always, frozenset(file.name for file in last.files) - always)


def is_held_without(context: ActivityContext, files: frozenset[str]) -> bool:
    """Whether the guard `file-gone` will hold a file set because it does not have these files.

    It holds only what it can compare: each of them must be in the baseline.
    """
    if not files or not holds_one("file-gone", context.feed.guards):
        return False
    baseline = last_baseline(context)
    return baseline is not None and files <= baseline.files.keys()


def required_files(feed: Feed) -> frozenset[str]:
    """The files that the feed's format or its target requires."""
    fmt = format_named(feed.format)
    groups = (fmt.groups[group] for group in fmt.groups if group in feed.kind.required_groups)
    return fmt.required_files().union(*groups)
