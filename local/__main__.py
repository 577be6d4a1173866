"""`python -m local demo|run|drop|reset|emulators`: what the Makefile's targets call."""

from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from local import folders
from local.cloud import ROOT, HostFailedToStart
from local.demo import DemoFailed, TargetKind
from local.demo import demo as show
from local.emulators import emulate
from local.run import drop as land
from local.run import run as keep_up
from local.storage import StorageFailed

FOLDER = folders.HOME
CLEAN = ROOT / "samples" / "clean"

Export = Annotated[Path, typer.Argument(help="A folder of CSV files, or a zip of them.")]
Folder = Annotated[
    Path, typer.Option(help="Where everything that is made is kept: new, empty, or made by this.")
]
Target = Annotated[
    TargetKind | None,
    typer.Option(help="What is synced to; else classic, and industry-data for SDS V2.1."),
]

FAILURES = (DemoFailed, HostFailedToStart, StorageFailed, folders.Refused)
FAILED, REFUSED = 1, 2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def demo(
    export: Export = CLEAN,
    folder: Folder = FOLDER / "demo",
    target: Target = None,
    seconds: Annotated[float, typer.Option(help="How long the result may take.")] = 90,
) -> None:
    """The whole way of one export, told step by step."""
    console = _console()
    try:
        show(export, folder, console, target, seconds)
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def run(folder: Folder = FOLDER / "run", target: Target = None) -> None:
    """Keep the local cloud up until Ctrl-C."""
    console = _console()
    try:
        keep_up(folder, console, target)
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        console.print("Everything that was started has ended.")


@app.command()
def emulators(folder: Folder = FOLDER / "emulators") -> None:
    """Storage and Microsoft Graph for a host that you start with local.settings.json.example."""
    console = _console()
    try:
        emulate(folder, console)
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        console.print("Everything that was started has ended.")


@app.command()
def drop(export: Export = CLEAN, folder: Folder = FOLDER / "run") -> None:
    """Land an export in the local cloud that `run` keeps up."""
    console = _console()
    try:
        land(export, folder, console)
    except FAILURES as failure:
        _fail(failure)


@app.command()
def reset(
    home: Annotated[Path, typer.Option(help="The folder with those of the commands.")] = FOLDER,
) -> None:
    """Remove everything that the local cloud has stored."""
    try:
        emptied = folders.reset(home)
    except folders.Refused as refusal:
        _fail(refusal)
    for folder in emptied:
        print(f"Emptied {folder}")
    if not emptied:
        print("Nothing to remove: the local cloud has stored nothing.")


def _console() -> Console:
    # Without a terminal there is no width to keep to; a table needs some all the same.
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _fail(failure: Exception) -> Never:
    console = Console(stderr=True, highlight=False)
    console.print(str(failure), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(REFUSED if isinstance(failure, folders.Refused) else FAILED)


if __name__ == "__main__":
    app()
