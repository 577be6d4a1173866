"""Checks the codes of a column against the list that the format has for it."""

from collections.abc import Iterable

import numpy as np

from sync_core.formats import Column, Severity
from sync_core.validation.checks.batch_view import BatchView
from sync_core.validation.findings import FindingCounter

_RULE = "enum-value"
OTHER_LIST = ". No row has a known value, so it looks like another language or another list"
"""The hint of a column of codes in which no row has a known value."""


class CodeCheck:
    """Finds codes that are not on the column's list.

    Where the list is closed and the value required, School Data Sync drops the record, so an
    unlisted code is an error. Otherwise, and for doubtful codes, it is a warning.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._listed = _lower(column.values)
        self._doubtful = _lower(column.doubtful)
        is_fatal = column.closed and column.required_value
        self._unlisted_severity: Severity = "Error" if is_fatal else "Warning"
        self._has_known = False

    def check(self, view: BatchView) -> None:
        """Check the codes of a batch, each distinct code once."""
        unlisted, doubtful = [], []
        for value in view.values(self._column).distinct:
            code = value.lower()
            if code in self._listed:
                self._has_known = True
            elif code in self._doubtful:
                self._has_known = True
                doubtful.append(value)
            elif value.strip():
                unlisted.append(value)
        self._report(view, unlisted, self._unlisted_severity)
        self._report(view, doubtful, "Warning")

    def explain(self, counter: FindingCounter) -> None:
        """Add the hint about another list, if no row has a known code. Call it after all batches.

        A column without required values decides nothing, so it gets no hint.
        """
        if self._column.required_value and not self._has_known:
            counter.explain(_RULE, self._column.name, OTHER_LIST)

    def _report(self, view: BatchView, values: list[str], severity: Severity) -> None:
        if values:
            rows = np.flatnonzero(view.values(self._column).text.is_in(values).to_numpy())
            view.report(_RULE, rows, self._column.name, severity)


def _lower(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(code.lower() for code in codes)
