"""What only the end of a file shows: repeats, and references to the file itself.

Keys name the candidates; the records are read again for their lines, and values decide.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from sync_core.formats import FileSpec, Reference, Unique
from sync_core.messages import MESSAGE_ROWS
from sync_core.validation.checks import Checks, KnownKeys
from sync_core.validation.collecting import OwnReferences, UniqueKeys, repeating
from sync_core.validation.keys import KeyTable, repeats_in
from sync_core.validation.layout import Positions
from sync_core.validation.revisit import Visits
from sync_core.validation.sheet import Sheet
from sync_core.validation.tally import Tally


def judge_collected(
    spec: FileSpec, checks: Checks, known: KnownKeys, visits: Visits, tally: Tally
) -> None:
    """Report what the keys that were collected from the whole file show."""
    questions: list[_Duplicates | _Strays] = [
        _Duplicates(unique, collected) for unique, collected in checks.uniques.items()
    ]
    questions += _strays(spec, checks.inner_references, known)
    wanted = {index for question in questions for index in question.parts}
    for index, batch in visits.again(wanted):
        sheet = Sheet(spec, batch, checks.seed, tally)
        for question in questions:
            if index in question.parts:
                question.look_at(sheet)
    for question in questions:
        question.report(tally)


def _strays(
    spec: FileSpec, references: Mapping[Reference, OwnReferences], known: KnownKeys
) -> Iterator["_Strays"]:
    for reference, collected in references.items():
        if target := known.get((spec.name, reference.to_column)):
            yield _Strays(reference, collected, target.keys)


class _Duplicates:
    """Rows that repeat one of another part, gathered until their values can be compared."""

    def __init__(self, unique: Unique, collected: UniqueKeys) -> None:
        self._unique, self._collected = unique, collected
        self._found = repeats_in(collected.parts)
        self._lines: list[Positions] = []
        self._values: list[pl.DataFrame] = []
        self.parts = frozenset(self._found.parts if self._found else ())

    def look_at(self, sheet: Sheet) -> None:
        if self._found:
            rows, values = self._collected.firsts(sheet, self._found.keys)
            self._lines.append(sheet.lines_of(rows))
            self._values.append(values)

    def report(self, tally: Tally) -> None:
        count, lines = self._collected.count, np.array(self._collected.lines, np.intp)
        if self._found:
            between = np.concatenate(self._lines)[repeating(pl.concat(self._values))]
            count += self._found.count - self._found.examined + len(between)
            lines = np.sort(np.concatenate([lines, between]))
        tally.add_lines(
            "duplicate",
            lines,
            count=count,
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
