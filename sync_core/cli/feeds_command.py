"""`sis-sync feeds`: checks a feeds document as the app does, before it is deployed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from sync_core.cli.exit_codes import CANNOT, FOUND, OK
from sync_core.cli.help_text import Command, Commands
from sync_core.cli.options import AsJson
from sync_core.cli.printing import echo, fail, print_json
from sync_core.model.documents import Document
from sync_core.model.feeds import Feed, UnreadableFeedsError, read_feeds
from sync_core.model.file_names import shown_name
from sync_core.model.messages import in_words
from sync_core.model.words import counted

feeds = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Check the feeds of SIS_FEEDS.",
)


class CheckedFeeds(Document, frozen=True, kw_only=True):
    """What was found in a feeds document. `feeds` says by name what each feed is synced to."""

    name: str
    faults: tuple[str, ...] = ()
    some_run: bool = False
    feeds: dict[str, str]


@feeds.command(cls=Command, epilog="Example: sis-sync feeds check feeds.json")
def check(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="The feeds as JSON; - reads standard input.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Check a feeds document.

    Exits with 0 if it has no faults, with 1 if it has, and with 2 if it cannot be opened.
    """
    name = "standard input" if path == "-" else shown_name(path)
    try:
        document = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is not valid"
        wrong = f"{name} cannot be opened: {why}. Name a file, or - for standard input."
        fail(OSError(wrong), CANNOT, as_json=as_json)
    checked = _checked(document, name)
    if as_json:
        print_json(checked)
    else:
        echo("\n".join(_lines(checked)))
    raise typer.Exit(FOUND if checked.faults else OK)


def _checked(document: bytes, name: str) -> CheckedFeeds:
    try:
        found = read_feeds(document, name)
    except UnreadableFeedsError as error:
        return CheckedFeeds(name=name, faults=(str(error),), feeds={})
    return CheckedFeeds(
        name=name,
        faults=tuple(map(str, found.faults)),
        some_run=bool(found.entries),
        feeds={feed.name: _described(feed) for feed in found.feeds.values()},
    )


def _lines(checked: CheckedFeeds) -> Iterator[str]:
    if checked.faults:
        more = " A feed with a fault does not run." if checked.some_run else ""
        yield f"{checked.name}: {counted(len(checked.faults), 'fault')}.{more}"
        yield from checked.faults
        return
    yield f"{counted(len(checked.feeds), 'feed')}, no faults."
    width = max(map(len, checked.feeds))
    for name, described in checked.feeds.items():
        yield f"{name:<{width}}  {described}"


def _described(feed: Feed) -> str:
    rules = f"; changed rules: {in_words(feed.rules)}" if feed.rules else ""
    if feed.target_id is None:
        return f"{feed.target}, {feed.format}: nothing is sent{rules}"
    return f"{feed.target} {feed.target_id}, {feed.format}{rules}"
