"""`python -m sync_core.cli` is `sis-sync`."""

from sync_core.cli.app import app

app(prog_name="sis-sync")
