"""`python -m local demo|run|drop|emulators`: what the Makefile's targets call."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.cloud import ROOT, HostFailedToStart
from local.demo import DemoFailed, TargetKind
from local.demo import demo as show
from local.emulators import emulate
from local.run import drop as land
from local.run import run as keep_up
from local.storage import StorageFailed

FOLDER = ROOT / ".local-cloud"
CLEAN = ROOT / "samples" / "clean"

Export = Annotated[Path, typer.Argument(help="A folder of CSV files, or of a zip.")]
Folder = Annotated[Path, typer.Option(help="Where everything that is made is kept.")]

Target = Annotated[TargetKind, typer.Option(help="What the feed is synced to.")]

FAILURES = (DemoFailed, HostFailedToStart, StorageFailed)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def demo(
    export: Export = CLEAN,
    folder: Folder = FOLDER / "demo",
    target: Target = TargetKind.CLASSIC,
) -> None:
    """The whole way of one export, told step by step."""
    console = _console()
    try:
        show(export, folder, console, target)
    except FAILURES as failure:
        _fail(console, failure)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def run(folder: Folder = FOLDER / "run") -> None:
    """Keep the local cloud up until Ctrl-C."""
    console = _console()
    try:
        keep_up(folder, console)
    except FAILURES as failure:
        _fail(console, failure)
    except KeyboardInterrupt:
        console.print("Everything that was started has ended.")


@app.command()
def emulators(folder: Folder = FOLDER / "emulators") -> None:
    """Storage and Microsoft Graph for a host that you start with local.settings.json.example."""
    console = _console()
    try:
        emulate(folder, console)
    except FAILURES as failure:
        _fail(console, failure)
    except KeyboardInterrupt:
        console.print("Everything that was started has ended.")


@app.command()
def drop(export: Export = CLEAN, folder: Folder = FOLDER / "run") -> None:
    """Land an export in the local cloud that `run` keeps up."""
    console = _console()
    try:
        land(export, folder, console)
    except FAILURES as failure:
        _fail(console, failure)


def _console() -> Console:
    # Without a terminal there is no width to keep to; a table needs some all the same.
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _fail(console: Console, failure: Exception) -> None:
    console.print(str(failure), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
