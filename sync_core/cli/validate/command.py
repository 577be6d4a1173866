"""`sis-sync validate`: validates exports on this machine as the app validates them in the cloud."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.exports.local_files import shown_path
from sync_core.cli.printing import echo
from sync_core.cli.validate.formats import Output, rendered
from sync_core.cli.validate.reports import SeveralExportsError, pages
from sync_core.cli.validate.rule_option import rule_changes
from sync_core.cli.validate.table import print_table
from sync_core.formats import FORMATS, format_named
from sync_core.model.validation_document import ValidationDocument


class FailOn(StrEnum):
    ERROR = "error"
    WARNING = "warning"


Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH",
        help="Folders, zips, or the CSV files of one export. A folder may contain zips or"
        " subfolders with exports.",
    ),
]
Form = Annotated[
    Output | None,
    typer.Option(
        "--format",
        metavar="FORM",
        help=f"How findings are written: {', '.join(Output)}. Default: a table on a terminal,"
        " otherwise text, which is one line for each finding.",
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|FOLDER",
        help="Write to a file instead of the terminal. As html, more than one export needs a"
        " folder: each has a page there, and index.html lists them.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing. The exit code is the result.")
]
LeastSeverity = Annotated[
    FailOn, typer.Option(help="The least severity that makes the exit code 1.")
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="|".join(FORMATS),
        help="The format of the files. Default: recognised by names and headers.",
    ),
]
Severities = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULE=SEVERITY",
        help="Another severity for a rule, as in a feed's rules. May be repeated.",
    ),
]


def validate(
    paths: Paths,
    *,
    output_format: Form = None,
    output: To = None,
    quiet: Quiet = False,
    fail_on: LeastSeverity = FailOn.ERROR,
    name: FormatName = None,
    rule: Severities = None,
) -> None:
    """Validate every row of one or more exports, with the same rules as the app.

    Exits with 0 if there are no errors, with 1 if there are, and with 2 if
    something cannot be read.
    """
    # Imported here: the engine loads numpy and polars.
    from sync_core.cli.validate.progress import reading_on
    from sync_core.cli.validate.validating import validation_of

    console, errors = Console(), Console(stderr=True)
    try:
        fmt = format_named(name) if name else None
        changes = rule_changes(rule or [])
    except ValueError as error:
        _say(errors, str(error))
        raise typer.Exit(CANNOT) from None
    with reading_on(errors, quiet=quiet) as reading:
        document = validation_of(paths, fmt, changes, fail_on.value, reading)
    for export in document.exports:
        if export.error:
            _say(errors, export.error)
    try:
        if output is not None:
            _write(output, output_format or Output.TEXT, document)
        elif not quiet:
            _print(console, output_format, document)
    except (UnwritableError, SeveralExportsError) as error:
        _say(errors, str(error))
        raise typer.Exit(CANNOT) from None
    raise typer.Exit(document.exit_code)


def _print(console: Console, chosen: Output | None, document: ValidationDocument) -> None:
    if chosen is Output.TABLE or (chosen is None and console.is_terminal):
        print_table(console, document)
    else:
        # Standard output writes the line ends of the system itself.
        text = rendered(chosen or Output.TEXT, document).replace("\r\n", "\n")
        if chosen is Output.HTML:
            # So all letters of a page are right in any code page.
            text = text.encode("ascii", "xmlcharrefreplace").decode()
        echo(text, nl=False)


class UnwritableError(Exception):
    """The file that the result goes to cannot be written."""


def _write(path: Path, chosen: Output, document: ValidationDocument) -> None:
    try:
        if chosen is Output.HTML and _takes_pages(path, document):
            path.mkdir(exist_ok=True)
            for name, page in pages(document):
                (path / name).write_text(page, encoding="utf-8", newline="\n")
        else:
            path.write_text(rendered(chosen, document), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UnwritableError(f"{shown_path(path)} cannot be written: {error.strerror}.") from None


def _takes_pages(path: Path, document: ValidationDocument) -> bool:
    """Whether a path is a folder for pages, or is to become one: the name of a page is none."""
    is_page = path.name.lower().endswith((".html", ".htm"))
    return path.is_dir() or (len(document.exports) > 1 and not is_page and not path.exists())


def _say(console: Console, text: str) -> None:
    console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
