"""The baselines of a feed: proposed while files are validated, confirmed once their sync starts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sync_core.activities.activity import log
from sync_core.activities.context import ActivityContext, Services
from sync_core.guards.decision_store import DecisionUnreadableError
from sync_core.model.documents import RunResult, rfc3339
from sync_core.model.errors import TerminalError
from sync_core.model.feeds import Feed
from sync_core.model.messages import Finding, severity
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import DRY_RUN
from sync_core.report import LastSync
from sync_core.results import paths

if TYPE_CHECKING:
    # Only for types: these modules load numpy.
    from sync_core.guards.baseline import Baseline, Summary
    from sync_core.guards.collecting import Collector


def series_of(feed: Feed) -> str:
    """The series of baselines that a feed's next night is compared with and becomes part of."""
    return _dry_runs(feed.name) if feed.kind is DRY_RUN else feed.name


def last_baseline(context: ActivityContext) -> "Summary | None":
    """The summary of the baseline that the feed's next file set is compared with, or None."""
    baselines, feed = context.services.baselines, context.feed
    nights = baselines.nights(series_of(feed))
    return nights.latest_summary(baselines.key(feed.name)) if nights.names else None


def known_from_results(context: ActivityContext) -> "Summary | None":
    """What results say of the feed's last sync, None if there was none.

    For a feed whose baseline is missing: an export that cannot be compared must not pass for the
    first one. A dry run is never held, so for one it is None.
    """
    from sync_core.guards.baseline import Summary

    if context.feed.kind is DRY_RUN:
        return None
    started = context.services.results.decoded(paths.started(context.feed.name), RunResult)
    if started is None:
        return None
    return Summary(
        feed=started.feed,
        run=started.run,
        generation=started.generation,
        key_id="",
        format=started.format,
        target=started.target,
        landed_at=started.landed_at,
        files={file.name: file.rows for file in started.files if file.rows is not None},
        entities={},
        errors=started.counts.errors,
        warnings=started.counts.warnings,
    )


def last_sync(summary: "Summary") -> LastSync:
    """The last sync, as reports describe it."""
    return LastSync(run=summary.run, landed_at=summary.landed_at, files=summary.files)


def proposed(
    context: ActivityContext,
    collector: "Collector",
    rows: Mapping[str, int],
    findings: Sequence[Finding],
) -> "Baseline":
    """Store a baseline of the run's file set, which counts once its start is confirmed.

    `collector` has seen the whole file set.
    """
    from sync_core.guards.baseline import Baseline, Summary, entity_counts
    from sync_core.guards.digests import key_id

    files, feed, population = context.question.file_set, context.feed, collector.population()
    summary = Summary(
        feed=feed.name,
        run=files.run,
        generation=files.generation,
        key_id=key_id(collector.key),
        format=feed.format,
        target=context.target_reference,
        landed_at=rfc3339(files.landed_at),
        files=dict(rows),
        entities=entity_counts(population),
        errors=_count(findings, "error"),
        warnings=_count(findings, "warning"),
    )
    baseline = Baseline(summary, population)
    context.services.baselines.propose(series_of(feed), baseline)
    return baseline


def confirm_baseline(context: ActivityContext, result: RunResult, at: str) -> None:
    """Make the file set of a run the baseline of its feed. `at` is when it was confirmed.

    A baseline that cannot be read does not stop the run. The next night is then compared with an
    older one.
    """
    series = _dry_runs(result.feed) if result.outcome is Outcome.DRY_RUN else result.feed
    time = f"{datetime.fromisoformat(at):%Y%m%dT%H%M%SZ}"
    nights = context.feed.keep_nights
    try:
        kept = context.services.baselines.confirm(series, result.generation, time, nights=nights)
    except TerminalError as fault:
        log.error("feed %s: the baseline of run %s was not kept: %s", series, result.run, fault)
        return
    if not kept:
        log.warning(
            "feed %s: run %s leaves no baseline; the next one is compared with an older one",
            series,
            result.run,
        )


def keep_started(services: Services, result: RunResult) -> None:
    """Make a result the newest one whose sync has started."""
    services.results.update(
        paths.started(result.feed), RunResult, result, unless=lambda there: there.run > result.run
    )


def note_unknown(services: Services, result: RunResult) -> None:
    """Remember a run of which it is not known whether its sync started, until it is settled."""
    services.results.update(
        paths.unknown(result.feed), RunResult, result, unless=lambda there: there.run > result.run
    )


def forget_unknown(services: Services, result: RunResult) -> None:
    """Forget an earlier run that ended as `unknown`: since this one, its start does not matter."""
    kept = services.results.decoded(paths.unknown(result.feed), RunResult)
    if kept is not None and kept.run < result.run:
        services.results.delete(paths.unknown(result.feed))


def apply_settlement(context: ActivityContext) -> None:
    """Do what a person has found out about the feed's last run that ended as `unknown`.

    If its sync started, its file set becomes the baseline; otherwise the baseline stays as it is.
    """
    services, feed = context.services, context.feed.name
    result = services.results.decoded(paths.unknown(feed), RunResult)
    if result is None:
        return
    try:
        settlement = services.decisions.settlement(feed, result.run)
    except DecisionUnreadableError as fault:
        # It settles nothing, and must not stop the feed's next export.
        log.error("feed %s: %s", feed, fault)
        return
    if settlement is None or settlement.generation != result.generation:
        return
    if settlement.started:
        # Not when it was settled: baselines are ordered by this time, and clocks of people differ.
        confirm_baseline(context, result, result.ended_at)
        keep_started(services, result)
    services.results.delete(paths.unknown(feed))


def _dry_runs(feed: str) -> str:
    return f"{feed}/{DRY_RUN.name}"


def _count(findings: Sequence[Finding], level: str) -> int:
    return sum(finding.count for finding in findings if severity(finding) == level)
