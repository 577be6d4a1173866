"""The command line `sis-sync`, for people at a terminal and for scripts.

Exit codes of every command: 0 success, 1 an error was found, 2 the command could not run.
"""

from pathlib import Path
from typing import Annotated, Any, Never

import typer
from rich.console import Console
from typer.core import TyperGroup

from sync_core import __version__
from sync_core.cli.deliver_command import deliver
from sync_core.cli.doctor_command import doctor
from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.explain_command import explain
from sync_core.cli.feeds_command import feeds
from sync_core.cli.operations import OPERATIONS
from sync_core.cli.streams import standard_streams
from sync_core.cli.templates import formats_document, template_files
from sync_core.cli.validate_command import validate
from sync_core.formats import FORMATS, format_named

OPS_PACKAGES = {"azure", "httpx"}
"""Of these, a plain installation has none: the extra `ops` brings them."""


class _Commands(TyperGroup):
    """All commands. Their output, including help and errors, is readable in any code page."""

    def main(self, *args: Any, **options: Any) -> Any:
        with standard_streams():
            try:
                return super().main(*args, **options)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] not in OPS_PACKAGES:
                    raise
                _say(
                    "This command needs packages that are not installed. Run pip install"
                    " 'sis-sync[ops]', or pip install '.[ops]' in a clone of the repository."
                )
                raise SystemExit(CANNOT) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True)

app.command()(validate)
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
    _say(message)
    raise typer.Exit(CANNOT)


def _say(message: str) -> None:
    console = Console(stderr=True)
    console.print(message, style="red", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app(prog_name="sis-sync")
