"""Validates a file set against its format before anything is uploaded."""

import msgspec

from sync_core.activities.activity import activity
from sync_core.activities.context import ActivityContext
from sync_core.activities.unchanged import unchanged
from sync_core.landing.fileset import PinnedFile
from sync_core.landing.hashes import Hashes
from sync_core.model.messages import Finding, MessageLevel, severity
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import file_limits
from sync_core.orchestration.steps import Answer, Ended, Validated, Verdict
from sync_core.results import paths


class ValidationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What validation leaves for publishing, as `steps/validation.json`.

    `rows` is the number of data records per file, `sha256` the hash of its bytes. `rules` are the
    feed's changes of severities, which the findings have.
    """

    rows: dict[str, int]
    findings: tuple[Finding, ...]
    sha256: dict[str, str] = {}
    rules: dict[str, MessageLevel] = {}


@activity()
def validate_file_set(context: ActivityContext) -> Answer:
    """Validate every file against the format's rules. An error ends the run as `rejected`.

    A set that the target already has ends it as `unchanged`. Validation reads every byte, so the
    files are hashed here: no other step has to read them for it.
    """
    # Imported here because the engine is large and only this activity needs it.
    from sync_core.validation.engine import validate
    from sync_core.validation.model import CsvFile

    def csv_file(file: PinnedFile) -> CsvFile:
        return CsvFile(name=file.name, open=lambda: hashes.reading(file))

    files, rules = context.question.file_set, context.feed.rules
    hashes = Hashes(context.services.landing.chunks)
    limits = file_limits(context.feed.kind, context.format.name)
    given = [csv_file(file) for file in files.files]
    found = validate(context.format, given, limits=limits).with_changes(rules)
    kept = ValidationRecord(
        rows=dict(found.rows),
        findings=found.findings,
        sha256={file.name: hashes.of(file) for file in files.files},
        rules=dict(rules),
    )
    context.services.results.write(paths.validation_record(files), msgspec.json.encode(kept))
    if any(severity(finding) == "error" for finding in found.findings):
        return Ended(Verdict(outcome=Outcome.REJECTED))
    if verdict := unchanged(context, kept.sha256):
        return Ended(verdict)
    return Validated(rows=sum(found.rows.values()))
