"""The index of the reports on several exports."""

from collections.abc import Sequence
from typing import NamedTuple

from sync_core.model.outcomes import Severity
from sync_core.model.words import counted, listed
from sync_core.report.outcome import Headline
from sync_core.report.words import URGENCY, shown

ENTRIES, NAME_CHARACTERS, REASON_CHARACTERS = 150, 100, 200
"""The most exports that an index lists, and the longest name and reason of one."""


class ReportEntry(NamedTuple):
    """An export and the file name of its page. `unread` says why it could not be read."""

    export: str
    page: str
    errors: int
    warnings: int
    rows: int
    unread: str = ""

    @property
    def is_bad(self) -> bool:
        return bool(self.errors or self.unread)


class Index(NamedTuple):
    """Everything that the template shows. `more` exports are not listed."""

    headline: Headline
    urgency: str
    entries: Sequence[ReportEntry]
    more: int


def index(entries: Sequence[ReportEntry]) -> Index:
    """The index of some exports, the worst first."""
    ordered = sorted(entries, key=lambda each: (not each.unread, -each.errors, -each.warnings))
    head = _headline(entries)
    safe = [
        each._replace(
            export=shown(each.export, NAME_CHARACTERS), unread=shown(each.unread, REASON_CHARACTERS)
        )
        for each in ordered[:ENTRIES]
    ]
    return Index(head, URGENCY[head.severity], safe, len(ordered) - len(safe))


def _headline(entries: Sequence[ReportEntry]) -> Headline:
    errors, warnings = sum(each.errors for each in entries), sum(each.warnings for each in entries)
    bad, unread = sum(each.is_bad for each in entries), sum(bool(each.unread) for each in entries)
    severity: Severity = "error" if bad else "warning" if warnings else "info"
    if bad:
        of = counted(len(entries), "export")
        sentence = f"{bad:,} of {of} would not be uploaded."
    elif warnings:
        sentence = "The exports have no errors, and there are warnings to review."
    else:
        sentence = "The exports have no errors and no warnings."
    found = listed([counted(errors, "error"), counted(warnings, "warning")])
    lost = f" {counted(unread, 'export')} could not be read." if unread else ""
    return Headline(sentence, severity, (f"Validation found {found}.{lost}",))
