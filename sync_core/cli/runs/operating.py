"""What all operators' commands share: how they connect, and how they print errors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sync_core.cli.doctor.command import settings_in, settings_text
from sync_core.cli.exit_codes import CANNOT, FOUND
from sync_core.cli.printing import fail
from sync_core.cli.runs.account import StorageAccount
from sync_core.model.errors import (
    AccessDeniedError,
    SettingsError,
    SisSyncError,
    TransientError,
)

if TYPE_CHECKING:
    from sync_core.cli.runs.records import Records


@contextmanager
def operating(
    account: str | None, settings: str | None, *, as_json: bool, refused: int = FOUND
) -> Iterator["Records"]:
    """The records of the account. An error ends the command, with `refused` or CANNOT."""
    # Imported here: the other commands do not need storage.
    from sync_core.cli.runs.records import records_of

    with reporting(as_json=as_json, refused=refused):
        given = settings_in(settings_text(settings)) if settings else {}
        chosen = StorageAccount({**os.environ, **given}, account)
        chosen.sign_in()
        with records_of(chosen) as records:
            yield records


@contextmanager
def reporting(*, as_json: bool, refused: int = FOUND) -> Iterator[None]:
    """Print an error as one sentence, or as JSON, and end the command."""
    try:
        yield
    except (SettingsError, AccessDeniedError, TransientError, OSError) as error:
        fail(error, CANNOT, as_json=as_json)
    except SisSyncError as error:
        fail(error, refused, as_json=as_json)
