"""A validation as Markdown, for a pull request, a ticket or the summary of a build."""

import html
import re
from collections.abc import Iterator

from sync_core.cli.validate.lines import advice, format_line, headline, line_numbers, totals
from sync_core.model.messages import in_words
from sync_core.model.validation_document import ValidatedExport, ValidationDocument

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def as_markdown(document: ValidationDocument) -> str:
    """The totals, then a table for each export."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: ValidationDocument) -> Iterator[str]:
    yield "# Validation"
    if len(document.exports) > 1:
        yield ""
        yield f"**{_text(totals(document))}**"
    for export in document.exports:
        yield ""
        if export.error is None:
            yield from _export(export)
        else:
            yield f"**Could not be read:** {_text(export.error)}"
    if document.rules:
        yield ""
        yield f"Changed rules: {_text(in_words(document.rules))}"


def _export(export: ValidatedExport) -> Iterator[str]:
    yield f"**{_text(headline(export))}**"
    yield ""
    yield _text(format_line(export))
    if not export.findings:
        return
    yield ""
    yield "| type | file | lines | finding | what to do |"
    yield "|---|---|---|---|---|"
    for finding in export.findings:
        cells = (
            finding.type.lower(),
            finding.file_name,
            line_numbers(finding),
            finding.description,
            advice(finding),
        )
        yield f"| {' | '.join(map(_text, cells))} |"


def _text(text: str) -> str:
    """Text that Markdown shows as it is: neither markup, HTML nor a link."""
    escaped = _SPECIAL.sub(r"\\\1", html.escape(text, quote=False))
    return " ".join(escaped.replace("://", ":&#47;&#47;").split())
