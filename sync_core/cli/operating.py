"""What all operators' commands share: how they connect, and how they print errors."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Never

import msgspec
import typer

from sync_core.cli.account import StorageAccount
from sync_core.cli.doctor_command import settings_in, settings_text
from sync_core.model.errors import SettingsError, SisSyncError

if TYPE_CHECKING:
    from sync_core.cli.records import Records

REFUSED, CANNOT = 1, 2


@contextmanager
def operating(
    account: str | None, settings: str | None, *, as_json: bool, refused: int = REFUSED
) -> Iterator["Records"]:
    """The records of the account. An error ends the command, with `refused` or CANNOT."""
    # Imported here: the other commands do not need storage.
    from sync_core.cli.records import records_of

    with reporting(as_json=as_json, refused=refused):
        given = settings_in(settings_text(settings)) if settings else {}
        chosen = StorageAccount({**os.environ, **given}, account)
        chosen.sign_in()
        with records_of(chosen) as records:
            yield records


@contextmanager
def reporting(*, as_json: bool, refused: int = REFUSED) -> Iterator[None]:
    """Print an error as one sentence, or as JSON, and end the command."""
    try:
        yield
    except (SettingsError, OSError) as error:
        _fail(error, CANNOT, as_json=as_json)
    except SisSyncError as error:
        _fail(error, refused, as_json=as_json)


def _fail(error: Exception, code: int, *, as_json: bool) -> Never:
    if as_json:
        kind = error.code if isinstance(error, SisSyncError) else "file-not-readable"
        print_json({"error": {"code": kind, "message": str(error)}})
    else:
        typer.echo(f"{error}", err=True)
    raise typer.Exit(code) from None


def print_json(document: Any) -> None:
    """Print a document, with every letter that is not ASCII escaped, so any code page is right."""
    typer.echo(json.dumps(msgspec.to_builtins(document), indent=2))
