"""`sis-sync template` and `formats`: what a vendor needs to write an export."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sync_core.cli.exit_codes import CANNOT
from sync_core.cli.exports.local_files import shown_path
from sync_core.cli.options import AsJson
from sync_core.cli.printing import echo, fail, print_json
from sync_core.cli.templates.templates import formats_document, template_files
from sync_core.formats import FORMATS, format_named


def template(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    *,
    folder: Annotated[
        Path,
        typer.Option(
            "--into",
            metavar="FOLDER",
            show_default=False,
            help="The folder to write to. Default: this one.",
        ),
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write empty files with the headers of a format.

    Exits with 0 if they were written, and with 2 if there is no such format, or the files exist or
    cannot be written.
    """
    try:
        files = template_files(format_named(name))
        _refuse_present(folder, [file for file in files if (folder / file).exists()])
        folder.mkdir(parents=True, exist_ok=True)
        for file, header in files.items():
            (folder / file).write_text(header, encoding="utf-8", newline="")
    except OSError as error:
        wrong = f"{shown_path(folder)} cannot be written to: {error.strerror}."
        fail(OSError(wrong), CANNOT, as_json=as_json)
    except ValueError as error:
        fail(error, CANNOT, as_json=as_json)
    if as_json:
        print_json({"format": name, "folder": str(folder), "files": list(files)})
        return
    for file in files:
        echo(shown_path(folder / file))


def _refuse_present(folder: Path, present: Sequence[str]) -> None:
    if present:
        raise ValueError(
            f"{shown_path(folder)} already contains {', '.join(present)}. Name an empty folder with"
            " --into."
        )


def formats(*, as_json: AsJson = False) -> None:
    """Print every file, column and rule of every format, as Markdown or JSON."""
    if as_json:
        print_json(list(FORMATS.values()))
    else:
        echo(formats_document(), nl=False)
