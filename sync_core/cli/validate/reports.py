"""A validation as pages, one for each export, and as one table for a spreadsheet."""

import re
from collections.abc import Iterator

from sync_core.model.validation_document import ValidatedExport, ValidationDocument
from sync_core.report import (
    ReportData,
    ReportEntry,
    exports_csv,
    index_html,
    report_html,
)

INDEX = "index.html"
NAME_CHARACTERS = 60
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


class SeveralExportsError(Exception):
    """A page is about one export."""


def as_csv(document: ValidationDocument) -> str:
    """All findings as one table, and the exports that could not be read."""
    return exports_csv(
        [_report(export, document) for export in document.exports if export.error is None],
        [(export.path, export.error) for export in document.exports if export.error],
    )


def as_html(document: ValidationDocument) -> str:
    """The page of one export. Raises SeveralExportsError."""
    if len(document.exports) > 1:
        raise SeveralExportsError(
            f"There are {len(document.exports)} exports, and each has a page of its own. Name a"
            " folder for the pages, such as --output reports."
        )
    (export,) = document.exports
    # Only an index says that an export could not be read.
    return index_html([_entry(export, "")]) if export.error else _page(export, document)


def pages(document: ValidationDocument) -> Iterator[tuple[str, str]]:
    """The names of the files and their text: one page for each export, and the index."""
    entries: list[ReportEntry] = []
    width = len(str(len(document.exports)))
    for number, export in enumerate(document.exports, 1):
        name = f"{number:0{width}}-{_file_name(export.path)}.html"
        entries.append(_entry(export, name))
        if export.error is None:
            yield name, _page(export, document)
    yield INDEX, index_html(entries)


def _file_name(path: str) -> str:
    """The last part of a path, in letters that every system takes in a file name."""
    last = path.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    return _UNUSUAL.sub("-", last)[:NAME_CHARACTERS].strip("-.") or "export"


def _entry(export: ValidatedExport, name: str) -> ReportEntry:
    return ReportEntry(
        export=export.path,
        page=name,
        errors=export.counts.errors,
        warnings=export.counts.warnings,
        rows=export.rows,
        unread=export.error or "",
    )


def _page(export: ValidatedExport, document: ValidationDocument) -> str:
    return report_html(_report(export, document))


def _report(export: ValidatedExport, document: ValidationDocument) -> ReportData:
    return ReportData(
        format_name=export.format or "",
        messages=export.findings,
        rows={file.name: file.rows for file in export.files},
        rules=document.rules,
        source=export.path,
    )
