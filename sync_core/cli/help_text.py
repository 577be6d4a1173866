"""How `--help` looks: plain text without boxes, from 40 columns up."""

import shutil
from collections.abc import Sequence
from itertools import groupby

import typer
from typer._click import Context, HelpFormatter  # no public module has them
from typer.core import TyperCommand, TyperGroup

NARROWEST, NARROW, WIDEST = 40, 70, 100
"""Below NARROW, descriptions are below their terms, unless all terms are short."""

INDENT = 4
"""Of a description that is below its term."""

UNCUT = 1_000
"""A limit that no description of a command reaches."""


class HelpText(HelpFormatter):
    """Text that fits the terminal."""

    def __init__(self, **_: object) -> None:
        columns = shutil.get_terminal_size().columns
        super().__init__(width=max(NARROWEST, min(columns, WIDEST)))

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write terms with their descriptions, beside them or below."""
        # The name of an argument says what it is; its type in Python does not.
        rows = [(term if term[0] == "-" else term.partition(" <")[0], text) for term, text in rows]
        longest = max(len(term) for term, _ in rows)
        if self.width >= NARROW or longest <= self.width // 3:
            super().write_dl(rows, col_max, col_spacing)
            return
        for term, description in rows:
            self.write(f"{'':{self.current_indent}}{term}\n")
            self.current_indent += INDENT
            self.write_text(description)
            self.current_indent -= INDENT


class HelpContext(typer.Context):
    """What a command runs in. Its help is a `HelpText`."""

    formatter_class = HelpText


class Command(TyperCommand):
    """A command with plain help."""

    context_class = HelpContext


class Commands(TyperGroup):
    """A group whose help lists the commands by what they are for, with whole descriptions."""

    context_class = HelpContext

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write every command below the title of its panel."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        for title, those in groupby(commands, lambda each: getattr(each[1], "rich_help_panel", "")):
            with formatter.section(title or "Commands"):
                formatter.write_dl([(name, each.get_short_help_str(UNCUT)) for name, each in those])
