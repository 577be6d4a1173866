"""A validation as SARIF 2.1.0, which code hosts and editors show beside the lines of the files.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from typing import Any
from urllib.parse import quote

from sync_core.formats.rules import RULES
from sync_core.model.documents import MessageLine
from sync_core.model.messages import MessageLevel, level_of
from sync_core.model.validation_document import ValidatedExport, ValidationDocument

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: dict[MessageLevel, str] = {"error": "error", "warning": "warning", "information": "note"}


def sarif(document: ValidationDocument) -> dict[str, Any]:
    """The SARIF log: one result for each finding, with the lines as its locations."""
    found = [(export, each) for export in document.exports for each in export.findings]
    rules = sorted({finding.rule or "" for _, finding in found})
    failures = [
        {"level": "error", "message": {"text": export.error}}
        for export in document.exports
        if export.error
    ]
    run = {
        "tool": {
            "driver": {
                "name": "sis-sync",
                "version": document.app_version,
                "rules": [_rule(name) for name in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not failures,
                "exitCode": document.exit_code,
                "toolExecutionNotifications": failures,
            }
        ],
        "results": [_result(export, each, rules.index(each.rule or "")) for export, each in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "id": name,
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": LEVELS[level_of(rule.severity)]},
    }


def _result(export: ValidatedExport, finding: MessageLine, index: int) -> dict[str, Any]:
    file: dict[str, Any] = {"artifactLocation": {"uri": _address(export, finding.file_name)}}
    places = [{**file, "region": {"startLine": row}} for row in finding.rows] or [file]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[level_of(finding.type)],
        "message": {"text": finding.description},
        "occurrenceCount": finding.count or 1,
        "locations": [{"physicalLocation": place} for place in places],
    }


def _address(export: ValidatedExport, file: str) -> str:
    """The file relative to where the command ran; below the zip if it is in one."""
    if export.whole:
        return quote(f"{export.path}/{file}")
    return quote(export.path if len(export.files) == 1 else file)
