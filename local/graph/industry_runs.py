"""Runs: they process validated files and have a status and statistics."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from local.graph.answers import Document, timestamp
from local.graph.graph_errors import GraphError
from local.graph.industry_documents import FileFormat, RunSettings
from local.graph.industry_files import Counts, Files, count
from local.graph.industry_flows import Flow
from local.graph.industry_operations import Operation
from local.graph.movable_clock import MovableClock
from local.graph.scripts import Moment, Script

_PREFIX = "#microsoft.graph.industryData."


class Activity(Struct, frozen=True):
    """The part of one flow in a run."""

    id: str
    display_name: str
    file_format: FileFormat
    files: Files

    def counts(self) -> Counts:
        return count(self.file_format, self.files)


class Run:
    """An `industryDataRun`. Its script, blocking error and flows are set when it begins."""

    def __init__(self, settings: RunSettings, flows: Iterable[Flow]) -> None:
        self.id = str(uuid4())
        self._script = Script(settings.run)
        self._blocking_error = msgspec.to_builtins(settings.blocking_error)
        self._started = datetime.now(UTC)
        self._activities = [
            Activity(
                str(uuid4()), flow.settings.display_name, flow.settings.file_format, flow.validated
            )
            for flow in flows
        ]

    def poll(self, *, with_activities: bool) -> Document:
        return self._describe(self._script.poll(), with_activities=with_activities)

    def look(self, *, with_activities: bool) -> Document:
        """The document of the run, without counting as a poll."""
        return self._describe(self._script.look(), with_activities=with_activities)

    def statistics(self, settings: RunSettings) -> Document:
        """The `industryDataRunStatistics` in the shape that the settings define."""
        word = self._script.look().word
        counts = [activity.counts() for activity in self._activities]
        totals = Counts(
            sum(one.organizations for one in counts),
            sum(one.people for one in counts),
            sum(one.groups for one in counts),
            sum(one.memberships for one in counts),
            _sum_roles(counts),
        )
        measure = _metric if settings.statistics == "metric" else int
        results: list[Document] = [
            {
                "@odata.type": _PREFIX + "inboundActivityResults",
                "activityId": activity.id,
                "displayName": activity.display_name,
                "status": _activity_word(word),
                **_results(found, settings, _metric),
            }
            for activity, found in zip(self._activities, counts, strict=True)
        ]
        return {
            "@odata.type": _PREFIX + "industryDataRunStatistics",
            "runId": self.id,
            "status": word,
            "activityStatistics": _roles(totals) if settings.statistics == "plain" else results,
            "inboundTotals": _results(totals, settings, measure),
        }

    def _describe(self, moment: Moment, *, with_activities: bool) -> Document:
        document: Document = {
            "@odata.type": _PREFIX + "industryDataRun",
            "id": self.id,
            "displayName": self._started.strftime("Run %Y-%m-%d %H:%M UTC"),
            "startDateTime": timestamp(self._started),
            "endDateTime": timestamp(moment.since) if moment.ended else None,
            "status": moment.word,
            "blockingError": self._blocking_error if moment.ended else None,
        }
        if with_activities:
            document["activities"] = [
                {
                    "@odata.type": _PREFIX + "inboundFlowActivity",
                    "id": activity.id,
                    "displayName": activity.display_name,
                    "status": _activity_word(moment.word),
                    "blockingError": document["blockingError"],
                }
                for activity in self._activities
            ]
        return document


class Runs:
    """All runs, oldest first, and the limit on starts."""

    def __init__(self, clock: MovableClock) -> None:
        self.settings = RunSettings()
        self.all: list[Run] = []
        self._clock = clock
        self._starts: list[datetime] = []

    def forget(self) -> None:
        self.settings = RunSettings()
        self.all.clear()
        self._starts.clear()

    def find(self, run_id: str) -> Run | None:
        return next((run for run in self.all if run.id == run_id), None)

    def start(self, flows: Iterable[Flow]) -> tuple[Operation, Run | None]:
        """Start an operation, and its run unless the operation will fail. Raises GraphError."""
        settings, now = self.settings, self._clock.now()
        if settings.throttled:
            self.settings = replace(settings, throttled=settings.throttled - 1)
            raise GraphError(429, "TooManyRequests", _THROTTLED, retry_after(settings.retry_after))
        window = timedelta(hours=settings.window_hours)
        self._starts = [start for start in self._starts if now - start < window]
        if len(self._starts) >= settings.starts_allowed:
            wait = retry_after(settings.retry_after)
            raise GraphError(429, "TooManyRequests", settings.limit_message, wait)
        if Script(settings.operation[-1:]).look().word == "failed":
            return Operation(settings, settings.operation, "runs"), None
        self._starts.append(now)
        run = self.begin(flows)
        return Operation(settings, settings.operation, f"runs/{run.id}"), run

    def begin(self, flows: Iterable[Flow]) -> Run:
        """Begin a run as the schedule does. It is not counted as a start."""
        run = Run(self.settings, flows)
        self.all.append(run)
        return run


def retry_after(value: str) -> dict[str, str]:
    """The header in lower case, as in some answers; none without a value."""
    return {"retry-after": value} if value else {}


def _results(
    counts: Counts, settings: RunSettings, measure: Callable[[int], object]
) -> dict[str, object]:
    return {
        "errors": settings.errors,
        "warnings": settings.warnings,
        "organizations": measure(counts.organizations),
        "people": measure(counts.people),
        "groups": measure(counts.groups),
        "memberships": measure(counts.memberships),
        "matchedPeopleByRole": _roles(counts),
        "unmatchedPeopleByRole": [],
    }


def _metric(number: int) -> Document:
    return {"active": number, "inactive": 0, "total": number}


def _roles(counts: Counts) -> list[Document]:
    return [{"role": role, "count": number} for role, number in counts.roles.items()]


def _sum_roles(counts: Iterable[Counts]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in counts:
        for role, number in one.roles.items():
            sums[role] = sums.get(role, 0) + number
    return sums


def _activity_word(run_word: str) -> str:
    """The status of an activity. Only `running` differs from the run's."""
    return "inProgress" if run_word == "running" else run_word


# The sample of https://learn.microsoft.com/graph/throttling.
_THROTTLED = "Please retry again later."
