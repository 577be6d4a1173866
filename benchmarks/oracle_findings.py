"""What the oracle finds and knows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sync_core.formats import FileSpec
from sync_core.model.target_kinds import NO_LIMITS, FileLimits

FIRST_LINES = 100

Fault = tuple[str, str, str | None, str, int, tuple[int, ...]]
"""File, rule, field, severity, count, first lines."""

Row = tuple[int, dict[str, str]]
"""The line of a record and its values by column."""

Known = dict[tuple[str, str], set[str]]
"""The values that references can point to, by file and column."""


@dataclass
class Findings:
    """The faults of a file. `limits` are those of the target."""

    spec: FileSpec
    limits: FileLimits = NO_LIMITS
    found: dict[tuple[str, str | None, str], list[int]] = field(default_factory=dict)

    def add(
        self, rule: str, line: int | None, name: str | None = None, weight: str = "Error"
    ) -> None:
        self.found.setdefault((rule, name, weight), []).append(line or 0)

    def faults(self) -> Iterator[Fault]:
        for (rule, name, weight), lines in self.found.items():
            shown = tuple(line for line in lines if line)[:FIRST_LINES]
            yield (self.spec.name, rule, name, weight, len(lines), shown)


def is_blank(value: str) -> bool:
    return not value or value.isspace()
