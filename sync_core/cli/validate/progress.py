"""What a terminal shows while exports are read and checked, from the first byte to the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn

from sync_core.cli.validate.validating import Reading

NARROW = 72


@contextmanager
def reading_on(console: Console, *, quiet: bool) -> Iterator[Reading]:
    """Shows progress if the console is a terminal; otherwise nothing."""
    if quiet or not console.is_terminal:
        yield Reading()
        return
    columns = [SpinnerColumn("line"), TextColumn("{task.description}")]
    if console.width >= NARROW:
        columns += [BarColumn(), DownloadColumn(), TextColumn("{task.fields[rows]:,} rows")]
    else:
        columns.append(TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Shown(bar, bar.add_task("Looking for exports", rows=0, total=None))


class _Shown(Reading):
    """Counts each byte once, and says what is done with a file that is opened again."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task
        self._size = self._rows = 0
        self._doing = ""

    def begins(self, size: int) -> None:
        self._size += size
        self._bar.update(self._task, total=self._size)

    def reads(self, name: str, block: bytes) -> None:
        self._rows += block.count(b"\n")
        doing = name if block else f"{name}: comparing rows"
        is_new, self._doing = doing != self._doing, doing
        self._bar.update(
            self._task, advance=len(block), rows=self._rows, description=doing, refresh=is_new
        )
