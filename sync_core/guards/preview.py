"""Shows what a held export would change: counts and line numbers, never an ID or a name."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sync_core.formats import format_named
from sync_core.guards.baseline import Baseline
from sync_core.guards.compare import Change, Difference, compare, pairs_in
from sync_core.guards.places import Places
from sync_core.guards.population import NO_SCHOOL, Members, Population
from sync_core.model.holds import PreviewLine
from sync_core.model.messages import MESSAGE_ROWS

SCHOOLS_KEPT = 50
"""The most schools whose numbers are kept with a run."""


def preview(
    before: Population, now: Population, difference: Difference, places: Places, format_name: str
) -> Iterator[PreviewLine]:
    """One line for each kind in the whole feed, then one for each kind and school that changes."""
    file_of = _files(format_name)
    rows = {
        change.kind: _new_rows(before.of(change.kind), now.of(change.kind))
        for change in difference.feed
    }
    changed = (
        change
        for change in difference.schools
        if _is_change(change) or change.school in rows[change.kind]
    )
    for change in (*difference.feed, *changed):
        new_rows = rows[change.kind].get(change.school, ()) if change.school != NO_SCHOOL else ()
        yield _line(change, places, file_of(change.kind), new_rows)


def overview(
    difference: Difference, places: Places, format_name: str
) -> tuple[tuple[PreviewLine, ...], int]:
    """The numbers of each kind in the whole feed and in schools, without line numbers.

    Of many schools, those with the largest changes are listed; also returns how many are not.
    """
    file_of = _files(format_name)
    largest: dict[int, int] = {}
    for change in difference.schools:
        size = change.removed + change.moved + change.changed_role + change.added
        largest[change.school] = max(largest.get(change.school, 0), size)
    kept = set(sorted(largest, key=lambda school: -largest[school])[:SCHOOLS_KEPT])
    listed = (change for change in difference.schools if change.school in kept)
    lines = (
        _line(change, places, file_of(change.kind), ()) for change in (*difference.feed, *listed)
    )
    return tuple(lines), len(largest) - len(kept)


def numbers(
    before: Baseline | None, now: Population, format_name: str
) -> tuple[tuple[PreviewLine, ...], int]:
    """The numbers of each kind in the feed and in its schools, and how many schools are left out.

    They are compared with those of the baseline. Without one of this format, all of those are 0.
    """
    is_known = before is not None and before.summary.format == format_name
    known = before.population if before is not None and is_known else Population()
    places = Places(known, now, format_name)
    return overview(compare(known, now, format_name), places, format_name)


def _line(change: Change, places: Places, file: str | None, rows: tuple[int, ...]) -> PreviewLine:
    subject = places.subject(change.kind, change.school)
    return PreviewLine(
        kind=change.kind,
        file=file,
        school_line=subject.school_line,
        in_last_export=subject.in_last_export,
        whole_feed=change.school == NO_SCHOOL,
        before=change.before,
        now=change.now,
        removed=change.removed,
        moved=change.moved,
        changed_role=change.changed_role,
        added=change.added,
        rows=rows,
    )


def _files(format_name: str) -> Callable[[str], str | None]:
    """A function that returns the file of a kind."""
    files = {source.entity: source.file for source in format_named(format_name).entities.entities}
    roles_file = files.pop(None, None)
    return lambda kind: files.get(kind, roles_file)


def _is_change(change: Change) -> bool:
    return bool(change.removed or change.moved or change.changed_role or change.added)


def _new_rows(before: Members, now: Members) -> Mapping[int, tuple[int, ...]]:
    """The first lines of those who were not at a school before, by the school's digest."""
    if now.lines is None:
        return {}
    is_new = ~pairs_in(now, before)
    schools, lines = now.schools[is_new], now.lines[is_new]
    order = np.lexsort((lines, schools))
    schools, lines = schools[order], lines[order]
    found, starts, counts = np.unique(schools, return_index=True, return_counts=True)
    ends = starts + np.minimum(counts, MESSAGE_ROWS)
    return {
        school: tuple(lines[start:end].tolist())
        for school, start, end in zip(found.tolist(), starts, ends, strict=True)
    }
