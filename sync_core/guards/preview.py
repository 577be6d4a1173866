"""Shows what a held export would change: counts and line numbers, never an ID or a name."""

from collections.abc import Iterator, Mapping

import numpy as np

from sync_core.formats import format_named
from sync_core.guards.compare import Change, Difference, pairs_in
from sync_core.guards.places import Places
from sync_core.guards.population import NO_SCHOOL, Members, Population
from sync_core.model.holds import PreviewLine
from sync_core.model.messages import MESSAGE_ROWS


def preview(
    before: Population, now: Population, difference: Difference, places: Places, format_name: str
) -> Iterator[PreviewLine]:
    """One line for each kind in the whole feed, then one for each kind and school that changes."""
    files = {source.entity: source.file for source in format_named(format_name).entities.entities}
    roles_file = files.pop(None, None)
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
        subject = places.subject(change.kind, change.school)
        yield PreviewLine(
            kind=change.kind,
            file=files.get(change.kind, roles_file),
            school_line=subject.school_line,
            in_last_export=subject.in_last_export,
            whole_feed=change.school == NO_SCHOOL,
            before=change.before,
            now=change.now,
            removed=change.removed,
            moved=change.moved,
            changed_role=change.changed_role,
            added=change.added,
            rows=rows[change.kind].get(change.school, ()) if change.school != NO_SCHOOL else (),
        )


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
