"""Arguments and options that several commands have, and the checks of their values."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from sync_core.model.documents import rfc3339
from sync_core.model.feeds.feed import FEED_NAME

RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}(?:-[a-z]+)*")
BY_LENGTH, REASON_LENGTH = 200, 1_000


def checked_feed(name: str) -> str:
    """The name. Raises BadParameter if no feed can have it."""
    if not FEED_NAME.fullmatch(name):
        raise typer.BadParameter(
            f"{name!r} is not a valid feed name. Use 1 to 63 lower-case letters, digits and dashes."
        )
    return name


def checked_run(run: str | None) -> str | None:
    """The id. Raises BadParameter if no run can have it."""
    if run is not None and not RUN.fullmatch(run):
        raise typer.BadParameter(
            f"{run!r} is not the id of a run. Copy it from the result or the card of the run."
            " Example: 20261128T020000Z-88ff355eb819"
        )
    return run


def checked_name(by: str) -> str:
    """The name. Raises BadParameter if it cannot sign a decision."""
    return _line(by, BY_LENGTH, least=1)


def maybe_name(by: str | None) -> str | None:
    """The name, if there is one. Raises BadParameter if it cannot sign."""
    return None if by is None else checked_name(by)


def checked_reason(reason: str) -> str:
    """The reason. Raises BadParameter if a decision cannot hold it."""
    return _line(reason, REASON_LENGTH, least=0)


def _line(text: str, most: int, *, least: int) -> str:
    text = text.strip()
    if not least <= len(text) <= most or (text and not text.isprintable()):
        raise typer.BadParameter(f"Use one line of {least} to {most:,} characters.")
    return text


def end_of_pause(until: str | None) -> str | None:
    """The end of a pause as RFC 3339 in UTC. A date means its first moment, in UTC."""
    if until is None:
        return None
    try:
        moment = datetime.fromisoformat(until)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{until!r} is neither a date nor a time. Examples: 2027-01-07, 2027-01-07T06:00+01:00"
        ) from None
    return rfc3339(moment.timestamp())


Account = Annotated[
    str | None,
    typer.Option(
        metavar="ACCOUNT",
        help="The storage account: its name or https address. Default: SIS_STORAGE,"
        " SIS_STORAGE__blobServiceUri or SIS_DATA_STORAGE.",
    ),
]
Settings = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Settings as JSON, as for `doctor`; - reads standard input."),
]
Feed = Annotated[
    str, typer.Argument(metavar="FEED", help="The name of the feed.", callback=checked_feed)
]
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="The id of the run, as in its result and card.", callback=checked_run
    ),
]
By = Annotated[
    str,
    typer.Option(metavar="NAME", help="Who decides: a name or account.", callback=checked_name),
]
MaybeBy = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who does it: a name or account.", callback=maybe_name),
]
Reason = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Why, for those who read it.", callback=checked_reason),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="When the pause ends: a date, which means 00:00 UTC, or a time, in UTC unless it names"
        " another zone. Default: when the feed is resumed.",
        callback=end_of_pause,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON; an error as an object with code and message.")
]
