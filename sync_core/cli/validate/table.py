"""A validation for a person at a terminal: totals, the findings file by file, and what to do."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from sync_core.cli.validate.lines import (
    advice,
    format_line,
    headline,
    line_numbers,
    sentence,
    totals,
)
from sync_core.model.documents import MessageLine
from sync_core.model.messages import MessageLevel, in_words, level_of
from sync_core.model.validation_document import ValidatedExport, ValidationDocument

NARROW = 100
"""Below this width, a finding is a block of lines instead of a row."""

LINES_SHOWN, LINES_WIDTH = 5, 22
ORDER: tuple[MessageLevel, ...] = ("error", "warning", "information")
STYLES = {"error": "bold red", "warning": "yellow", "information": "cyan"}
INDENT = (0, 0, 0, 2)


def print_table(console: Console, document: ValidationDocument) -> None:
    """Print a validation; without rules and trailing spaces where there is no terminal."""
    if console.is_terminal:
        _print(console, document)
        return
    with console.capture() as printed:
        _print(console, document)
    lines = printed.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def _print(console: Console, document: ValidationDocument) -> None:
    if len(document.exports) > 1:
        _say(console, Text(totals(document), style="bold"), Text())
    for number, export in enumerate(each for each in document.exports if each.error is None):
        if number:
            console.print()
        _print_export(console, export)
    if document.rules:
        _say(console, Text(f"Changed rules: {in_words(document.rules)}"))


def _print_export(console: Console, export: ValidatedExport) -> None:
    style = "bold red" if export.counts.errors else "bold" if export.findings else "bold green"
    _say(console, Text(headline(export), style=style), Text(format_line(export)))
    if not export.findings:
        return
    console.print()
    if console.width < NARROW:
        _say(console, *_blocks(export))
    else:
        console.print(_table(export, has_box=console.is_terminal))
    worst_first = sorted(export.findings, key=_order)
    console.print()
    _say(console, Text("What to do", style="bold"), *_advice(worst_first))


def _say(console: Console, *parts: RenderableType) -> None:
    console.print(Group(*parts), highlight=False)


def _order(finding: MessageLine) -> int:
    return ORDER.index(level_of(finding.type))


def _by_file(export: ValidatedExport) -> Iterator[tuple[str, list[MessageLine]]]:
    """The findings of each file, the worst first."""
    for name, found in groupby(export.findings, key=lambda finding: finding.file_name):
        yield name, sorted(found, key=_order)


def _table(export: ValidatedExport, *, has_box: bool) -> Table:
    # Long words are folded: cut off, a name cannot be copied.
    columns = [
        Column("file / type", no_wrap=True),
        Column("lines", overflow="fold", max_width=LINES_WIDTH),
        Column("finding", overflow="fold", ratio=1),
    ]
    table = Table(*columns, box=SIMPLE_HEAD if has_box else None, expand=True, pad_edge=False)
    for name, found in _by_file(export):
        table.add_row(Text(name, style="bold"))
        for finding in found:
            lines = Text(line_numbers(finding, LINES_SHOWN))
            table.add_row(Text("  ") + _type(finding), lines, Text(sentence(finding)))
    return table


def _blocks(export: ValidatedExport) -> Iterator[RenderableType]:
    for name, found in _by_file(export):
        yield Text(name, style="bold")
        for finding in found:
            lines = line_numbers(finding, LINES_SHOWN)
            where = f" in lines {lines}" if "," in lines else f" in line {lines}" if lines else ""
            yield Padding(Text.assemble(_type(finding), f"{where}: {sentence(finding)}"), INDENT)


def _type(finding: MessageLine) -> Text:
    return Text(finding.type.lower(), style=STYLES[level_of(finding.type)])


def _advice(findings: Sequence[MessageLine]) -> Iterator[RenderableType]:
    """Each rule once, with its advice."""
    for rule, text in {finding.rule: advice(finding) for finding in findings}.items():
        yield Padding(Text.assemble((f"{rule}: ", "bold"), text), INDENT)
