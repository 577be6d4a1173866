"""The forms in which a validation can be printed or written."""

import io
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec
from rich.console import Console

from sync_core.cli.validate.lines import as_text
from sync_core.cli.validate.markdown import as_markdown
from sync_core.cli.validate.reports import as_csv, as_html
from sync_core.cli.validate.sarif import sarif
from sync_core.cli.validate.table import print_table
from sync_core.model.validation_document import ValidationDocument

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


def rendered(chosen: Output, document: ValidationDocument) -> str:
    """The validation in a form. Raises SeveralExportsError where the form has room for one."""
    return _RENDERERS[chosen](document)


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
        Output.CSV: as_csv,
        Output.HTML: as_html,
        Output.MARKDOWN: as_markdown,
        Output.SARIF: lambda document: _json(sarif(document)),
    }
)
