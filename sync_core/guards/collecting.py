"""Collects who is in a file set while validation reads it, so that no file is read twice."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from sync_core.formats import FileSpec, format_named
from sync_core.formats.entities import OTHER_ROLE, EntitySource, MembershipSource
from sync_core.guards.digests import Digests, digest, digests
from sync_core.guards.population import (
    NO_SCHOOL,
    Counts,
    Members,
    Population,
    SectionRows,
    members_of,
)

Rows = npt.NDArray[np.intp]

_MAX_REMEMBERED = 100_000
_MERGE_ROWS = 250_000
"""Rows of memberships that are held before they are counted. More of them take more memory, fewer
take longer."""

_NO_ROWS = pl.DataFrame(schema={"hash": pl.UInt64, "rows": pl.UInt32, "section": pl.String})


class Collector:
    """Observes the rows of a file set. `key` is the feed's.

    Pass it to `validate` as `observe`; afterwards, `population` is complete. Malformed rows and
    blank IDs are left out, and so is a file without the column of its IDs.
    """

    def __init__(self, format_name: str, key: bytes) -> None:
        self.key = key
        sources = format_named(format_name).entities
        kinds = sources.kinds_of_codes()
        self._entities = [_Entities(source, key, kinds) for source in sources.entities]
        self._memberships = {
            source.file: _Memberships(source, key) for source in sources.memberships
        }

    def __call__(self, spec: FileSpec, frame: pl.DataFrame, lines: Rows) -> None:
        """Add the rows of one batch. `lines` has the line number of each row."""
        for entities in self._entities:
            if entities.source.file == spec.name:
                entities.add(frame, lines.astype(np.uint32))
        if memberships := self._memberships.get(spec.name):
            memberships.add(frame)

    def population(self) -> Population:
        """Everything that was observed."""
        return Population(
            {kind: members for each in self._entities for kind, members in each.members()},
            {name: each.rows() for name, each in self._memberships.items() if each.has_rows},
        )


class _Parts:
    """The rows of one kind, batch by batch."""

    def __init__(self) -> None:
        self.ids: list[Digests] = []
        self.schools: list[Digests] = []
        self.lines: list[Counts] = []

    def add(self, ids: Digests, schools: Digests, lines: Counts) -> None:
        self.ids.append(ids)
        self.schools.append(schools)
        self.lines.append(lines)


class _Entities:
    """The entities of one file."""

    def __init__(self, source: EntitySource, key: bytes, kinds: Mapping[str, str]) -> None:
        self.source = source
        self._kinds = kinds
        self._key = key
        self._schools = _SchoolDigests(key)
        self._parts: dict[str, _Parts] = {}

    def add(self, frame: pl.DataFrame, lines: Counts) -> None:
        source = self.source
        if source.id not in frame.columns or (source.role and source.role not in frame.columns):
            return
        needed = {column for column in (source.id, source.school, source.role) if column}
        frame = frame.select(needed.intersection(frame.columns))
        has_id = _has_value(frame[source.id])
        if not has_id.all():
            frame, lines = frame.filter(has_id), lines[has_id.to_numpy()]
        ids = _digests(frame[source.id], self._key)
        schools = self._schools.of(frame, source.school)
        for kind, chosen in self._by_kind(frame):
            part = self._parts.setdefault(kind, _Parts())
            part.add(ids[chosen], schools[chosen], lines[chosen])

    def members(self) -> Iterator[tuple[str, Members]]:
        for kind, parts in self._parts.items():
            yield kind, members_of(parts.ids, parts.schools, parts.lines)

    def _by_kind(self, frame: pl.DataFrame) -> Iterator[tuple[str, slice | Rows]]:
        """Each kind in a batch, and its rows."""
        if self.source.entity:
            yield self.source.entity, slice(None)
        elif self.source.role:
            kinds = np.array([self._kind(code) for code in frame[self.source.role]])
            for kind in np.unique(kinds):
                yield str(kind), np.flatnonzero(kinds == kind)

    def _kind(self, code: str | None) -> str:
        return self._kinds.get((code or "").strip().lower(), OTHER_ROLE)


class _SchoolDigests(dict[str | None, int]):
    """The digests of schools. There are few, so each is computed once."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def __missing__(self, school: str | None) -> int:
        if len(self) > _MAX_REMEMBERED:
            self.clear()
        found = digest(school, self._key) if school else NO_SCHOOL
        self[school] = found
        return found

    def of(self, frame: pl.DataFrame, column: str | None) -> Digests:
        """The digest of the school of each row."""
        if column is None or column not in frame.columns:
            return np.full(frame.height, NO_SCHOOL, np.uint64)
        # A list is iterated over in half the time that a column takes.
        schools = map(self.__getitem__, frame[column].to_list())
        return np.fromiter(schools, np.uint64, frame.height)


class _Memberships:
    """The number of rows for each section of one file.

    IDs of sections become digests at the end, because a file can have ten million rows for a few
    thousand sections. Until then they are counted by a hash that is faster than a digest and that
    nothing keeps.
    """

    def __init__(self, source: MembershipSource, key: bytes) -> None:
        self._column, self._key = source.section, key
        self._counted = _NO_ROWS
        self._held: list[pl.DataFrame] = []

    @property
    def has_rows(self) -> bool:
        return bool(self._held or self._counted.height)

    def add(self, frame: pl.DataFrame) -> None:
        if self._column not in frame.columns:
            return
        self._held.append(frame.select(section=self._column))
        if sum(part.height for part in self._held) > _MERGE_ROWS:
            self._count()

    def rows(self) -> SectionRows:
        self._count()
        frame = self._counted.filter(_has_value(self._counted["section"]))
        sections = _digests(frame["section"], self._key)
        order = np.argsort(sections)
        return SectionRows(sections[order], frame["rows"].to_numpy()[order].astype(np.uint32))

    def _count(self) -> None:
        """Count the rows that are held, and hold none."""
        if self._held:
            sections = pl.concat(self._held).with_columns(hash=pl.col("section").hash())
            one = pl.len().cast(pl.UInt32).alias("rows")
            found = sections.group_by("hash").agg(one, pl.first("section"))
            together = pl.concat([self._counted, found]).group_by("hash")
            self._counted = together.agg(pl.col("rows").sum(), pl.first("section"))
            self._held = []


def _digests(ids: pl.Series, key: bytes) -> Digests:
    return digests(ids.cast(pl.Binary).to_list(), key)


def _has_value(values: pl.Series) -> pl.Series:
    return values.is_not_null() & (values.str.strip_chars().str.len_bytes() > 0)
