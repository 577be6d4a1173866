"""Invented runs for tests of the report, and the golden files of some.

`python -m tests.unit.report_kit` writes the golden files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from sync_core import __version__
from sync_core.model.documents import (
    FileRecord,
    MessageCounts,
    MessageLine,
    RunError,
    RunResult,
    Step,
    StepName,
    SyncEnd,
    TargetReference,
    rfc3339,
)
from sync_core.model.found import FoundFile
from sync_core.model.holds import Hold, PreviewLine, Trip
from sync_core.model.messages import level_of
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.model.statistics import EntityCounts, RunStatistics
from sync_core.report import LastSync, ReportData, problems_csv, report_html

GOLDEN = Path(__file__).parent / "golden"

RUN = "20261129T011305Z-88ff355eb819"
LANDED = 1_795_914_785.0
ROWS = {
    "orgs.csv": 4,
    "users.csv": 2_104,
    "roles.csv": 2_131,
    "classes.csv": 188,
    "enrollments.csv": 11_042,
}
BEFORE = LastSync(
    run="20261128T011302Z-11c0ffee0000",
    landed_at=rfc3339(LANDED - 86_400),
    files={**ROWS, "users.csv": 2_118, "roles.csv": 2_145, "relationships.csv": 90},
)
STEPS: Mapping[StepName, float] = {
    "gather": 153.2,
    "validate": 4.1,
    "guard": 0.6,
    "ready": 31.0,
    "upload": 2.3,
    "verify": 65.0,
    "start": 1.2,
}
LAST_STEP: Mapping[Outcome, StepName | None] = {
    Outcome.REJECTED: "validate",
    Outcome.UNCHANGED: "validate",
    Outcome.HELD: "guard",
    Outcome.INCOMPLETE: "gather",
    Outcome.NOT_READY: "ready",
    Outcome.SUPERSEDED: None,
    Outcome.FAILED: "upload",
    Outcome.REFUSED: "verify",
}
SENT = {
    Outcome.STARTED,
    Outcome.STARTED_WITH_WARNINGS,
    Outcome.SCHEDULED,
    Outcome.UNKNOWN,
}
TRIPS = (
    Trip(
        guard="removed",
        count=412,
        of=3_980,
        kind="student",
        sentence="Missing from this export: 412 of 3,980 students (limit: 10 %).",
        advice="Check whether the export is complete. Everyone who is missing is deactivated.",
    ),
    Trip(
        guard="file-gone",
        count=1,
        of=90,
        file="relationships.csv",
        sentence="relationships.csv was not delivered. Rows at the last sync: 90.",
        advice="Have the file delivered again. Approve the run only if everything in it is to be"
        " removed.",
    ),
)


def finding(
    rule: str,
    file: str,
    field: str | None,
    *rows: int,
    level: str = "Error",
    count: int = 0,
) -> MessageLine:
    """A finding as in `messages.jsonl`."""
    number = count or len(rows) or 1
    return MessageLine(
        type=level,
        file_name=file,
        description=f"{number} row(s): {rule} in the field - {field}",
        rule=rule,
        field=field,
        count=number,
        rows=rows,
        source="validation",
    )


FINDINGS = (
    finding("fields-too-few", "users.csv", None, 3, 17),
    finding("value-missing", "roles.csv", "role", 88, 90, 91),
    finding("reference-not-found", "roles.csv", "userSourcedId", *range(4, 13)),
    finding("duplicate", "classes.csv", "sourcedId", 5, 9, level="Warning"),
    finding("header-unknown", "users.csv", None, 1, level="Information"),
)
WARNINGS = FINDINGS[3:]
OF_SERVICE = (
    MessageLine(
        type="Error",
        file_name="users.csv",
        description="4 row(s) have missing data for the field - username",
    ),
    MessageLine(
        type="Warning",
        file_name="users.csv",
        description="The value sentinel in GradeLevelCode for sentinel_10 isn't found in"
        " RefGradeLevel. Correct source system",
    ),
)
MESSAGES: Mapping[Outcome, tuple[MessageLine, ...]] = {
    Outcome.STARTED_WITH_WARNINGS: WARNINGS,
    Outcome.REJECTED: FINDINGS,
    Outcome.REFUSED: (*WARNINGS, *OF_SERVICE),
}


def changes() -> tuple[PreviewLine, ...]:
    """What changed since the last sync: the whole feed, and four schools of two kinds."""
    whole = [_change("student", None, 3_980, 3_568), _change("teacher", None, 212, 214)]
    schools = [
        _change(kind, line, before, now)
        for line, numbers in enumerate([(1_200, 801), (980, 975), (1_000, 992), (800, 800)], 2)
        for kind, (before, now) in (("student", numbers), ("teacher", (50 + line, 50 + line)))
    ]
    return (*whole, *schools)


def _change(kind: str, line: int | None, before: int, now: int) -> PreviewLine:
    return PreviewLine(
        kind=kind,
        file="users.csv",
        school_line=line,
        whole_feed=line is None,
        before=before,
        now=now,
        removed=max(0, before - now),
        moved=0,
        changed_role=0,
        added=max(0, now - before),
    )


def first_numbers() -> tuple[PreviewLine, ...]:
    """The numbers of a first export, which nothing is compared with."""
    return tuple(msgspec.structs.replace(each, before=0, removed=0) for each in changes())


def result(outcome: Outcome, messages: tuple[MessageLine, ...], **changed: Any) -> RunResult:
    """The result of an invented run."""
    levels = [level_of(message.type) for message in messages]
    steps = _steps(outcome)
    files = tuple(
        FileRecord(name=name, blob=f"northwind/{name}", etag='"1"', size=1_000, rows=rows)
        for name, rows in ROWS.items()
    )
    error = None
    if outcome in {Outcome.FAILED, Outcome.NOT_READY}:
        error = RunError(code="ready-overdue", message="The flow was not ready in 6 hours.")
    found = RunResult(
        feed="northwind",
        run=RUN,
        generation="88ff355eb819" + "0" * 52,
        outcome=outcome,
        severity=outcome.severity,
        summary=OUTCOMES[outcome].meaning,
        action=OUTCOMES[outcome].action,
        error=error,
        sent=outcome in SENT,
        target=TargetReference(kind="industry-data", id="cab49be8-a9f1-4b2a-8a7d-0c3f5d1f0a6e"),
        format="sds-v2.1",
        compared_with=BEFORE.run,
        files=files,
        counts=MessageCounts(
            errors=levels.count("error"),
            warnings=levels.count("warning"),
            information=levels.count("information"),
        ),
        messages=f"northwind/{RUN}/messages.jsonl",
        steps=steps,
        landed_at=rfc3339(LANDED),
        started_at=rfc3339(LANDED + 1),
        ended_at=steps[-1].ended_at if steps else rfc3339(LANDED + 2),
    )
    return msgspec.structs.replace(found, **{**_of_outcome(outcome), **changed})


def _of_outcome(outcome: Outcome) -> dict[str, Any]:
    if outcome is Outcome.HELD:
        hold = Hold(
            feed="northwind", run=RUN, generation="g", trips=TRIPS, held_at=rfc3339(LANDED + 160)
        )
        return {"held": hold}
    if outcome is Outcome.INCOMPLETE:
        beside = FoundFile(
            name="Users (1).csv",
            reason="unknown",
            description="not a file of SDS V2.1",
            expected="users.csv",
            landed_at=rfc3339(LANDED),
        )
        return {"missing": ("users.csv", "roles.csv"), "found": (beside,)}
    return {}


def _steps(outcome: Outcome) -> tuple[Step, ...]:
    last = LAST_STEP.get(outcome, "start")
    names = [*STEPS][: [*STEPS].index(last) + 1] if last else []
    found: list[Step] = []
    at = LANDED + 1
    for name in names:
        end = at + STEPS[name]
        found.append(
            Step(name=name, started_at=rfc3339(at), ended_at=rfc3339(end), seconds=STEPS[name])
        )
        at = end
    return tuple(found)


def sync_end(**changed: Any) -> SyncEnd:
    """The end of a sync, by default a good one."""
    end = SyncEnd(
        feed="northwind",
        run=RUN,
        status="completed",
        ended=True,
        severity="info",
        summary="The sync finished successfully.",
        errors={},
        ended_at=rfc3339(LANDED + 5_000),
    )
    return msgspec.structs.replace(end, **changed)


def data(outcome: Outcome, **changed: Any) -> ReportData:
    """The input of the report on an invented run."""
    messages = changed.pop("messages", MESSAGES.get(outcome, ()))
    found = ReportData(
        format_name="sds-v2.1",
        messages=messages,
        rows={} if outcome is Outcome.INCOMPLETE else ROWS,
        result=changed.pop("result", None) or result(outcome, messages),
        before=BEFORE,
        follow=outcome in SENT,
        time_zone="Europe/Amsterdam",
    )
    return msgspec.structs.replace(found, **changed)


STATISTICS = RunStatistics(
    errors=0,
    warnings=3,
    organizations=EntityCounts(total=4, active=4, inactive=0),
    people=EntityCounts(total=4_192, active=4_180, inactive=12),
    groups=EntityCounts(total=188),
    memberships=EntityCounts(total=11_042, active=11_042, inactive=0),
    matched={"student": 3_960, "teacher": 214},
    unmatched={"student": 18, "…": 2},
)
"""What the service has counted, with numbers that it does not report."""

BAD_END: dict[str, Any] = {
    "status": "completedWithErrors",
    "severity": "error",
    "summary": "The sync ended with the status completedWithErrors. School Data Sync reports 37"
    " errors.",
    "errors": {"UnmatchedEntry": 31, "InvalidLookupReference": 6},
}

REPORTS: Mapping[str, ReportData] = {
    "held": data(Outcome.HELD, changes=changes()),
    "first": data(
        Outcome.STARTED,
        before=None,
        changes=first_numbers(),
        result=result(Outcome.STARTED, (), compared_with=None),
    ),
    "incomplete": data(Outcome.INCOMPLETE),
    "rejected": data(Outcome.REJECTED, changes=changes()),
    "refused": data(Outcome.REFUSED),
    "finished": data(Outcome.STARTED, end=sync_end(statistics=STATISTICS), changes=changes()),
    "ended-badly": data(Outcome.STARTED, end=sync_end(**BAD_END)),
}
"""The reports that are kept as golden files."""


def golden_files() -> Mapping[str, str]:
    """The golden files by name. The version stands for itself, so a release changes none."""
    pages = {f"report-{name}.html": report_html(report) for name, report in REPORTS.items()}
    pages["problems.csv"] = problems_csv(REPORTS["rejected"])
    return {name: text.replace(__version__, "VERSION") for name, text in pages.items()}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for _name, _text in golden_files().items():
        (GOLDEN / _name).write_text(_text, encoding="utf-8", newline="")
