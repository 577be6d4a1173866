"""Validates a file set against its format before anything is uploaded."""

import msgspec

from sync_core.activities.activity import activity
from sync_core.activities.context import ActivityContext
from sync_core.landing.fileset import PinnedFile
from sync_core.model.messages import Finding, severity
from sync_core.model.outcomes import Outcome
from sync_core.model.target_kinds import file_limits
from sync_core.orchestration.steps import Answer, Ended, Validated, Verdict
from sync_core.results import paths


class ValidationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What validation leaves for publishing, as `steps/validation.json`.

    `rows` is the number of data records per file.
    """

    rows: dict[str, int]
    findings: tuple[Finding, ...]


@activity()
def validate_file_set(context: ActivityContext) -> Answer:
    """Validate every file against the format's rules. An error ends the run as `rejected`."""
    # Imported here because the engine is large and only this activity needs it.
    from sync_core.validation.engine import validate
    from sync_core.validation.model import CsvFile

    def csv_file(file: PinnedFile) -> CsvFile:
        return CsvFile(name=file.name, open=lambda: context.services.landing.chunks(file))

    files = context.question.file_set
    limits = file_limits(context.feed.kind, context.format.name)
    given = [csv_file(file) for file in files.files]
    found = validate(context.format, given, limits=limits)
    kept = ValidationRecord(rows=dict(found.rows), findings=found.findings)
    context.services.results.write(paths.validation_record(files), msgspec.json.encode(kept))
    if any(severity(finding) == "error" for finding in found.findings):
        return Ended(Verdict(outcome=Outcome.REJECTED))
    return Validated(rows=sum(found.rows.values()))
