"""What speaks up by itself, and that it says what the code says."""

import json
import re
from collections.abc import Iterator

from sync_core.activities.activity import NOT_ANNOUNCED
from sync_core.activities.feeds_blob import SETTINGS_WRONG
from sync_core.activities.publish import RUN_FINISHED, STARTED, SYNC_ENDED
from sync_core.intake.start_feed import RUN_REQUESTED
from sync_core.model.outcomes import OUTCOMES, Outcome
from sync_core.targets.classic_answers import PROGRESS
from sync_core.targets.industry_data.enums import RUN
from tests.infra.code import triggers
from tests.infra.deployed import ROOT, Project, Resource, Resources, at, of_type
from tests.infra.rules import rule
from tests.infra.rules.access import TOPIC, WORKSPACE

RULES = "Microsoft.Insights/scheduledQueryRules"
PREFIX = "Insights/scheduledQueryRules/alert-sis-sync-"
GROUP = "Insights/actionGroups/ag-sis-sync"
WORKBOOK = "Microsoft.Insights/workbooks"

SEVERITIES = {
    "run-critical": 0,
    "unannounced": 0,
    "run-error": 1,
    "settings-wrong": 1,
    "sync-failed": 1,
    "absence": 1,
    "stuck": 1,
    "poison": 1,
}
"""Azure's numbers: 0 is critical, 1 an error."""

LAST_NIGHTS = (
    "| project Night, Feed, Outcome, Severity, Errors, Warnings, Run, Finished = TimeGenerated"
)
FREQUENT = ("PT15M", "PT30M")
OVER_TWO_DAYS = ("PT1H", "P2D")
"""How often a rule runs and how far it looks back: far enough that no late line is missed."""


@rule
def the_rules_are_all_there(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        found = {each: at(it, "properties.severity") for each, it in rules(resources).items()}
        if found != SEVERITIES:
            yield f"{name}: {found}"


@rule
def an_outcome_of_weight_is_in_the_rule_of_its_severity(project: Project) -> Iterator[str]:
    for severity in ("critical", "error"):
        expected = {str(each) for each, facts in OUTCOMES.items() if facts.severity == severity}
        if _listed(_query(project, f"run-{severity}"), "Outcome") != expected:
            yield f"the outcomes of run-{severity}"


@rule
def absence_counts_the_outcomes_that_are_a_success(project: Project) -> Iterator[str]:
    successes = {*STARTED, Outcome.UNCHANGED}
    if _listed(_query(project, "absence"), "Outcome") != {str(each) for each in successes}:
        yield "the outcomes of absence"


@rule
def a_scheduled_run_is_a_success_once_it_has_ended_well(project: Project) -> Iterator[str]:
    query = _query(project, "absence")
    well = {status for status, (state, _) in RUN.items() if state in {"succeeded", "warned"}}
    if f'where Outcome == "{Outcome.SCHEDULED}"' not in query:
        yield "the outcome"
    if f'where Message startswith "{SYNC_ENDED} "' not in query or ") on Feed, Run\n" not in query:
        yield "the end of that run"
    if _listed(query, "Status") != well:
        yield "the ends that are good"


@rule
def a_sync_that_ended_badly_is_told_of(project: Project) -> Iterator[str]:
    failed = {status for status, state in PROGRESS.items() if state == "failed"}
    failed |= {status for status, (state, _) in RUN.items() if state == "failed"}
    yield from failed - _listed(_query(project, "sync-failed"), "Status")


@rule
def queries_search_for_what_the_code_logs(project: Project) -> Iterator[str]:
    words = {
        "run-critical": RUN_FINISHED,
        "run-error": RUN_FINISHED,
        "absence": RUN_FINISHED,
        "sync-failed": SYNC_ENDED,
        "unannounced": NOT_ANNOUNCED,
        "settings-wrong": SETTINGS_WRONG,
        "stuck": RUN_REQUESTED,
    }
    for name, beginning in words.items():
        if f'where Message startswith "{beginning} "' not in _query(project, name):
            yield name


@rule
def what_was_told_of_twice_counts_once(project: Project) -> Iterator[str]:
    for name in ("run-critical", "run-error", "absence", "sync-failed", "unannounced"):
        if "summarize arg_min(TimeGenerated, *) by Feed, Run" not in _query(project, name):
            yield name


@rule
def the_watched_orchestration_is_the_codes(project: Project) -> Iterator[str]:
    for name in ("stuck", "run-critical"):
        query = _query(project, name)
        named = re.findall(r'prop__functionName"\]\) == "(\w+)"', query)
        if named != ["sync_feed"] or named[0] not in triggers("orchestrationTrigger"):
            yield f"{name}: {named}"
        for field in ("prop__instanceId", "prop__state"):
            if f'tostring(Properties["{field}"])' not in query:
                yield f"{name}: {field}"


@rule
def no_query_relies_on_a_line_that_never_comes(project: Project) -> Iterator[str]:
    # Observed on Functions host 4.1037, durable extension 3.19.0: a start by the SDK's client logs
    # no "Scheduled", and resuming a run does.
    for name, resources in project.main():
        yield from (
            f"{name}: {each}" for each, it in rules(resources).items() if "Scheduled" in str(it)
        )


@rule
def a_stuck_run_has_not_begun_or_not_ended(project: Project) -> Iterator[str]:
    for line in (
        'Started = maxif(TimeGenerated, State == "Started")',
        'State in ("Completed", "Failed", "Terminated")',
        "Requested < ago(Pending)",
        "Started < ago(Longest)",
        "where NotBegun or NotEnded",
    ):
        if line not in _query(project, "stuck"):
            yield line


@rule
def poison_is_any_queue_of_that_name(project: Project) -> Iterator[str]:
    for line in ("StorageQueueLogs\n", '"PutMessage"', 'where Queue endswith "-poison"'):
        if line not in _query(project, "poison"):
            yield line


@rule
def values_of_the_template_reach_the_queries(project: Project) -> Iterator[str]:
    expected = {
        "minimal": ('["northwind"]', "26h", "[0,1,2,3,4,5,6]", 0, "30h"),
        "everything": ('["northwind"]', "40h", "[1,2,3,4,5]", 6, "40h"),
    }
    for name, (feeds, window, days, hour, longest) in expected.items():
        absence, stuck = (_query(project, each, name) for each in ("absence", "stuck"))
        for line in (
            f"print Names = dynamic({feeds})",
            f"let Window = {window};",
            f"let Days = dynamic({days});",
            f"let FromHour = {hour};",
        ):
            if line not in absence:
                yield f"{name}: {line}"
        if not stuck.startswith(f"let Pending = 30m;\nlet Longest = {longest};\n"):
            yield f"{name}: stuck"
    if "hourofday(now()) >= FromHour" not in _query(project, "absence"):
        yield "FromHour"


@rule
def a_rule_speaks_at_the_first_line_and_tells_the_action_group(project: Project) -> Iterator[str]:
    expected = {
        "properties.enabled": True,
        "properties.scopes": [WORKSPACE],
        "properties.actions.actionGroups": [GROUP],
        # The tables of a new workspace are there only once something has been logged.
        "properties.skipQueryValidation": True,
        # The windows overlap, and an alert that is open is not told of again.
        "properties.autoMitigate": True,
    }
    first = {
        "timeAggregation": "Count",
        "operator": "GreaterThan",
        "threshold": 0,
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
    }
    for _, resources in project.main():
        for name, each in rules(resources).items():
            yield from (f"{name}: {path}" for path in expected if at(each, path) != expected[path])
            (criterion,) = at(each, "properties.criteria.allOf")
            yield from (f"{name}: {key}" for key in first if criterion.get(key) != first[key])
            properties = each["properties"]
            if (properties["evaluationFrequency"], properties["windowSize"]) != (
                OVER_TWO_DAYS if name in ("absence", "stuck") else FREQUENT
            ):
                yield f"{name}: windowSize"


@rule
def the_action_group_sends_mail(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        group = resources[GROUP]["properties"]
        if group["enabled"] is not True:
            yield "enabled"
        # Azure takes no longer name.
        if len(group["groupShortName"]) > 12:
            yield "groupShortName"
        if [each["emailAddress"] for each in group["emailReceivers"]] != ["it@northwind.example"]:
            yield "emailReceivers"


@rule
def events_that_are_not_delivered_are_told_of(project: Project) -> Iterator[str]:
    for deployment, resources in project.main():
        alerts = of_type(resources, "Microsoft.Insights/metricAlerts")
        metrics = set()
        for name, alert in alerts.items():
            (criterion,) = at(alert, "properties.criteria")["allOf"]
            metrics.add(criterion["metricName"])
            if criterion["metricNamespace"] != "Microsoft.EventGrid/systemTopics":
                yield f"{name}: metricNamespace"
            if (criterion["operator"], criterion["threshold"]) != ("GreaterThan", 0):
                yield f"{name}: threshold"
            for path, value in {
                "properties.scopes": [TOPIC[deployment]],
                "properties.actions": [{"actionGroupId": GROUP}],
                "properties.enabled": True,
            }.items():
                if at(alert, path) != value:
                    yield f"{name}: {path}"
        yield from {"DeadLetteredCount", "DroppedEventCount"} ^ metrics


@rule
def every_alert_has_its_section_in_the_runbook(project: Project) -> Iterator[str]:
    runbook = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    anchors = {f"alert-{each}" for each in re.findall(r"^### Alert: (.+)$", runbook, re.MULTILINE)}
    for _, resources in project.main():
        named = re.findall(r"docs/operate\.md#(alert-[a-z-]+[a-z])", json.dumps(resources))
        yield from set(named) ^ anchors


@rule
def the_workbook_shows_the_last_nights(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        (workbook,) = of_type(resources, WORKBOOK).values()
        if at(workbook, "properties.sourceId") != WORKSPACE:
            yield "sourceId"
        shown = [query.splitlines()[-1] for query in workbook_queries(resources)]
        if [line.partition("(")[0] for line in shown] != [
            "| summarize Runs = count",
            LAST_NIGHTS,
        ]:
            yield str(shown)


def rules(resources: Resources) -> dict[str, Resource]:
    """The log alerts by their short names."""
    found = of_type(resources, RULES)
    return {name.removeprefix(PREFIX): each for name, each in found.items()}


def query_of(alert: Resource) -> str:
    (criterion,) = at(alert, "properties.criteria.allOf")
    return str(criterion["query"])


def workbook_queries(resources: Resources) -> list[str]:
    (workbook,) = of_type(resources, WORKBOOK).values()
    items = json.loads(workbook["properties"]["serializedData"])["items"]
    return [item["content"]["query"] for item in items if item["type"] == 3]


def _query(project: Project, name: str, deployment: str = "minimal") -> str:
    """A query without its comments."""
    lines = query_of(rules(project.deployed[deployment])[name]).splitlines()
    return "\n".join(line for line in lines if not line.startswith("//")) + "\n"


def _listed(query: str, column: str) -> set[str]:
    found = re.search(rf"where {column} in \(([^)]*)\)", query)
    return set(re.findall(r'"(\w+)"', found[1])) if found else set()
