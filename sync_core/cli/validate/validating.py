"""Validates the exports at some paths, one after the other."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from sync_core import __version__
from sync_core.cli.exit_codes import CANNOT, FOUND, OK
from sync_core.cli.exports.local_files import SourceError
from sync_core.cli.exports.nothing_found import nothing_found
from sync_core.cli.exports.places import Unreadable, places_at
from sync_core.cli.exports.sources import Item, Place, headers_of, source_of
from sync_core.formats import Fit, Format, best_fit
from sync_core.model.documents import MessageCounts, message_line
from sync_core.model.file_names import shown_name
from sync_core.model.likely_names import CSV
from sync_core.model.messages import Finding, MessageLevel, RuleChanges, severity
from sync_core.model.target_kinds import file_limits
from sync_core.model.validation_document import (
    ValidatedExport,
    ValidatedFile,
    ValidationDocument,
)
from sync_core.model.words import counted
from sync_core.validation.model import CsvFile


class Reading:
    """What is told while exports are read. This one tells nobody."""

    def begins(self, size: int) -> None:
        """An export of this many bytes follows."""

    def reads(self, name: str, block: bytes) -> None:
        """A block of a file was read; no bytes if the file is opened again."""


def validation_of(
    paths: Sequence[Path],
    fmt: Format | None,
    rules: RuleChanges,
    fail_on: MessageLevel,
    reading: Reading,
) -> ValidationDocument:
    """The validation of every export at the paths. What cannot be read is an `error` in it."""
    exports = tuple(_validated(place, fmt, rules, reading) for place in places_at(paths))
    counts = MessageCounts(
        errors=sum(export.counts.errors for export in exports),
        warnings=sum(export.counts.warnings for export in exports),
        information=sum(export.counts.information for export in exports),
    )
    return ValidationDocument(
        app_version=__version__,
        exit_code=_exit_code(exports, counts, fail_on),
        fail_on=fail_on,
        rules=dict(rules),
        counts=counts,
        exports=exports,
    )


def _exit_code(
    exports: Iterable[ValidatedExport], counts: MessageCounts, fail_on: MessageLevel
) -> Literal[0, 1, 2]:
    if any(export.error for export in exports):
        return CANNOT
    found = counts.errors + (counts.warnings if fail_on == "warning" else 0)
    return FOUND if found else OK


def _validated(
    place: Place | Unreadable, fmt: Format | None, rules: RuleChanges, reading: Reading
) -> ValidatedExport:
    if isinstance(place, Unreadable):
        return ValidatedExport(path=place.name, error=place.why)
    try:
        with place.items() as items:
            return _of_items(place, items, fmt, rules, reading)
    except SourceError as error:
        return ValidatedExport(path=place.name, error=str(error), whole=place.is_whole)
    except OSError as error:
        wrong = f"{place.name} cannot be read: {error.strerror}."
        return ValidatedExport(path=place.name, error=wrong, whole=place.is_whole)


def _of_items(
    place: Place, items: list[Item], fmt: Format | None, rules: RuleChanges, reading: Reading
) -> ValidatedExport:
    # Imported here because the engine loads numpy and polars.
    from sync_core.validation.engine import validate
    from sync_core.validation.recognition import FOREIGN_FORMAT_RULES

    given, because = fmt, "named with --as"
    if fmt is None:
        fit = best_fit(headers_of(items))
        fmt, because = fit.format, _because(fit, len(items))
    source = source_of(place, items, fmt, reading.reads)
    others = [file for file in source.others if file.name.lower().endswith(CSV)]
    if not source.files and not others:
        raise SourceError(nothing_found(place, items, given))
    reading.begins(source.size)
    found = validate(
        fmt,
        source.files,
        others=others,
        is_whole=place.is_whole,
        limits=file_limits(None, fmt.name),
    ).with_changes(rules)
    if not source.files and all(each.rule not in FOREIGN_FORMAT_RULES for each in found.findings):
        raise SourceError(nothing_found(place, items, given))
    return ValidatedExport(
        path=place.name,
        format=fmt.name,
        because=because,
        whole=place.is_whole,
        files=tuple(ValidatedFile(name=name, rows=rows) for name, rows in found.rows.items()),
        ignored=(*_ignored(source.others, found.findings), *place.subfolders),
        counts=_counts(found.findings),
        findings=tuple(map(message_line, found.findings)),
    )


def _ignored(others: Iterable[CsvFile], findings: Iterable[Finding]) -> Iterator[str]:
    """The names of the other files that nothing is said about."""
    told = {finding.file_name for finding in findings}
    return (name for file in others if (name := shown_name(file.name)) not in told)


def _because(fit: Fit, files: int) -> str:
    if not fit.files:
        return "no file has a name of a known format"
    have, are = ("has" if fit.files == 1 else "have"), ("is" if fit.columns == 1 else "are")
    return (
        f"{fit.files} of {counted(files, 'file')} {have} a name of this format, and {fit.columns}"
        f" of {counted(fit.headers, 'header')} {are} among its columns"
    )


def _counts(findings: Iterable[Finding]) -> MessageCounts:
    levels = Counter(map(severity, findings))
    return MessageCounts(
        errors=levels["error"], warnings=levels["warning"], information=levels["information"]
    )
