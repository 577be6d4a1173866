"""`sis-sync deliver`: uploads an export to the landing container, as an exporter does."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from sync_core.cli.doctor_command import settings_in, settings_text
from sync_core.model.errors import SettingsError, SisSyncError
from sync_core.model.feeds.feed import FEED_NAME

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
EXPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
REFUSED, CANNOT = 1, 2

Path_ = Annotated[Path, typer.Argument(metavar="FOLDER|ZIP", help="The export.")]
Feed = Annotated[str, typer.Option(help="The name of the feed in SIS_FEEDS.")]
Account = Annotated[
    str | None,
    typer.Option(
        help="The storage account: its name or https address. Default: SIS_STORAGE,"
        " SIS_STORAGE__blobServiceUri or SIS_DATA_STORAGE."
    ),
]
Export = Annotated[
    str | None, typer.Option(help="The folder for this export. Default: the time in UTC.")
]
Settings = Annotated[
    str | None, typer.Option(help="Settings as JSON, as for `doctor`; - reads standard input.")
]


def deliver(
    path: Path_,
    feed: Feed,
    account: Account = None,
    export: Export = None,
    settings: Settings = None,
) -> None:
    """Deliver an export: every file, then the ready marker.

    Exits with 0 if everything was delivered, with 1 if the storage account refused it, and with 2
    if the command is wrong.
    """
    from sync_core.cli.delivering import NothingToDeliverError, deliver, delivery_of

    console = Console(stderr=True)
    try:
        given = settings_in(settings_text(settings)) if settings else {}
        name = export or f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        _check(feed, name)
        delivery = delivery_of(path, feed, name)
        landing = _landing({**os.environ, **given}, account)
    except (SettingsError, NothingToDeliverError, OSError) as error:
        _say(console, f"{error}")
        raise typer.Exit(CANNOT) from None
    if delivery.ignored:
        _say(console, f"Ignored (not part of an export): {', '.join(delivery.ignored)}")
    try:
        with landing, _progress(console, delivery.size) as (on_file, on_bytes):
            deliver(delivery, landing, on_file, on_bytes)
    except (SisSyncError, OSError) as error:
        _say(console, f"{error}")
        again = f"sis-sync deliver {path} --feed {feed} --export {name}"
        _say(console, f"The ready marker was not written, so no run starts. To try again: {again}")
        raise typer.Exit(REFUSED) from None
    typer.echo(
        f"Delivered {len(delivery.files)} files to {landing.container_name}/{delivery.place}."
    )
    typer.echo(
        f"The run's result will be in sis-results/{feed}/latest.json. If there is none after 30"
    )
    typer.echo("minutes, check that SIS_FEEDS contains this feed, then run sis-sync doctor.")


def _check(feed: str, export: str) -> None:
    if not FEED_NAME.fullmatch(feed):
        raise SettingsError(
            f"{feed!r} is not a valid feed name. Use 1 to 63 lower-case letters, digits and dashes."
        )
    if not EXPORT.fullmatch(export):
        raise SettingsError(
            f"{export!r} cannot be the folder of an export. Use letters, digits, dots, dashes and"
            " underscores. Example: --export 2026-11-20"
        )


def _landing(environment: Mapping[str, str], account: str | None) -> "ContainerClient":
    """The landing container, by connection string if there is one, else as the signed-in user."""
    from azure.storage.blob import ContainerClient

    container = environment.get("SIS_LANDING_CONTAINER") or "sis-landing"
    connection = environment.get("SIS_STORAGE")
    if connection and not account:
        try:
            return ContainerClient.from_connection_string(connection, container)
        except ValueError:
            # The value is not shown: it contains a key.
            raise SettingsError("SIS_STORAGE is not a connection string.") from None
    return ContainerClient(_address(environment, account), container, credential=_credential())


def _address(environment: Mapping[str, str], account: str | None) -> str:
    named = account or environment.get("SIS_STORAGE__blobServiceUri")
    named = named or environment.get("SIS_DATA_STORAGE") or ""
    if named.startswith("https://"):
        return named.rstrip("/")
    if ACCOUNT.fullmatch(named):
        return f"https://{named}.blob.core.windows.net"
    raise SettingsError(
        "Name the storage account to deliver to. Example:"
        ' --account "$(azd env get-value SIS_DATA_STORAGE)"'
    )


def _credential() -> Any:
    """The identity that is signed in here: environment, managed identity, az, azd and others."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


@contextmanager
def _progress(
    console: Console, size: int
) -> Iterator[tuple[Callable[[Path], None], Callable[[int], None]]]:
    """A progress bar on a terminal; elsewhere one line for each file."""
    if not console.is_terminal:
        yield lambda file: _say(console, f"{file.name}, {file.stat().st_size:,} bytes"), _nothing
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=size)
        yield (
            lambda file: bar.update(task, description=file.name),
            lambda more: bar.update(task, advance=more),
        )


def _nothing(_more: int) -> None:
    """Without a terminal there is no progress to show."""


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
