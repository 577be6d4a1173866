"""`sis-sync feeds`: checks a feeds document as the app does, before it is deployed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sync_core.model.feeds import Feed, UnreadableFeedsError, read_feeds
from sync_core.model.messages import in_words

feeds = typer.Typer(no_args_is_help=True, help="Check the feeds of SIS_FEEDS.")

FAULTY, CANNOT = 1, 2


@feeds.command()
def check(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="The feeds as JSON; - reads standard input.")
    ],
) -> None:
    """Check a feeds document. Exits with 1 if it has faults, with 2 if it cannot be opened."""
    name = "standard input" if path == "-" else path
    try:
        document = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        typer.echo(
            f"{path} cannot be opened: {error.strerror}. Name a file, or - for standard input.",
            err=True,
        )
        raise typer.Exit(CANNOT) from None
    try:
        found = read_feeds(document, name)
    except UnreadableFeedsError as error:
        typer.echo(f"{name}: 1 fault.\n{error}")
        raise typer.Exit(FAULTY) from None
    if found.faults:
        count = len(found.faults)
        more = " A feed with a fault does not run." if found.entries else ""
        typer.echo(f"{name}: {count:,} fault{'s' * (count != 1)}.{more}")
        typer.echo("\n".join(map(str, found.faults)))
        raise typer.Exit(FAULTY)
    count, width = len(found.feeds), max(map(len, found.feeds))
    typer.echo(f"{count:,} feed{'s' * (count != 1)}, no faults.")
    for feed in found.feeds.values():
        typer.echo(f"{feed.name:<{width}}  {_described(feed)}")


def _described(feed: Feed) -> str:
    rules = f"; changed rules: {in_words(feed.rules)}" if feed.rules else ""
    if feed.target_id is None:
        return f"{feed.target}, {feed.format}: nothing is sent{rules}"
    return f"{feed.target} {feed.target_id}, {feed.format}{rules}"
