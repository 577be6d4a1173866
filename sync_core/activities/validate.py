"""Validating a file set against its format, before anything leaves the house."""

import msgspec

from sync_core.activities.room import Case, answering, folder
from sync_core.landing.fileset import PinnedFile
from sync_core.messages import Finding, severity
from sync_core.outcomes import Outcome
from sync_core.steps import Answer, Ended, Through, Verdict


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """What validation leaves for publishing, as `steps/validation.json`.

    `rows` are data records by file.
    """

    rows: dict[str, int]
    findings: tuple[Finding, ...]


def validated_name(run_folder: str) -> str:
    return f"{run_folder}/steps/validation.json"


@answering
def validate_file_set(case: Case) -> Answer:
    """Every file against the format's rules. An error ends the run as `rejected`."""
    # The engine is heavy, and only this activity needs it.
    from sync_core.validation.engine import validate
    from sync_core.validation.model import CsvFile

    def csv_file(file: PinnedFile) -> CsvFile:
        return CsvFile(name=file.name, open=lambda: case.room.landing.chunks(file))

    files = case.question.file_set
    found = validate(case.format, [csv_file(file) for file in files.files])
    kept = Validated(rows=dict(found.rows), findings=found.findings)
    case.room.results.write(validated_name(folder(files)), msgspec.json.encode(kept))
    if any(severity(finding) == "error" for finding in found.findings):
        return Ended(Verdict(outcome=Outcome.REJECTED))
    return Through({"rows": sum(found.rows.values())})
