"""`python -m local demo|run|deliver|reset|emulators`: what the Makefile's targets call."""

from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from local import folders
from local.cloud import HostFailedToStart
from local.demo import DemoFailed, DemoTarget, usual_export
from local.demo import demo as show
from local.emulators import emulate
from local.run import deliver as upload
from local.run import run as keep_up
from local.storage import StorageFailed
from local.story import Story, tell

FOLDER = folders.HOME

Export = Annotated[
    Path | None,
    typer.Argument(help="A folder of CSV files, or a zip of them. Default: a sample."),
]
Folder = Annotated[
    Path,
    typer.Option(
        help="Where the local cloud stores everything: a new or empty folder, or its own."
    ),
]
Target = Annotated[
    DemoTarget | None,
    typer.Option(help="The sync target. Default: industry-data if it accepts the format."),
]

FAILURES = (DemoFailed, HostFailedToStart, StorageFailed, folders.Refused)
FAILED, REFUSED = 1, 2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def demo(
    export: Export = None,
    folder: Folder = FOLDER / "demo",
    target: Target = None,
    story: Annotated[
        Story | None, typer.Option(help="Several exports in a row, in place of one.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Time limit for the result.")] = 90,
) -> None:
    """Run one export through the whole app and show each step, or play a story."""
    console = _console()
    try:
        if story is None:
            show(export, folder, console, target, seconds)
        elif export is None:
            tell(story, folder, console, target, seconds)
        else:
            raise folders.Refused("A story has exports of its own. Leave out EXPORT or STORY.")
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def run(folder: Folder = FOLDER / "run", target: Target = None) -> None:
    """Run the local cloud until Ctrl-C."""
    console = _console()
    try:
        keep_up(folder, console, target)
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        console.print("Everything has stopped.")


@app.command()
def emulators(folder: Folder = FOLDER / "emulators") -> None:
    """Run storage and Microsoft Graph for a host that uses local.settings.json.example."""
    console = _console()
    try:
        emulate(folder, console)
    except FAILURES as failure:
        _fail(failure)
    except KeyboardInterrupt:
        console.print("Everything has stopped.")


@app.command()
def deliver(export: Export = None, folder: Folder = FOLDER / "run") -> None:
    """Deliver an export to the local cloud that `run` has started."""
    console = _console()
    try:
        upload(export or usual_export(None), folder, console)
    except FAILURES as failure:
        _fail(failure)


@app.command()
def reset(
    home: Annotated[
        Path, typer.Option(help="The folder that holds the folders of the commands.")
    ] = FOLDER,
) -> None:
    """Delete everything that the local cloud has stored."""
    try:
        emptied = folders.reset(home)
    except folders.Refused as refusal:
        _fail(refusal)
    for folder in emptied:
        print(f"Emptied {folder}")
    if not emptied:
        print("The local cloud has stored nothing, so there is nothing to delete.")


def _console() -> Console:
    # Output that is not a terminal has no width, but a table needs one.
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _fail(failure: Exception) -> Never:
    console = Console(stderr=True, highlight=False)
    console.print(str(failure), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(REFUSED if isinstance(failure, folders.Refused) else FAILED)


if __name__ == "__main__":
    app()
