"""How commands print documents and errors."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Never

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from sync_core.model.errors import SisSyncError


def echo(text: str, *, nl: bool = True, err: bool = False) -> None:
    """Print a text at once.

    `typer.echo` would write UTF-8 where the output is ASCII because it is in a code page.
    """
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{text}\n" if nl else text)
    stream.flush()


def print_json(document: Any) -> None:
    """Print a document, with every letter that is not ASCII escaped, so any code page is right."""
    echo(json.dumps(msgspec.to_builtins(document), indent=2))


def print_table(console: Console, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table, with a line below its head on a terminal, and plain elsewhere.

    Long words are folded: cut off, a name cannot be copied.
    """
    columns = (Column(title, overflow="fold") for title in titles)
    box = SIMPLE_HEAD if console.is_terminal else None
    table = Table(*columns, box=box, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    print_trimmed(console, table)


def print_trimmed(console: Console, *parts: RenderableType) -> None:
    """Print something, without spaces at the ends of lines where there is no terminal."""
    if console.is_terminal:
        console.print(Group(*parts), highlight=False)
        return
    with console.capture() as printed:
        console.print(Group(*parts), highlight=False)
    lines = printed.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def fail(error: Exception, code: int, *, as_json: bool) -> Never:
    """Print an error as one sentence, or as JSON, and end the command with an exit code."""
    if as_json:
        kind = error.code if isinstance(error, SisSyncError) else "file-not-readable"
        print_json({"error": {"code": kind, "message": str(error)}})
    else:
        echo(f"{error}", err=True)
    raise typer.Exit(code) from None
