"""What only the end of a file shows: repeats, and references to the file itself.

Keys name the candidates; the records are read again for their lines, and values decide.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from sync_core.formats import FileSpec, Reference, Unique
from sync_core.model.messages import MESSAGE_ROWS
from sync_core.validation.checks.collecting import OwnReferences, UniqueKeys
from sync_core.validation.checks.columns import Checks, KnownKeys
from sync_core.validation.checks.comparing import Comparison
from sync_core.validation.checks.keys import KeyTable, repeated_keys
from sync_core.validation.checks.revisit import Visits
from sync_core.validation.checks.sheet import Sheet
from sync_core.validation.findings import Tally
from sync_core.validation.records.layout import Positions


def judge_collected(
    spec: FileSpec, checks: Checks, known: KnownKeys, visits: Visits, tally: Tally
) -> None:
    """Report what the keys that were collected from the whole file show."""
    questions: list[_Duplicates | _Strays] = [
        _Duplicates(unique, collected) for unique, collected in checks.uniques.items()
    ]
    questions += _strays(spec, checks.inner_references, known)
    rounds = [question.rounds() for question in questions]
    while asked := [one for each in rounds if (one := next(each, None))]:
        wanted = {index for one in asked for index in one.parts}
        for index, batch in visits.again(wanted):
            sheet = Sheet(spec, batch, checks.seed, tally)
            for one in asked:
                if index in one.parts:
                    one.look_at(sheet)
    for question in questions:
        question.report(tally)


class _Round(Protocol):
    """What has to be looked up in some parts before an answer is known."""

    parts: frozenset[int]

    def look_at(self, sheet: Sheet) -> None: ...


def _strays(
    spec: FileSpec, references: Mapping[Reference, OwnReferences], known: KnownKeys
) -> Iterator["_Strays"]:
    for reference, collected in references.items():
        if target := known.get((spec.name, reference.to_column)):
            yield _Strays(reference, collected, target.keys)


class _Duplicates:
    """Rows that repeat an earlier one: how many, and the lines of the first of them."""

    def __init__(self, unique: Unique, collected: UniqueKeys) -> None:
        self._unique, self._collected = unique, collected
        self._count, self._lines = collected.count, np.array(collected.lines, np.intp)

    def rounds(self) -> Iterator[_Round]:
        columns, parts = self._collected.columns, self._collected.parts
        for keys in repeated_keys(parts):
            comparison = Comparison(columns, parts, keys)
            yield comparison
            lines = comparison.repeats()
            self._count += len(lines)
            self._lines = np.sort(np.concatenate([self._lines, lines]))[:MESSAGE_ROWS]

    def report(self, tally: Tally) -> None:
        tally.add_lines(
            "duplicate",
            self._lines,
            count=self._count,
            field=" + ".join(self._unique.columns),
            severity=self._unique.severity,
        )


class _Strays:
    """Rows that refer to no row of their file: how many, and the lines of the first of them."""

    def __init__(self, reference: Reference, collected: OwnReferences, target: KeyTable) -> None:
        self._reference, self._collected, self._target = reference, collected, target
        self._lines: list[Positions] = [np.zeros(0, np.intp)]
        counts = [len(target.lacking(part)) for part in collected.parts]
        self._count = sum(counts)
        before = np.cumsum([0, *counts])
        self.parts = frozenset(
            index for index, count in enumerate(counts) if count and before[index] < MESSAGE_ROWS
        )

    def rounds(self) -> Iterator[_Round]:
        if self.parts:
            yield self

    def look_at(self, sheet: Sheet) -> None:
        rows = self._target.lacking(sheet.keys(self._collected.columns))
        self._lines.append(np.sort(sheet.lines_of(rows)))

    def report(self, tally: Tally) -> None:
        tally.add_lines(
            "reference-not-found",
            np.concatenate(self._lines),
            count=self._count,
            field=self._reference.column,
            severity=self._reference.severity,
        )
