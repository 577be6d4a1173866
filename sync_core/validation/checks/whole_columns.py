"""Checks that only all values of a column together can decide. They keep counts, never values."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from sync_core.formats import Column
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.findings import FindingCounter, FirstLines

_DECIMAL_OR_BLANK = r"\A(?:[0-9]+\.0|[\s\x1c-\x1f]*)\z"
_LENGTHS = range(16, 31)
"""A spreadsheet keeps 15 digits of a number, so the 16th is the first that can be lost. Longer IDs
than these are GUIDs or hashes, and need no pattern."""
_LONG_NUMBER = r"\A[1-9][0-9]+\z"
_ROUNDED_NUMBER = r"\A[1-9][0-9]{14}0+\z"


class WholeColumnCheck(Protocol):
    """Sees every batch of a file, and then reports what it found."""

    def collect(self, view: BatchView) -> None: ...

    def report(self, counter: FindingCounter) -> None: ...


def whole_column_checks(column: Column) -> Iterator[WholeColumnCheck]:
    """The checks for a column."""
    if column.kind == "id":
        yield _DecimalIds(column)
        yield _RoundedIds(column)
    if column.domain:
        yield _UserNamesWithoutDomain(column)


class _DecimalIds:
    """Finds out whether all IDs are decimal numbers that end with .0."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._lines = FirstLines()
        self._is_possible = True

    def collect(self, view: BatchView) -> None:
        if not self._is_possible:
            return
        text = view.values(self._column).text
        # The first value alone rules out nearly every file.
        texts = (text.head(1), text)
        self._is_possible = all(each.str.contains(_DECIMAL_OR_BLANK).all() for each in texts)
        if self._is_possible:
            self._lines.add(view.lines_of(np.flatnonzero(text.str.ends_with(".0").to_numpy())))

    def report(self, counter: FindingCounter) -> None:
        if self._is_possible:
            self._lines.report(counter, "id-decimal", self._column.name)


class _RoundedIds:
    """Finds out whether numbers of 16 to 30 digits end with zeros from the 16th digit on.

    One long number in ten ends with a zero by chance, so this is only reported if at least half of
    them do.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._lines = FirstLines()
        self._long_numbers = 0

    def collect(self, view: BatchView) -> None:
        text = view.values(self._column).text
        lengths = text.str.len_bytes().to_numpy()
        rows = np.flatnonzero((lengths >= _LENGTHS.start) & (lengths < _LENGTHS.stop))
        if not rows.size:
            return
        rows = rows[text.gather(rows).str.contains(_LONG_NUMBER).to_numpy()]
        self._long_numbers += len(rows)
        self._lines.add(
            view.lines_of(rows[text.gather(rows).str.contains(_ROUNDED_NUMBER).to_numpy()])
        )

    def report(self, counter: FindingCounter) -> None:
        if 2 * self._lines.count >= self._long_numbers:
            self._lines.report(counter, "id-digits", self._column.name)


class _UserNamesWithoutDomain:
    """Finds out whether no user name has a domain."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._has_names, self._has_domain = False, False

    def collect(self, view: BatchView) -> None:
        if not self._has_domain:
            values = view.values(self._column)
            self._has_names |= values.blank is None or not values.blank.all()
            self._has_domain = b"@" in values.joined

    def report(self, counter: FindingCounter) -> None:
        if self._has_names and not self._has_domain:
            counter.add("username-domain", field=self._column.name)
