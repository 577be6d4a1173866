"""The command line `sis-sync`, for people at a terminal and for scripts.

Exit codes of every command: 0 success, 1 an error was found, 2 the command could not run.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Never

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Column, Table
from typer.core import TyperGroup

from sync_core import __version__
from sync_core.cli.deliver_command import deliver
from sync_core.cli.doctor_command import doctor
from sync_core.cli.encoding import write_ascii_unless_utf
from sync_core.cli.explain_command import explain
from sync_core.cli.feeds_command import feeds
from sync_core.cli.operations import OPERATIONS
from sync_core.cli.rule_option import rule_changes
from sync_core.cli.templates import formats_document, template_files
from sync_core.formats import FORMATS, Format, format_named, format_of
from sync_core.model.messages import Finding, RuleChanges, in_words, severity
from sync_core.model.target_kinds import file_limits

if TYPE_CHECKING:
    from sync_core.validation.model import Validation


class _Commands(TyperGroup):
    """All commands. Their output, including help and errors, is readable in any code page."""

    def main(self, *args: Any, **options: Any) -> Any:
        write_ascii_unless_utf((sys.stdout, sys.stderr))
        return super().main(*args, **options)


app = typer.Typer(cls=_Commands, add_completion=False, no_args_is_help=True)

REJECTED, CANNOT = 1, 2
_STYLES = {"error": "red", "warning": "yellow", "information": "cyan"}
_COLUMNS = ("type", "file", "lines", "finding", "what to do")
_LINES_SHOWN = 8


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


app.command()(doctor)
app.command()(deliver)
app.command(epilog="Example: sis-sync explain reference-not-found")(explain)
for _command, _example in OPERATIONS.items():
    app.command(epilog=f"Example: sis-sync {_command.__name__} {_example}")(_command)
app.add_typer(feeds, name="feeds")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sis-sync {__version__}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Check and deliver school exports for Microsoft School Data Sync."""


@app.command()
def validate(
    path: Annotated[Path, typer.Argument(metavar="FOLDER|ZIP", help="The export.")],
    output: Annotated[
        Output, typer.Option("--format", help="How to print the findings.")
    ] = Output.TABLE,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="|".join(FORMATS),
            help="The format. Default: recognised by the headers.",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE=SEVERITY",
            help="Another severity for a rule, as in a feed's rules. May be repeated.",
        ),
    ] = None,
) -> None:
    """Validate every row of an export. Exits with 1 if it has errors, with 2 if unreadable."""
    from sync_core.cli.sources import SourceError

    console = Console()
    try:
        changes = rule_changes(rule or [])
        fmt = _format_of(path, name)
        found = _validated(path, fmt).with_changes(changes)
    except (SourceError, OSError, ValueError) as error:
        _refuse(str(error))
    if output is Output.JSON:
        typer.echo(_as_json(fmt, found, changes))
    else:
        _print_table(console, fmt, found)
        if changes:
            console.print(f"Changed rules: {in_words(changes)}", highlight=False)
    if any(severity(finding) == "error" for finding in found.findings):
        raise typer.Exit(REJECTED)


@app.command()
def template(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    folder: Annotated[
        Path, typer.Option("--into", help="The folder to write to. Default: this one.")
    ] = Path(),
) -> None:
    """Write empty files with the headers of a format."""
    try:
        files = template_files(format_named(name))
    except ValueError as error:
        _refuse(str(error))
    present = [file for file in files if (folder / file).exists()]
    if present:
        _refuse(
            f"{folder} already contains {', '.join(present)}. Name an empty folder with --into."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file, header in files.items():
        (folder / file).write_text(header, encoding="utf-8", newline="")
        typer.echo(folder / file)


@app.command()
def formats() -> None:
    """Print every file, column and rule of every format, as Markdown."""
    typer.echo(formats_document(), nl=False)


def _refuse(message: str) -> Never:
    Console(stderr=True).print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(CANNOT)


def _format_of(path: Path, name: str | None) -> Format:
    """The format with this name, or else the one that the files and headers belong to."""
    from sync_core.cli.sources import headers_at

    return format_named(name) if name else format_of(headers_at(path))


def _validated(path: Path, fmt: Format) -> "Validation":
    from sync_core.cli.sources import source_at
    from sync_core.validation.engine import validate as validated

    with _progress() as (start, on_block):
        source = source_at(path, fmt, on_block)
        start(source.size)
        limits = file_limits(None, fmt.name)
        found = validated(fmt, source.files, others=source.others, limits=limits)
    if source.others:
        names = ", ".join(file.name for file in source.others)
        Console(stderr=True).print(f"Ignored (not part of {fmt.title}): {names}", markup=False)
    return found


@contextmanager
def _progress() -> Iterator[tuple[Callable[[int], None], Callable[[bytes], None]]]:
    """A progress bar with bytes and rows on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _size: None, lambda _block: None
        return
    columns = (BarColumn(), DownloadColumn(), TextColumn("{task.fields[rows]:,} rows"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", rows=0, total=None)
        rows = 0

        def on_block(block: bytes) -> None:
            nonlocal rows
            rows += block.count(b"\n")
            bar.update(task, advance=len(block), rows=rows)

        yield lambda size: bar.update(task, total=size), on_block


def _as_json(fmt: Format, found: "Validation", changes: RuleChanges) -> str:
    document = {
        "format": fmt.name,
        "rules": changes,
        "rows": found.rows,
        "findings": found.findings,
    }
    # Unlike `msgspec`, `json` escapes all letters that are not ASCII, so any code page is right.
    return json.dumps(msgspec.to_builtins(document), indent=2)


def _print_table(console: Console, fmt: Format, found: "Validation") -> None:
    rows = sum(found.rows.values())
    console.print(f"{fmt.title}: {len(found.rows)} files, {rows:,} rows", highlight=False)
    if not found.findings:
        console.print("No errors and no warnings.", style="green")
        return
    # Long words are folded: cut off, an address or a file name cannot be copied.
    columns = [Column(title, overflow="fold") for title in _COLUMNS]
    table = Table(*columns, show_lines=True)
    for finding in found.findings:
        style = _STYLES[severity(finding)]
        table.add_row(f"[{style}]{finding.type}[/]", *map(escape, _cells(finding)))
    console.print(table)


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    from sync_core.formats.rules import RULES

    lines = ", ".join(map(str, finding.rows[:_LINES_SHOWN]))
    more = ", ..." if len(finding.rows) > _LINES_SHOWN or finding.count > len(finding.rows) else ""
    shown = lines + more if lines else ""
    return finding.file_name, shown, finding.description, RULES[finding.rule].advice


if __name__ == "__main__":
    app(prog_name="sis-sync")
