"""Validates a file set against its format before anything is uploaded."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from sync_core.activities.activity import activity, log
from sync_core.activities.baselines import apply_settlement, last_baseline, proposed, series_of
from sync_core.activities.context import ActivityContext
from sync_core.activities.unchanged import unchanged
from sync_core.activities.verdicts import fault_location
from sync_core.landing.fileset import PinnedFile
from sync_core.landing.hashes import Hashes
from sync_core.model.guards import holds_one
from sync_core.model.holds import PreviewLine
from sync_core.model.messages import Finding, MessageLevel, RuleChanges, severity
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import file_limits
from sync_core.orchestration.steps import Answer, Ended, Validated, Verdict
from sync_core.results import paths

if TYPE_CHECKING:
    # Only for types: these modules load numpy and polars.
    from sync_core.guards.collecting import Collector
    from sync_core.validation.model import Validation

NO_ROWS = "file-without-rows"
"""The rule for a required file that has only a header."""


class ValidationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The result of validation, as `steps/validation.json`, which publishing reads.

    `rows` is the number of data records per file, `sha256` the hash of its bytes. `rules` are the
    feed's changes of severities, which the findings have. `changes` and `schools_left_out` are as
    in the record of the guards, for a run that they do not see.
    """

    rows: dict[str, int]
    findings: tuple[Finding, ...]
    sha256: dict[str, str] = {}
    rules: dict[str, MessageLevel] = {}
    changes: tuple[PreviewLine, ...] = ()
    schools_left_out: int = 0


@activity()
def validate_file_set(context: ActivityContext) -> Answer:
    """Validate every file against the format's rules. An error ends the run as `rejected`.

    A set that the target already has ends it as `unchanged`. Validation reads every byte, so the
    files are hashed here: no other step has to read them for it.
    """
    apply_settlement(context)
    files, rules = context.question.file_set, context.feed.rules
    hashes = Hashes(context.services.landing.chunks)
    collector = _collector(context)
    read = _read(context, hashes.reading, collector)
    found = read.with_changes(_changes(context, read.findings))
    kept = ValidationRecord(
        rows=dict(found.rows),
        findings=found.findings,
        sha256={file.name: hashes.of(file) for file in files.files},
        rules=dict(rules),
    )
    is_rejected = any(severity(finding) == "error" for finding in found.findings)
    if is_rejected:
        kept = _with_numbers(context, kept, collector)
    context.services.results.write(paths.validation_record(files), msgspec.json.encode(kept))
    if is_rejected:
        return Ended(Verdict(outcome=Outcome.REJECTED))
    if verdict := unchanged(context, kept.sha256):
        return Ended(verdict)
    proposed(context, collector, found.rows, found.findings)
    return Validated(rows=sum(found.rows.values()))


def collected(context: ActivityContext) -> "Collector":
    """Read the file set again to collect who is in it, with line numbers, which are not stored."""
    collector = _collector(context)
    _read(context, context.services.landing.chunks, collector)
    return collector


def _with_numbers(
    context: ActivityContext, record: ValidationRecord, collector: "Collector"
) -> ValidationRecord:
    """The record with the numbers of people beside those of the last sync, for the report."""
    from sync_core.guards.preview import numbers

    baselines, feed = context.services.baselines, context.feed
    try:
        before = baselines.nights(series_of(feed)).latest(collector.key)
        changes, left_out = numbers(before, collector.population(), context.format.name)
    except Exception as fault:  # noqa: BLE001 - the report then has only the rows of the files
        log.warning("feed %s: no numbers of people: %s", feed.name, fault_location(fault))
        return record
    return msgspec.structs.replace(record, changes=changes, schools_left_out=left_out)


def _collector(context: ActivityContext) -> "Collector":
    from sync_core.guards.collecting import Collector

    return Collector(context.format.name, context.services.baselines.key(context.feed.name))


def _read(
    context: ActivityContext,
    chunks: Callable[[PinnedFile], Iterator[bytes]],
    collector: "Collector",
) -> "Validation":
    # Imported here because the engine is large and only two activities need it.
    from sync_core.validation.engine import validate
    from sync_core.validation.model import CsvFile

    def csv_file(file: PinnedFile) -> CsvFile:
        return CsvFile(name=file.name, open=lambda: chunks(file))

    limits = file_limits(context.feed.kind, context.format.name)
    given = [csv_file(file) for file in context.question.file_set.files]
    return validate(context.format, given, limits=limits, observe=collector)


def _changes(context: ActivityContext, findings: Sequence[Finding]) -> RuleChanges:
    """The changes of severities: those of the feed, and for files without rows.

    Such a file is an error unless a guard holds it: at the end of a year it may be right.
    """
    rules = context.feed.rules
    if all(finding.rule != NO_ROWS for finding in findings):
        return rules
    if not holds_one("file-emptied", context.feed.guards) or last_baseline(context) is None:
        return rules
    return {NO_ROWS: "warning", **rules}
