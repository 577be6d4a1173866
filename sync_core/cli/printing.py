"""How commands print documents and errors."""

import json
from typing import Any, Never

import msgspec
import typer

from sync_core.model.errors import SisSyncError


def print_json(document: Any) -> None:
    """Print a document, with every letter that is not ASCII escaped, so any code page is right."""
    typer.echo(json.dumps(msgspec.to_builtins(document), indent=2))


def fail(error: Exception, code: int, *, as_json: bool) -> Never:
    """Print an error as one sentence, or as JSON, and end the command with an exit code."""
    if as_json:
        kind = error.code if isinstance(error, SisSyncError) else "file-not-readable"
        print_json({"error": {"code": kind, "message": str(error)}})
    else:
        typer.echo(f"{error}", err=True)
    raise typer.Exit(code) from None
