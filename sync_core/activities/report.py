"""Writes what people read about a run: `report.html`, and `problems.csv` beside it.

A report that cannot be made costs neither the result nor the event: only the type of the error is
logged.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from sync_core.activities.activity import log
from sync_core.activities.baselines import last_sync, series_of
from sync_core.activities.compare import GuardRecord
from sync_core.activities.context import ActivityContext
from sync_core.activities.school_names import school_names
from sync_core.activities.validate import ValidationRecord
from sync_core.activities.verdicts import fault_location
from sync_core.model.commands import RunCommands
from sync_core.model.documents import MessageLine, RunResult, SyncEnd
from sync_core.model.holds import PreviewLine
from sync_core.report import LastSync, ReportData, problems_csv, report_html
from sync_core.results import paths

Render = Callable[[ReportData], str]


class ReportRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs besides the result and the messages, as `steps/report.json`.

    It is kept if the report is written again when the sync has ended: the baseline is another one
    then.
    """

    before: LastSync | None = None
    changes: tuple[PreviewLine, ...] = ()
    schools_left_out: int = 0
    follow: bool = False
    time_zone: str = "UTC"


def write_report(
    context: ActivityContext,
    result: RunResult,
    lines: Sequence[MessageLine],
    counted: GuardRecord | ValidationRecord | None,
    *,
    follow: bool,
    render: Render = report_html,
) -> RunResult:
    """Write the report on a run; the result that refers to it, or as it was if there is none.

    `counted` is the record of the last step that has counted people.
    """
    record = _record(context, result, counted, follow=follow)
    if follow:
        document = msgspec.json.encode(record)
        context.services.results.write(paths.report_record(result), document)
    if not _write(context, result, lines, record, render=render):
        return result
    return msgspec.structs.replace(
        result, report=paths.report(result), problems=paths.problems(result)
    )


def rewrite_report(context: ActivityContext, result: RunResult, end: SyncEnd) -> None:
    """Write the report on a run again, now with how its sync ended."""
    store = context.services.results
    record = store.decoded(paths.report_record(result), ReportRecord)
    kept = store.read(paths.messages(result))
    if record is not None and kept is not None:
        lines = [msgspec.json.decode(line, type=MessageLine) for line in kept.data.splitlines()]
        _write(context, result, lines, record, end=end)


def _write(
    context: ActivityContext,
    result: RunResult,
    lines: Sequence[MessageLine],
    record: ReportRecord,
    *,
    end: SyncEnd | None = None,
    render: Render = report_html,
) -> bool:
    """Write the report and the problems. False if they could not be made."""
    data = ReportData(
        format_name=result.format,
        messages=tuple(lines),
        rows={file.name: file.rows for file in result.files},
        rules=result.rules,
        result=result,
        end=end,
        follow=record.follow,
        before=record.before,
        changes=record.changes,
        schools_left_out=record.schools_left_out,
        school_names=_names(context) if record.changes else {},
        time_zone=record.time_zone,
    )
    try:
        report, problems = render(data), problems_csv(data)
    except Exception as fault:  # noqa: BLE001 - a run never ends without a result
        # Neither the text nor a traceback is logged: both may quote what a file says.
        where = fault_location(fault)
        log.error("feed %s: no report on run %s: %s", result.feed, result.run, where)
        return False
    store = context.services.results
    store.write(paths.report(result), report.encode(), content_type="text/html; charset=utf-8")
    # Excel takes a file for UTF-8 only if it begins with a byte order mark.
    encoded = problems.encode("utf-8-sig")
    store.write(paths.problems(result), encoded, content_type="text/csv; charset=utf-8")
    return True


def _record(
    context: ActivityContext,
    result: RunResult,
    counted: GuardRecord | ValidationRecord | None,
    *,
    follow: bool,
) -> ReportRecord:
    if result.approves:
        # The guards have not compared an approved run again.
        held = RunCommands(result.feed, result.approves)
        counted = context.services.results.decoded(paths.guard_record(held), GuardRecord)
    return ReportRecord(
        before=_last_sync(context, result, counted),
        changes=counted.changes if counted else (),
        schools_left_out=counted.schools_left_out if counted else 0,
        follow=follow,
        time_zone=context.feed.time_zone,
    )


def _names(context: ActivityContext) -> Mapping[int, str]:
    """The names of schools, if the feed shows them. Nothing but the report has them."""
    try:
        return school_names(context)
    except Exception as fault:  # noqa: BLE001 - the report then has the lines of the schools
        where = fault_location(fault)
        log.warning("feed %s: the report names no schools: %s", context.feed.name, where)
        return {}


def _last_sync(
    context: ActivityContext, result: RunResult, counted: GuardRecord | ValidationRecord | None
) -> LastSync | None:
    """The last export whose sync was started: the one that the guards have compared with."""
    if not result.files:
        return None
    if isinstance(counted, GuardRecord) and (counted.before or not counted.compared_with):
        return counted.before
    try:
        newest = context.services.baselines.nights(series_of(context.feed)).summaries(last=1)
    except Exception as fault:  # noqa: BLE001 - the report then compares with nothing
        where = fault_location(fault)
        log.warning("feed %s: the report compares with no sync: %s", result.feed, where)
        return None
    for summary in newest:
        if summary.format == result.format:
            return last_sync(summary)
    return None
