"""A validation as lines of plain text, for pipes, logs and `grep`: one line for each finding."""

from collections.abc import Iterator

from sync_core.formats import FORMATS
from sync_core.formats.rules import RULES
from sync_core.model.documents import MessageCounts, MessageLine
from sync_core.model.messages import in_words, lines_left_out
from sync_core.model.validation_document import ValidatedExport, ValidationDocument
from sync_core.model.words import counted, first_of, listed

LINES_SHOWN, NAMED = 8, 10


def as_text(document: ValidationDocument) -> str:
    """The totals, then one line for each finding."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: ValidationDocument) -> Iterator[str]:
    if len(document.exports) > 1:
        yield totals(document)
    for export in document.exports:
        if export.error is not None:
            continue
        yield f"{headline(export)}"
        yield format_line(export)
        for finding in export.findings:
            yield _finding(finding)
    if document.rules:
        yield f"Changed rules: {in_words(document.rules)}"


def totals(document: ValidationDocument) -> str:
    """One sentence about all exports."""
    broken = sum(export.error is not None for export in document.exports)
    unread = f"; {broken:,} could not be read" if broken else ""
    return f"{counted(len(document.exports), 'export')}: {count_words(document.counts)}{unread}."


def headline(export: ValidatedExport) -> str:
    """One sentence about an export."""
    files = counted(len(export.files), "file")
    found = count_words(export.counts)
    return f"{export.path}: {found} in {files} with {counted(export.rows, 'row')}."


def count_words(counts: MessageCounts) -> str:
    """The numbers of findings in words."""
    some = [
        counted(count, noun)
        for count, noun in (
            (counts.errors, "error"),
            (counts.warnings, "warning"),
            (counts.information, "information message"),
        )
        if count
    ]
    return listed(some) or "no errors and no warnings"


def format_line(export: ValidatedExport) -> str:
    """Which format the export has and why, and what was not checked."""
    title = FORMATS[export.format or ""].title
    parts = [f"Format: {title} ({export.because})."]
    if not export.whole:
        parts.append("Only a part of the set: missing files are not reported.")
    if export.ignored:
        parts.append(f"Ignored (not part of {title}): {first_of(export.ignored, NAMED)}.")
    return " ".join(parts)


def line_numbers(finding: MessageLine, most: int = LINES_SHOWN) -> str:
    """The first line numbers of a finding; empty if it concerns the whole file."""
    rows = finding.rows[:most]
    more = ", ..." if lines_left_out(finding.rows, finding.count or 1, most) else ""
    return ", ".join(map(str, rows)) + more


def advice(finding: MessageLine) -> str:
    """What to do about a finding."""
    return RULES[finding.rule or ""].advice


def sentence(finding: MessageLine) -> str:
    """The description of a finding without a full stop, to be continued."""
    return finding.description.rstrip(".")


def _finding(finding: MessageLine) -> str:
    place = f"{finding.file_name}:{finding.rows[0]}" if finding.rows else finding.file_name
    lines = f" (lines {line_numbers(finding)})" if len(finding.rows) > 1 else ""
    level = finding.type.lower()
    text = f"{sentence(finding)}{lines} [{finding.rule}]. {advice(finding)}"
    return f"{place}: {level}: {text}"
