"""The input and the result of validation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from sync_core.model.messages import Finding, RuleChanges


@dataclass(frozen=True)
class CsvFile:
    """One file of a set. `name` is spelt as in the format.

    Each call of `open` starts a new stream of the file's bytes, in blocks of any size. Validation
    does not catch errors that the stream raises.
    """

    name: str
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Validation:
    """The findings, file by file in the order of the format, and the number of rows.

    `rows` has the number of data records of each delivered file. It excludes the header and blank
    lines, and includes malformed records. It is 0 for a file whose header is unreadable.
    """

    findings: tuple[Finding, ...]
    rows: Mapping[str, int]

    def with_changes(self, changes: RuleChanges) -> "Validation":
        """The same validation, with the severities that a feed gives to some rules."""

        def changed(finding: Finding) -> Finding:
            level = changes.get(finding.rule)
            return msgspec.structs.replace(finding, type=level.capitalize()) if level else finding

        return replace(self, findings=tuple(map(changed, self.findings)))
