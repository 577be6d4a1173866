"""`sis-sync deliver`: uploads an export to the landing container, as an exporter does."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from sync_core.cli.doctor.command import settings_in, settings_text
from sync_core.cli.exit_codes import CANNOT, FOUND
from sync_core.cli.options import Account, AsJson, Settings, checked_feed
from sync_core.cli.printing import echo, fail, print_json
from sync_core.cli.runs.account import StorageAccount
from sync_core.model.errors import SettingsError, SisSyncError
from sync_core.model.file_names import shown_name

EXPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

Path_ = Annotated[Path, typer.Argument(metavar="FOLDER|ZIP", help="The export.")]
Feed = Annotated[
    str,
    typer.Option(metavar="FEED", help="The name of the feed in SIS_FEEDS.", callback=checked_feed),
]
Export = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The folder for this export. Default: the time in UTC."),
]


def deliver(
    path: Path_,
    *,
    feed: Feed,
    account: Account = None,
    export: Export = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Deliver an export: every file, then the ready marker.

    Exits with 0 if everything was delivered, with 1 if the storage account refused it, and with 2
    if the command is wrong.
    """
    from sync_core.cli.runs.delivering import NothingToDeliverError, deliver, delivery_of

    console = Console(stderr=True)
    try:
        given = settings_in(settings_text(settings)) if settings else {}
        name = export or f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        _check(name)
        delivery = delivery_of(path, feed, name)
        landing = StorageAccount({**os.environ, **given}, account).container(
            "SIS_LANDING_CONTAINER"
        )
    except (SettingsError, NothingToDeliverError, OSError) as error:
        fail(error, CANNOT, as_json=as_json)
    if delivery.ignored:
        _say(
            console,
            f"Ignored (not part of an export): {', '.join(map(shown_name, delivery.ignored))}",
        )
    try:
        with landing, _progress(console, delivery.size) as (on_file, on_bytes):
            deliver(delivery, landing, on_file, on_bytes)
    except (SisSyncError, OSError) as error:
        again = f"sis-sync deliver {shown_name(str(path))} --feed {feed} --export {name}"
        _say(console, f"The ready marker was not written, so no run starts. To try again: {again}")
        fail(error, FOUND, as_json=as_json)
    if as_json:
        files = [file.name for file in delivery.files]
        container = landing.container_name
        print_json({"feed": feed, "container": container, "folder": delivery.place, "files": files})
        return
    echo(f"Delivered {len(delivery.files)} files to {landing.container_name}/{delivery.place}.")
    echo(f"The run's result will be in sis-results/{feed}/latest.json. If there is none after 30")
    echo("minutes, check that SIS_FEEDS contains this feed, then run sis-sync doctor.")


def _check(export: str) -> None:
    if not EXPORT.fullmatch(export):
        raise SettingsError(
            f"{export!r} cannot be the folder of an export. Use letters, digits, dots, dashes and"
            " underscores. Example: --export 2026-11-20"
        )


@contextmanager
def _progress(
    console: Console, size: int
) -> Iterator[tuple[Callable[[Path], None], Callable[[int], None]]]:
    """A progress bar on a terminal; elsewhere one line for each file."""
    if not console.is_terminal:
        yield (
            lambda file: _say(console, f"{shown_name(file.name)}, {file.stat().st_size:,} bytes"),
            _nothing,
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=size)
        yield (
            lambda file: bar.update(task, description=escape(shown_name(file.name))),
            lambda more: bar.update(task, advance=more),
        )


def _nothing(_more: int) -> None:
    """Without a terminal there is no progress to show."""


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
