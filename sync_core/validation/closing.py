"""What only the end of a file shows: repeats, and references to the file itself.

Keys name the candidates; the records are read again for their lines, and values decide.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from sync_core.formats import Column, FileSpec, Reference, Unique
from sync_core.messages import MESSAGE_ROWS
from sync_core.validation.batches import Batch
from sync_core.validation.checks import Checks, Collected, KnownKeys, Sheet
from sync_core.validation.keys import Lacking, Members, Repeats, lacking_in, repeats_in
from sync_core.validation.layout import Positions
from sync_core.validation.revisit import Visits
from sync_core.validation.tally import Tally
from sync_core.validation.values import compared


def judge_collected(
    spec: FileSpec, checks: Checks, known: KnownKeys, visits: Visits, tally: Tally
) -> None:
    """Report what the keys that were collected from the whole file show."""
    questions: list[_Duplicates | _Strays] = [
        _Duplicates(unique, collected, found)
        for unique, collected in checks.uniques.items()
        if (found := repeats_in(collected.parts))
    ]
    questions += _strays(spec, checks.inner_references, known)
    wanted = {index for question in questions for index in question.parts}
    if not wanted:
        return
    for index, batch in visits.again(wanted):
        sheet = Sheet(spec, batch, checks.seed, tally)
        for question in questions:
            if index in question.parts:
                question.look_at(index, batch, sheet)
    for question in questions:
        question.report(tally)


def _strays(
    spec: FileSpec, references: Mapping[Reference, Collected], known: KnownKeys
) -> Iterator["_Strays"]:
    for reference, collected in references.items():
        if target := known.get((spec.name, reference.to_column)):
            yield _Strays(reference, lacking_in(target.keys, collected.parts, MESSAGE_ROWS))


class _Duplicates:
    """Records whose keys repeat, gathered until their values can be compared."""

    def __init__(self, unique: Unique, collected: Collected, found: Repeats) -> None:
        self._unique, self._collected, self._found = unique, collected, found
        self._members = Members(found.keys)
        self._lines: list[Positions] = []
        self._values: list[pl.DataFrame] = []
        self.parts = frozenset(found.parts)

    def look_at(self, _index: int, batch: Batch, sheet: Sheet) -> None:
        rows, _ = self._members.of(self._collected.keys(sheet))
        self._lines.append(batch.lines_of(rows))
        self._values.append(_compared(self._collected.columns, batch.frame[rows]))

    def report(self, tally: Tally) -> None:
        repeated = self._repeated()
        tally.add_lines(
            "duplicate",
            repeated,
            count=self._found.count - self._found.examined + len(repeated),
            field=" + ".join(self._unique.columns),
            severity=self._unique.severity,
        )

    def _repeated(self) -> Positions:
        """The lines of the records that have the same values as an earlier one."""
        values = pl.concat(self._values)
        firsts = values.with_row_index("row").unique(values.columns, keep="first")["row"]
        is_repeat = np.ones(len(values), np.bool_)
        is_repeat[firsts.to_numpy()] = False
        lines: Positions = np.concatenate(self._lines)[is_repeat]
        return lines


def _compared(columns: Sequence[Column], rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({column.name: compared(column, rows[column.name]) for column in columns})


class _Strays:
    """Records that refer to no other of their file: their lines, in the end."""

    def __init__(self, reference: Reference, found: Lacking) -> None:
        self._reference, self._found = reference, found
        self._lines: list[Positions] = [np.zeros(0, np.intp)]
        self.parts = frozenset(found.rows)

    def look_at(self, index: int, batch: Batch, _sheet: Sheet) -> None:
        self._lines.append(batch.lines_of(self._found.rows[index]))

    def report(self, tally: Tally) -> None:
        tally.add_lines(
            "reference-not-found",
            np.concatenate(self._lines),
            count=self._found.count,
            field=self._reference.column,
            severity=self._reference.severity,
        )
