"""How `--help` looks: plain text without boxes, from 40 columns up."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import groupby

import typer
from typer._click import Context, HelpFormatter  # no public module has them
from typer.core import TyperCommand, TyperGroup

NARROWEST, NARROW, WIDEST = 40, 70, 100
"""Below NARROW, descriptions are below their terms, unless all terms are short."""

INDENT = 4
"""Of a description that is below its term."""

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_GOES_ON = " \\"
"""What a shell expects at the end of a line that goes on in the next one."""

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

    def write_example(self, label: str, command: str) -> None:
        """Write a command beside its label, or below it with a backslash before each line break."""
        width = self.width - self.current_indent
        if len(f"{label} {command}") <= width:
            self.write_text(f"{label} {command}")
            return
        self.write_text(label)
        lines = list(_filled(_WORD.findall(command), width - INDENT - len(_GOES_ON)))
        for number, line in enumerate(lines, 1):
            indent = self.current_indent + (INDENT if number > 1 else INDENT // 2)
            self.write(f"{'':{indent}}{line}{_GOES_ON if number < len(lines) else ''}\n")


def _filled(words: Sequence[str], width: int) -> Iterator[str]:
    """Words in lines. An option and its value are on one line if there is room."""
    line = ""
    for index, word in enumerate(words):
        is_option = word.startswith("--") and index + 1 < len(words)
        needed = f"{word} {words[index + 1]}" if is_option else word
        if line and len(f"{line} {needed}") > width:
            yield line
            line = ""
        line = f"{line} {word}".lstrip()
    yield line


class HelpContext(typer.Context):
    """What a command runs in. Its help is a `HelpText`."""

    formatter_class = HelpText


class Command(TyperCommand):
    """A command with plain help."""

    context_class = HelpContext

    def format_epilog(self, _ctx: Context, formatter: HelpFormatter) -> None:
        """Write the example."""
        if self.epilog and isinstance(formatter, HelpText):
            label, _, command = self.epilog.partition(" ")
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_example(label, command)


class Commands(TyperGroup):
    """A group whose help lists the commands by what they are for, with whole descriptions."""

    context_class = HelpContext

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write every command below the title of its panel."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        for title, those in groupby(commands, lambda each: getattr(each[1], "rich_help_panel", "")):
            with formatter.section(title or "Commands"):
                formatter.write_dl([(name, each.get_short_help_str(UNCUT)) for name, each in those])
