"""Who is in a file set: digests of IDs by kind and school, and the size of each section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sync_core.guards.digests import Digests

Counts = npt.NDArray[np.uint32]

NO_SCHOOL = 0
"""Stands for the school of an entity that belongs to none."""


@dataclass(frozen=True)
class Members:
    """The entities of one kind: pairs of an ID and a school, sorted and distinct.

    An ID occurs once for each of its schools. `lines` has the first line of each pair in its file;
    it is None where a baseline does not keep it.
    """

    ids: Digests
    schools: Digests
    lines: Counts | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def distinct(self) -> Digests:
        """Every ID once, sorted."""
        is_first = np.ones(len(self.ids), np.bool_)
        is_first[1:] = self.ids[1:] != self.ids[:-1]
        return self.ids[is_first]


@dataclass(frozen=True)
class SectionRows:
    """The number of rows of each section in one file. `sections` is sorted and distinct."""

    sections: Digests
    rows: Counts


@dataclass(frozen=True)
class Population:
    """The members of each kind, and the rows of each section by file name."""

    members: Mapping[str, Members] = field(default_factory=dict)
    section_rows: Mapping[str, SectionRows] = field(default_factory=dict)

    def of(self, kind: str) -> Members:
        """The members of a kind, none if the set has none."""
        return self.members.get(kind, NOBODY)


def members_of(
    ids: Sequence[Digests], schools: Sequence[Digests], lines: Sequence[Counts]
) -> Members:
    """The members in the rows of a file, given in parts. Of equal rows, the first one counts."""
    every_id, every_school = np.concatenate(ids), np.concatenate(schools)
    every_line = np.concatenate(lines)
    order = np.argsort(every_id)
    # Nearly every ID occurs once, so sorting by all three columns is for the others only.
    is_repeated = _is_repeated(every_id[order])
    rows = order[is_repeated]
    order[is_repeated] = rows[np.lexsort((every_line[rows], every_school[rows], every_id[rows]))]
    every_id, every_school = every_id[order], every_school[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (every_id[1:] != every_id[:-1]) | (every_school[1:] != every_school[:-1])
    return Members(every_id[is_first], every_school[is_first], every_line[order][is_first])


def _is_repeated(values: Digests) -> npt.NDArray[np.bool_]:
    """Which of the sorted values occur more than once."""
    is_same = values[1:] == values[:-1]
    is_repeated = np.zeros(len(values), np.bool_)
    is_repeated[1:] = is_same
    is_repeated[:-1] |= is_same
    return is_repeated


NOBODY = Members(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint32))
NO_ROWS = SectionRows(np.zeros(0, np.uint64), np.zeros(0, np.uint32))
