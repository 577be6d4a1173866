"""Renders a report as one HTML file that needs nothing else: no script, no font, no picture."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync_core import __version__
from sync_core.model.words import counted
from sync_core.report.data import ReportData
from sync_core.report.index import ReportEntry, index
from sync_core.report.page import page

if TYPE_CHECKING:
    # Only for types: the library is not needed before the first report.
    from jinja2 import Template


def report_html(data: ReportData) -> str:
    """The report. It contains no cell value, and is smaller than 300 KB whatever the export."""
    return _template("report.html").render(page=page(data))


def index_html(entries: Sequence[ReportEntry]) -> str:
    """A page that lists the reports on several exports. It is smaller than 300 KB, too."""
    return _template("index.html").render(index=index(entries), version=__version__)


@functools.cache
def _template(name: str) -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sync_core.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["counted"] = counted
    environment.filters["thousands"] = _thousands
    return environment.get_template(name)


def _thousands(number: Any) -> str:
    return f"{number:,}"
