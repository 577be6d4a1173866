"""Reports what only the end of a file shows, such as duplicates and references within the file.

The collected keys show which rows are candidates. The file is read again for their line numbers,
and for duplicates also for their values.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from sync_core.formats import FileSpec, Reference, Unique
from sync_core.model.messages import MESSAGE_ROWS
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.checks.collecting import SelfReferences, UniqueKeys
from sync_core.validation.checks.columns import FileChecks
from sync_core.validation.checks.comparing import RowComparison
from sync_core.validation.checks.keys import KeyTable, repeated_keys
from sync_core.validation.checks.references import KeysByColumn
from sync_core.validation.checks.reread import BlockIndex
from sync_core.validation.checks.shared_ids import SharedIdComparison
from sync_core.validation.findings import FindingCounter, FirstLines
from sync_core.validation.records.layout import IntArray


def report_collected(
    spec: FileSpec,
    checks: FileChecks,
    known: KeysByColumn,
    blocks: BlockIndex,
    counter: FindingCounter,
) -> None:
    """Report duplicates, dangling references within the file, and what whole columns show.

    Each pass reads the file at most once, for all questions that are still open.
    """
    checks.report_columns(counter)
    questions: list[_Duplicates | _DanglingReferences] = [
        _Duplicates(unique, collected) for unique, collected in checks.unique_keys.items()
    ]
    questions += _dangling_references(spec, checks.self_references, known)
    passes = [question.passes() for question in questions]
    while current := [one for each in passes if (one := next(each, None))]:
        wanted = {index for one in current for index in one.parts}
        for index, batch in blocks.reread(wanted):
            view = BatchView(spec, batch, checks.seed, counter)
            for one in current:
                if index in one.parts:
                    one.inspect(view)
    for question in questions:
        question.report(counter)
    for codes in checks.codes:
        codes.explain(counter)
    for reference in spec.references:
        keys = known.get((reference.to_file, reference.to_column))
        if keys is not None and keys.keys.is_empty:
            hint = NO_RECORDS.format(file=reference.to_file, column=reference.to_column)
            counter.explain("reference-not-found", reference.column, hint)


NO_RECORDS = ". {file} has no row with a {column}"
"""The hint where all references are not found, because there is nothing to refer to."""


class _Pass(Protocol):
    """One pass over the file. `parts` has the indexes of the batches that it has to see again."""

    parts: frozenset[int]

    def inspect(self, view: BatchView) -> None: ...


def _dangling_references(
    spec: FileSpec, references: Mapping[Reference, SelfReferences], known: KeysByColumn
) -> Iterator["_DanglingReferences"]:
    for reference, collected in references.items():
        if target := known.get((spec.name, reference.to_column)):
            yield _DanglingReferences(reference, collected, target.keys)


class _Duplicates:
    """Rows that repeat an earlier row: their number, and the first of their line numbers."""

    def __init__(self, unique: Unique, collected: UniqueKeys) -> None:
        self._unique, self._collected = unique, collected
        self._found = FirstLines(collected.count, collected.lines)
        self._shared = FirstLines()

    def passes(self) -> Iterator[_Pass]:
        columns, parts = self._collected.columns, self._collected.parts
        user_name = self._collected.user_name
        # By the time a generator goes on, the caller has shown the comparison all of its parts.
        if user_name is None:
            for keys in repeated_keys(parts):
                comparison = RowComparison(columns, parts, keys)
                yield comparison
                self._found.add(comparison.duplicate_lines())
            return
        for keys in repeated_keys([*parts, *self._collected.repeated]):
            of_ids = SharedIdComparison(columns, user_name, parts, keys)
            yield of_ids
            self._found.add(of_ids.duplicate_lines())
            self._shared.add(of_ids.shared_lines())

    def report(self, counter: FindingCounter) -> None:
        field = " + ".join(column.name for column in self._collected.columns)
        self._found.report(counter, "duplicate", field, self._unique.severity)
        self._shared.report(counter, "id-shared", field)


class _DanglingReferences:
    """Rows that refer to no row of their file: their number, and the first of their line numbers.

    The keys give the number. Only as many parts are read again as `MESSAGE_ROWS` lines need.
    """

    def __init__(self, reference: Reference, collected: SelfReferences, target: KeyTable) -> None:
        self._reference, self._collected, self._target = reference, collected, target
        self._lines: list[IntArray] = [np.zeros(0, np.intp)]
        counts = [len(target.find_missing(part)) for part in collected.parts]
        self._count = sum(counts)
        count_before = np.cumsum([0, *counts])
        self.parts = frozenset(
            index
            for index, count in enumerate(counts)
            if count and count_before[index] < MESSAGE_ROWS
        )

    def passes(self) -> Iterator[_Pass]:
        if self.parts:
            yield self

    def inspect(self, view: BatchView) -> None:
        rows = self._target.find_missing(view.keys(self._collected.columns))
        self._lines.append(np.sort(view.lines_of(rows)))

    def report(self, counter: FindingCounter) -> None:
        counter.add_lines(
            "reference-not-found",
            np.concatenate(self._lines),
            count=self._count,
            field=self._reference.column,
            severity=self._reference.severity,
        )
