"""Counts what changed between two nights: for each kind of entity, as a whole and for each school.

Only numbers leave this module: no ID, and no digest except that of a school.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sync_core.formats import format_named
from sync_core.formats.entities import SCHOOL, SECTION
from sync_core.guards.digests import Digests
from sync_core.guards.population import (
    NO_ROWS,
    NO_SCHOOL,
    NOBODY,
    Members,
    Population,
    SectionRows,
)

Mask = npt.NDArray[np.bool_]


class Change(NamedTuple):
    """What changed for one kind of entity.

    `school` is the digest of the school, `NO_SCHOOL` for the whole feed. `before` and `now` are
    numbers of entities. Of those before, `removed` are gone, `moved` have another school, and
    `changed_role` have another role; the others are as they were. `added` were not there before.
    """

    kind: str
    school: int
    before: int
    now: int
    removed: int
    moved: int
    changed_role: int
    added: int


class MemberChange(NamedTuple):
    """How many rows of memberships a file had, and how many fewer its sections have now.

    Rows that another section has more of do not count: they are other people's.
    """

    before: int
    removed: int


@dataclass(frozen=True)
class Difference:
    """All changes between two nights.

    `feed` has one change for each kind, `schools` one for each kind and school. `vanished` are the
    schools that are not in the export any more, or that had people and have none. `members` has the
    change of each file of memberships, by its name.
    """

    feed: tuple[Change, ...]
    schools: tuple[Change, ...]
    vanished: tuple[int, ...]
    members: Mapping[str, MemberChange] = field(default_factory=dict)


def compare(before: Population, now: Population, format_name: str) -> Difference:
    """The difference between two nights in the same format."""
    shared = format_named(format_name).entities.shared_ids
    kinds = [*before.members, *(kind for kind in now.members if kind not in before.members)]
    feed: list[Change] = []
    schools: list[Change] = []
    for kind in kinds:
        pool = shared if kind in shared else frozenset({kind})
        pair = _Pair(kind, before.of(kind), now.of(kind), _ids(before, pool), _ids(now, pool))
        feed.append(pair.whole())
        schools += pair.by_school()
    members = {
        name: _member_change(rows, now.section_rows.get(name, NO_ROWS))
        for name, rows in before.section_rows.items()
    }
    return Difference(tuple(feed), tuple(schools), _vanished(before, now, schools), members)


class _Pair:
    """The entities of one kind in two nights.

    `pool_before` and `pool_now` are the sorted IDs of everyone who could have changed to this kind
    or from it. They are those of `before` and `now` where nobody can.
    """

    def __init__(
        self, kind: str, before: Members, now: Members, pool_before: Digests, pool_now: Digests
    ) -> None:
        self._kind, self._before, self._now = kind, before, now
        is_here, is_same = _found_in(before, now)
        is_known = is_here if pool_now is now.ids else _is_in(before.ids, pool_now)
        self._removed = ~is_known
        self._changed_role = is_known & ~is_here
        self._moved = is_here & ~is_same
        self._added = ~_is_in(now.ids, pool_before)

    def whole(self) -> Change:
        """The change in the whole feed. Someone who keeps one of several schools has not moved."""
        starts = _starts(self._before.ids)
        moved = np.logical_and.reduceat(self._moved, starts) if len(starts) else self._moved
        return Change(
            self._kind,
            NO_SCHOOL,
            len(starts),
            len(self._now.distinct),
            int(self._removed[starts].sum()),
            int(moved.sum()),
            int(self._changed_role[starts].sum()),
            int(self._added[_starts(self._now.ids)].sum()),
        )

    def by_school(self) -> Iterator[Change]:
        """The change in each school of one of the nights."""
        before, now = self._before.schools, self._now.schools
        schools = np.unique(np.concatenate([before, now]))
        # There are few schools, so a search for each row is faster than sorting all rows.
        of_before, of_now = np.searchsorted(schools, before), np.searchsorted(schools, now)

        def counts(numbers: npt.NDArray[np.intp], mask: Mask) -> list[int]:
            found: list[int] = np.bincount(numbers[mask], minlength=len(schools)).tolist()
            return found

        columns = (
            counts(of_before, np.ones(len(before), np.bool_)),
            counts(of_now, np.ones(len(now), np.bool_)),
            counts(of_before, self._removed),
            counts(of_before, self._moved),
            counts(of_before, self._changed_role),
            counts(of_now, self._added),
        )
        for school, *numbers_of_school in zip(schools.tolist(), *columns, strict=True):
            if school != NO_SCHOOL:
                yield Change(self._kind, school, *numbers_of_school)


def _vanished(before: Population, now: Population, changes: list[Change]) -> tuple[int, ...]:
    gone = set(before.of(SCHOOL).ids.tolist()) - set(now.of(SCHOOL).ids.tolist())
    had: dict[int, int] = {}
    have: dict[int, int] = {}
    for change in changes:
        if change.kind != SECTION:
            had[change.school] = had.get(change.school, 0) + change.before
            have[change.school] = have.get(change.school, 0) + change.now
    emptied = {school for school, count in had.items() if count and not have[school]}
    return tuple(sorted(gone | emptied))


def _member_change(before: SectionRows, now: SectionRows) -> MemberChange:
    had = before.rows.astype(np.int64)
    has = np.zeros_like(had)
    if len(now.sections):
        places = np.searchsorted(now.sections, before.sections)
        is_there = now.sections.take(places, mode="clip") == before.sections
        has[is_there] = now.rows[places[is_there]]
    return MemberChange(int(had.sum()), int(np.maximum(had - has, 0).sum()))


def _ids(population: Population, kinds: frozenset[str]) -> Digests:
    """The IDs of everyone of these kinds, sorted."""
    present = [population.members[kind] for kind in kinds if kind in population.members]
    if len(present) == 1:
        return present[0].ids
    return np.unique(np.concatenate([NOBODY.ids, *(members.ids for members in present)]))


def pairs_in(members: Members, others: Members) -> Mask:
    """Which of the members, as pairs of an ID and a school, are among the others."""
    return _found_in(members, others)[1]


def _found_in(members: Members, others: Members) -> tuple[Mask, Mask]:
    """Which of the members have an ID of the others, and which the ID and the school of one."""
    has_id, has_both = np.zeros((2, len(members)), np.bool_)
    rows, places = np.arange(len(members)), np.searchsorted(others.ids, members.ids)
    # Each round looks at one more row of the same ID. Nearly every ID has one.
    while len(rows):
        is_inside = places < len(others)
        rows, places = rows[is_inside], places[is_inside]
        is_same_id = others.ids[places] == members.ids[rows]
        rows, places = rows[is_same_id], places[is_same_id]
        has_id[rows] = True
        is_pair = others.schools[places] == members.schools[rows]
        has_both[rows[is_pair]] = True
        rows, places = rows[~is_pair], places[~is_pair] + 1
    return has_id, has_both


def _starts(ids: Digests) -> npt.NDArray[np.intp]:
    """The index of the first row of each ID. `ids` is sorted."""
    return np.flatnonzero(np.concatenate([ids[:1] == ids[:1], ids[1:] != ids[:-1]]))


def _is_in(values: Digests, table: Digests) -> Mask:
    """Which values are in a sorted table."""
    if not len(table):
        return np.zeros(len(values), np.bool_)
    found: Mask = table.take(np.searchsorted(table, values), mode="clip") == values
    return found
