"""The commands of `sis-sync` that results and reports tell people to run."""

from typing import NamedTuple


class RunCommands(NamedTuple):
    """The commands about one run."""

    feed: str
    run: str

    @property
    def show(self) -> str:
        return self._command("show")

    @property
    def approve(self) -> str:
        return f"{self._command('approve')} --by NAME"

    @property
    def reject(self) -> str:
        return f"{self._command('reject')} --by NAME"

    @property
    def redeliver(self) -> str:
        return self._command("redeliver")

    @property
    def settle_started(self) -> str:
        return f"{self._command('settle')} --started --by NAME"

    @property
    def settle_not_started(self) -> str:
        return f"{self._command('settle')} --not-started --by NAME"

    def _command(self, name: str) -> str:
        return f"sis-sync {name} {self.feed} {self.run}"
