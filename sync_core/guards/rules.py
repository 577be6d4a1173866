"""From a comparison to a hold: each guard measures how many of how many, and its limit decides.

To add a guard, add one entry to `model.guards.GUARDS` and one function here, marked with the
entry's id. Nothing else changes: settings, results and documents read the same list.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from sync_core.formats.entities import SECTION
from sync_core.guards.baseline import Summary
from sync_core.guards.compare import Change, Difference
from sync_core.guards.places import Places, Subject
from sync_core.guards.population import NO_SCHOOL
from sync_core.model.guards import (
    GUARDS,
    SMALL_GROUP,
    SMALL_LEAST,
    SMALL_PERCENT,
    Guard,
    GuardSettings,
    limited,
)
from sync_core.model.holds import Trip


@dataclass(frozen=True)
class Comparison:
    """What guards measure: the summaries of two nights, and the difference between them.

    `before` is the summary of the baseline, `earlier` has those of the last runs. `places` tells
    where a school is in its file. `baseline_missing`: `before` is only what results say of the last
    sync, because its baseline is missing.
    """

    before: Summary
    now: Summary
    difference: Difference
    places: Places
    earlier: Sequence[Summary] = ()
    baseline_missing: bool = False


class Measure(NamedTuple):
    """`number` of `of`. `emptied`: nobody is left, which is always a reason to hold."""

    subject: Subject
    number: int
    of: float
    emptied: bool = False


Measurement = Callable[[Comparison], Iterator[Measure]]

MEASUREMENTS: dict[str, Measurement] = {}
"""The function of each guard, by the guard's id."""


def measures(guard: str) -> Callable[[Measurement], Measurement]:
    """Mark a function as the measurement of a guard."""

    def mark(measurement: Measurement) -> Measurement:
        MEASUREMENTS[guard] = measurement
        return measurement

    return mark


def evaluate(
    comparison: Comparison,
    settings: GuardSettings,
    *,
    guards: Sequence[Guard] = GUARDS,
    measurements: Mapping[str, Measurement] = MEASUREMENTS,
) -> tuple[Trip, ...]:
    """The guards that hold this run: whole feed before schools, then the largest number first.

    There is nothing to compare on the first run of a feed, so call it only with a baseline.
    """
    found: list[Trip] = []
    for declared in guards:
        guard = limited(declared, settings)
        if guard is None:
            continue
        exceeding = [each for each in measurements[guard.id](comparison) if exceeds(guard, each)]
        exceeding.sort(key=lambda each: (each.subject.is_school, -each.number))
        found += [_trip(guard, each) for each in exceeding]
    return tuple(found)


def exceeds(guard: Guard, measure: Measure) -> bool:
    """Whether a guard's limit is reached. This is the only place where a number becomes a hold."""
    if measure.emptied:
        return True
    if guard.unit == "percent" and measure.of < SMALL_GROUP:
        percent = max(SMALL_PERCENT, guard.percent)
        return measure.number >= SMALL_LEAST and measure.number * 100 >= percent * measure.of
    if measure.number < guard.least:
        return False
    if guard.unit == "percent":
        return measure.number * 100 >= guard.percent * measure.of
    return guard.unit == "count" or measure.number > guard.times * measure.of


def limit_text(guard: Guard, measure: Measure) -> str:
    """The limit that a measure has reached, in words."""
    if measure.emptied:
        return "at least one must remain"
    if guard.unit == "count":
        return f"{guard.least:,}"
    if guard.unit == "times":
        return f"{guard.times:g} times as many, and at least {guard.least:,}"
    if measure.of < SMALL_GROUP:
        return f"{max(SMALL_PERCENT, guard.percent):g} %, and at least {SMALL_LEAST}"
    return f"{guard.percent:g} %, and at least {guard.least:,}"


def _trip(guard: Guard, measure: Measure) -> Trip:
    subject = measure.subject
    sentence = guard.sentence.format(
        count=f"{measure.number:,}",
        of=f"{measure.of:,.0f}",
        what=subject.text,
        limit=limit_text(guard, measure),
    )
    return Trip(
        guard=guard.id,
        count=measure.number,
        of=measure.of,
        kind=subject.kind,
        school_line=subject.school_line,
        in_last_export=subject.in_last_export,
        file=subject.file,
        sentence=sentence,
        advice=guard.advice,
    )


MAIN_KINDS = frozenset({"student", "teacher", SECTION})
"""Kinds of which no school may lose the last one unnoticed. Of other roles, such as nurse, many
schools have one, and it is common that this one leaves."""


@measures("removed")
def removed(comparison: Comparison) -> Iterator[Measure]:
    for change in (*comparison.difference.feed, *comparison.difference.schools):
        is_guarded = change.school == NO_SCHOOL or change.kind in MAIN_KINDS
        emptied = is_guarded and change.now == 0 and change.removed > 0
        yield _measure(comparison, change, change.removed, emptied=emptied)


@measures("changed")
def changed(comparison: Comparison) -> Iterator[Measure]:
    for change in (*comparison.difference.feed, *comparison.difference.schools):
        yield _measure(comparison, change, change.moved + change.changed_role)


@measures("members-removed")
def members_removed(comparison: Comparison) -> Iterator[Measure]:
    for name, change in comparison.difference.members.items():
        # A file without rows has a guard of its own.
        if comparison.now.files.get(name):
            yield Measure(Subject(file=name), change.removed, change.before)


@measures("school-vanished")
def school_vanished(comparison: Comparison) -> Iterator[Measure]:
    before = comparison.before.entities.get("school", 0)
    vanished = comparison.difference.vanished
    yield Measure(comparison.places.feed("school"), len(vanished), before)


@measures("file-emptied")
def file_emptied(comparison: Comparison) -> Iterator[Measure]:
    before = comparison.before.files
    for name, rows in comparison.now.files.items():
        # A file that had no rows at the last sync either removes nobody now.
        is_emptied = rows == 0 and before.get(name) != 0
        yield Measure(Subject(file=name), int(is_emptied), before.get(name, 0))


@measures("file-gone")
def file_gone(comparison: Comparison) -> Iterator[Measure]:
    for name, rows in comparison.before.files.items():
        yield Measure(Subject(file=name), int(name not in comparison.now.files), rows)


@measures("older-export")
def older_export(comparison: Comparison) -> Iterator[Measure]:
    # Times in one format and one zone sort as text.
    is_older = comparison.now.landed_at < comparison.before.landed_at
    yield Measure(Subject(), int(is_older), 1)


@measures("more-errors")
def more_errors(comparison: Comparison) -> Iterator[Measure]:
    usual = median(each.errors for each in comparison.earlier or [comparison.before])
    yield Measure(Subject(), comparison.now.errors, usual)


@measures("more-warnings")
def more_warnings(comparison: Comparison) -> Iterator[Measure]:
    usual = median(each.warnings for each in comparison.earlier or [comparison.before])
    yield Measure(Subject(), comparison.now.warnings, usual)


@measures("format-changed")
def format_changed(comparison: Comparison) -> Iterator[Measure]:
    yield Measure(Subject(), int(comparison.now.format != comparison.before.format), 1)


@measures("target-changed")
def target_changed(comparison: Comparison) -> Iterator[Measure]:
    yield Measure(Subject(), int(comparison.now.target != comparison.before.target), 1)


@measures("baseline-missing")
def baseline_missing(comparison: Comparison) -> Iterator[Measure]:
    yield Measure(Subject(), int(comparison.baseline_missing), 1)


def _measure(
    comparison: Comparison, change: Change, number: int, *, emptied: bool = False
) -> Measure:
    subject = comparison.places.subject(change.kind, change.school)
    return Measure(subject, number, change.before, emptied)
