"""Puts everything that a report shows into the order in which people read it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sync_core import __version__
from sync_core.formats import FORMATS
from sync_core.model.documents import SyncEnd
from sync_core.model.guards import GUARDS_BY_ID
from sync_core.model.holds import Trip
from sync_core.model.messages import MessageLevel, in_words
from sync_core.model.outcomes import Outcome
from sync_core.report.causes import UNREADABLE_FILE, causes
from sync_core.report.counts import Named, Schools, are_compared, files, schools, whole_feed
from sync_core.report.data import ReportData
from sync_core.report.groups import Groups, groups
from sync_core.report.messages import LEVEL_ORDER, Problem, problems
from sync_core.report.next_steps import NOBODY, NextStep, next_steps
from sync_core.report.outcome import (
    Headline,
    completed_steps,
    headline,
    headline_of_validation,
    not_done,
)
from sync_core.report.statistics import Statistics, statistics
from sync_core.report.timeline import Timeline, timeline
from sync_core.report.words import URGENCY, day, local, shown, zone_named

SERVICE_MESSAGES, TRIPS, NAMES, CODES = 40, 15, 20, 20
"""The most messages of the service, guards, file names and error codes that a report lists."""

PROBLEMS = "problems.csv"


class Fact(NamedTuple):
    """A name and a value. `code`: the value is shown in a fixed-width font."""

    name: str
    value: str
    code: bool = False


class Tripped(NamedTuple):
    """A guard that held the run: how many of how many, and what to look at."""

    guard: str
    sentence: str
    advice: str
    share: float | None


class Link(NamedTuple):
    """A file beside the report."""

    name: str
    text: str


class Page(NamedTuple):
    """Everything that the template shows.

    `is_partly_counted`: there may be people in rows that cannot be read. `everything` is what lists
    all problems.
    """

    title: str
    context: str
    headline: Headline
    urgency: str
    steps: Sequence[NextStep]
    nobody: bool
    totals: Sequence[Fact]
    missing: Sequence[str]
    found: Sequence[Fact]
    more_names: int
    guards: Sequence[Tripped]
    more_guards: int
    would_be_held: bool
    files: Sequence[Named]
    feed: Sequence[Named]
    schools: Schools
    compared_with: str
    are_people_compared: bool
    is_partly_counted: bool
    groups: Groups
    service: Sequence[Problem]
    more_service: int
    codes: Sequence[Fact]
    statistics: Statistics | None
    timeline: Timeline | None
    not_done: Sequence[str]
    facts: Sequence[Fact]
    links: Sequence[Link]
    everything: str
    version: str


def page(data: ReportData) -> Page:
    """The page of a report."""
    found = problems(data)
    levels = {level: _number(found, level) for level in LEVEL_ORDER}
    errors, warnings = levels["error"], levels["warning"]
    result, end = data.result, data.end
    head = (
        headline(result, end)
        if result
        else headline_of_validation(errors, warnings, len(data.rows))
    )
    service = sorted(
        (problem for problem in found if not problem.rule),
        key=lambda problem: (LEVEL_ORDER[problem.level], -problem.times),
    )
    name = result.feed if result else shown(data.source)
    trips = result.held.trips if result and result.held else ()
    missing = result.missing if result else ()
    beside = result.found if result else ()
    more_names = max(0, len(missing) - NAMES) + max(0, len(beside) - NAMES)
    steps = next_steps(result, end, errors, warnings)
    return Page(
        title=f"{name}: {head.sentence}",
        context=_context(data),
        headline=head,
        urgency=URGENCY[head.severity],
        steps=steps,
        nobody=[step.who for step in steps] == [NOBODY],
        totals=_totals(data, errors, warnings),
        missing=[shown(each) for each in missing[:NAMES]],
        found=[Fact(shown(each.name), shown(each.description)) for each in beside[:NAMES]],
        more_names=more_names + (result.found_left_out if result else 0),
        guards=[
            Tripped(trip.guard, shown(trip.sentence), shown(trip.advice), _share(trip))
            for trip in trips[:TRIPS]
        ],
        more_guards=max(0, len(trips) - TRIPS),
        would_be_held=result is not None and result.outcome is Outcome.DRY_RUN,
        files=files(data, {each.file for each in found if each.rule in UNREADABLE_FILE}),
        feed=whole_feed(data),
        schools=schools(data),
        compared_with=_compared_with(data),
        are_people_compared=are_compared(data),
        is_partly_counted=result is not None and result.outcome is Outcome.REJECTED,
        groups=groups(found, causes(found, data.format_name)),
        service=service[:SERVICE_MESSAGES],
        more_service=max(0, len(service) - SERVICE_MESSAGES),
        codes=_codes(end),
        statistics=statistics(end),
        timeline=timeline(result, end, data.time_zone) if result else None,
        not_done=list(not_done(result, end, follow=data.follow)) if result else [],
        facts=list(_facts(data)),
        links=list(_links(data)),
        everything=PROBLEMS if result else "sis-sync validate --format csv",
        version=__version__,
    )


def _number(found: Sequence[Problem], level: MessageLevel) -> int:
    """The number of findings, and of messages of the service, at a level."""
    return sum(1 if problem.rule else problem.times for problem in found if problem.level == level)


def _share(trip: Trip) -> float | None:
    """The share in percent with one decimal, None if the guard does not measure one."""
    guard = GUARDS_BY_ID.get(trip.guard)
    if guard is None or guard.unit != "percent" or not trip.of:
        return None
    return round(100 * trip.count / trip.of, 1)


def _context(data: ReportData) -> str:
    if data.result is None:
        return f"Check of {shown(data.source)}"
    _, zone = zone_named(data.time_zone)
    return f"Feed {data.result.feed}, {day(local(data.result.landed_at, zone))}"


def _totals(data: ReportData, errors: int, warnings: int) -> Sequence[Fact]:
    """The totals that are known. Errors are not, if the rows were not checked."""
    rows = [count for count in data.rows.values() if count is not None]
    is_checked = data.result is None or "validate" in completed_steps(data.result)
    found = [Fact("Errors", f"{errors:,}"), Fact("Warnings", f"{warnings:,}")]
    return [
        *(found if is_checked or errors or warnings else []),
        *([Fact("Files", f"{len(data.rows):,}")] if data.rows else []),
        *([Fact("Rows", f"{sum(rows):,}")] if rows else []),
    ]


def _compared_with(data: ReportData) -> str:
    if data.before is None:
        return ""
    _, zone = zone_named(data.time_zone)
    return day(local(data.before.landed_at, zone))


def _codes(end: SyncEnd | None) -> Sequence[Fact]:
    counted = list(end.errors.items())[:CODES] if end else []
    return [Fact(shown(code), f"{count:,}") for code, count in counted]


def _facts(data: ReportData) -> Iterator[Fact]:
    known = FORMATS.get(data.format_name)
    result = data.result
    if result is not None:
        yield Fact("Run", result.run, code=True)
        yield Fact("Feed", result.feed, code=True)
        yield Fact("Outcome", result.outcome, code=True)
        if result.error is not None:
            yield Fact("Error code", shown(result.error.code), code=True)
        yield Fact("Target", f"{result.target.kind} {shown(result.target.id)}", code=True)
    yield Fact("Format", known.title if known else shown(data.format_name))
    if data.rules:
        yield Fact("Changed severities", shown(in_words(data.rules)))
    if result is None:
        return
    if result.compared_with:
        yield Fact("Compared with run", result.compared_with, code=True)
    if result.approves:
        yield Fact("Approved run", result.approves, code=True)
    if result.approval is not None:
        yield Fact("Approved at", result.approval.decided_at)
    yield Fact("Generation", result.generation, code=True)


def _links(data: ReportData) -> Iterator[Link]:
    if data.result is None:
        return
    yield Link(PROBLEMS, "every problem, for a spreadsheet")
    yield Link("result.json", "the result, for programs")
    yield Link(
        "messages.jsonl",
        "every message; those of School Data Sync are unchanged and may quote a value from a file",
    )
    if data.result.held is not None:
        yield Link("preview.jsonl", "what the export would change")
    if data.end is not None:
        yield Link("sync.json", "how the sync ended, for programs")
