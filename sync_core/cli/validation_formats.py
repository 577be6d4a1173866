"""The forms in which a validation can be printed or written."""

import io
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec
from rich.console import Console

from sync_core.cli.validation_lines import as_text
from sync_core.cli.validation_markdown import as_markdown
from sync_core.cli.validation_sarif import sarif
from sync_core.cli.validation_table import print_table
from sync_core.model.validation_document import ValidationDocument
from sync_core.report import ReportData, problems_csv, report_html

FILE_WIDTH = 100
"""The width of a table that is written to a file."""


class Output(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"
    SARIF = "sarif"


class SeveralExportsError(Exception):
    """A report is about one export."""


def rendered(chosen: Output, document: ValidationDocument) -> str:
    """The validation in a form. Raises SeveralExportsError where the form has room for one."""
    return _RENDERERS[chosen](document)


def _report(document: ValidationDocument) -> ReportData:
    """The input of a report; without findings if nothing could be read."""
    exports = [export for export in document.exports if export.error is None]
    if len(exports) != 1:
        raise SeveralExportsError(
            f"HTML and CSV are about one export, and there are {len(exports)}. Name one of them, or"
            " choose another --format."
        )
    (export,) = exports
    return ReportData(
        format_name=export.format or "",
        messages=export.findings,
        rows={file.name: file.rows for file in export.files},
        rules=document.rules,
        source=export.path,
    )


def _table(document: ValidationDocument) -> str:
    text = io.StringIO()
    print_table(Console(file=text, width=FILE_WIDTH), document)
    return text.getvalue()


def _json(document: object) -> str:
    # Unlike `msgspec`, `json` escapes all letters that are not ASCII, so any code page is right.
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"


_RENDERERS: Mapping[Output, Callable[[ValidationDocument], str]] = MappingProxyType(
    {
        Output.TABLE: _table,
        Output.TEXT: as_text,
        Output.JSON: _json,
        Output.CSV: lambda document: problems_csv(_report(document)),
        Output.HTML: lambda document: report_html(_report(document)),
        Output.MARKDOWN: as_markdown,
        Output.SARIF: lambda document: _json(sarif(document)),
    }
)
