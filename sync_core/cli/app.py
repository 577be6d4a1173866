"""The command line `sis-sync`, for people at a terminal and for scripts."""

from typing import Annotated, Any

import typer
from rich.console import Console

from sync_core import __version__
from sync_core.cli.commands import COMMANDS, DEPLOYMENT
from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.feeds_command import feeds
from sync_core.cli.help_text import Command, Commands
from sync_core.cli.printing import echo
from sync_core.cli.streams import standard_streams

OPS_PACKAGES = {"azure", "httpx"}
"""Of these, a plain installation has none: the extra `ops` brings them."""

TO_INSTALL = (
    "This command needs packages that are not installed. Run pip install 'sis-sync[ops]', or"
    " pip install '.[ops]' in a clone of the repository."
)


class _Commands(Commands):
    """All commands. Their output, including help and errors, is readable in any code page."""

    def main(self, *args: Any, **options: Any) -> Any:
        with standard_streams():
            try:
                return super().main(*args, **options)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] not in OPS_PACKAGES:
                    raise
                Console(stderr=True).print(TO_INSTALL, markup=False, soft_wrap=True)
                raise SystemExit(CANNOT) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, rich_markup_mode=None)

for _panel, _commands in COMMANDS.items():
    for _command, _example in _commands.items():
        _epilog = f"Example: sis-sync {_command.__name__} {_example}"
        app.command(cls=Command, rich_help_panel=_panel, epilog=_epilog)(_command)
app.add_typer(feeds, name="feeds", rich_help_panel=DEPLOYMENT)


def _show_version(asked: bool) -> None:
    if asked:
        echo(f"sis-sync {__version__}")
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 success, 1 something is wrong, 2 the command could not run.")
def main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Check and deliver school exports for Microsoft School Data Sync."""


if __name__ == "__main__":
    app(prog_name="sis-sync")
