"""What `sis-sync validate --format json` prints, as types."""

from typing import Literal

from sync_core.model.documents import Document, MessageCounts, MessageLine
from sync_core.model.messages import MessageLevel
from sync_core.model.statistics import Count


class ValidatedFile(Document, frozen=True, kw_only=True):
    """One file of an export. `rows` is the number of data records."""

    name: str
    rows: Count


class ValidatedExport(Document, frozen=True, kw_only=True):
    """The validation of one export.

    `path` is the folder, zip or file. `error` says why it could not be read; only `path` is then
    certain. `format` is the name of the format and `because` says why it was chosen. `whole` is
    false if single files were named, so that missing files and references to them are not checked.
    `ignored` are files that are not part of the format.
    """

    path: str
    error: str | None = None
    format: str | None = None
    because: str = ""
    whole: bool = True
    files: tuple[ValidatedFile, ...] = ()
    ignored: tuple[str, ...] = ()
    counts: MessageCounts = MessageCounts()
    findings: tuple[MessageLine, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


class ValidationDocument(Document, frozen=True, kw_only=True):
    """A validation of one or more exports.

    `exitCode` is that of the command, and `failOn` the level from which on it is 1. `rules` are
    severities that were given to rules. `counts` has the number of findings in all exports.
    """

    version: Literal[1] = 1
    app_version: str
    exit_code: Literal[0, 1, 2]
    fail_on: MessageLevel
    rules: dict[str, MessageLevel]
    counts: MessageCounts
    exports: tuple[ValidatedExport, ...]
