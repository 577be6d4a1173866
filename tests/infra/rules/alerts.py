"""What speaks up by itself, and that it says what the code says."""

import re
from collections.abc import Iterator
from typing import Any

from sync_core.activities.publish import RUN_FINISHED, STARTED, SYNC_ENDED
from sync_core.outcomes import OUTCOMES
from sync_core.targets.classic import PROGRESS
from sync_core.targets.industry_data.words import RUN
from tests.infra.code import triggers
from tests.infra.project import ROOT, Project
from tests.infra.rules import rule

ALERTS = "modules/alerts"
SEVERITIES = {"critical": 0, "error": 1}
"""Azure's number for ours. The others wake nobody."""


@rule
def an_outcome_of_weight_is_in_the_rule_of_its_severity(project: Project) -> Iterator[str]:
    for severity, number in SEVERITIES.items():
        expected = {str(each) for each, facts in OUTCOMES.items() if facts.severity == severity}
        if _listed(project, f"run-{severity}", "Outcome") != expected:
            yield f"the outcomes of run-{severity}"
        if _rules(project)[f"run-{severity}"]["severity"] != number:
            yield f"the severity of run-{severity}"


@rule
def absence_counts_the_outcomes_that_are_a_success(project: Project) -> Iterator[str]:
    if _listed(project, "absence", "Outcome") != {str(each) for each in STARTED}:
        yield "the outcomes of absence"


@rule
def a_sync_that_ended_badly_is_told_of(project: Project) -> Iterator[str]:
    failed = {status for status, state in PROGRESS.items() if state == "failed"}
    failed |= {status for status, (state, _) in RUN.items() if state == "failed"}
    yield from failed - _listed(project, "sync-failed", "Status")


@rule
def queries_search_for_what_the_code_logs(project: Project) -> Iterator[str]:
    for query, words in {"finished-runs": RUN_FINISHED, "sync-failed": SYNC_ENDED}.items():
        if f'where Message startswith "{words} "' not in _query(project, query):
            yield query


@rule
def a_run_that_was_told_of_twice_counts_once(project: Project) -> Iterator[str]:
    for query in ("finished-runs", "sync-failed"):
        if "summarize arg_min(TimeGenerated, *) by Feed, Run" not in _query(project, query):
            yield query


@rule
def the_watched_orchestration_is_the_codes(project: Project) -> Iterator[str]:
    named = re.findall(r'prop__functionName"\]\) == "(\w+)"', _query(project, "stuck"))
    if named != ["sync_feed"] or named[0] not in triggers("orchestrationTrigger"):
        yield str(named)
    for name in ("prop__instanceId", "prop__state"):
        if f'tostring(Properties["{name}"])' not in _query(project, "stuck"):
            yield name


@rule
def a_stuck_run_has_not_begun_or_not_ended(project: Project) -> Iterator[str]:
    query = _query(project, "stuck")
    for state in (
        'State == "Scheduled"',
        'State == "Started"',
        '"Completed", "Failed", "Terminated"',
    ):
        if state not in query:
            yield state
    for limit in (
        "Scheduled < ago(Pending)",
        "Started < ago(Longest)",
        "where NotBegun or NotEnded",
    ):
        if limit not in query:
            yield limit


@rule
def poison_is_any_queue_of_that_name(project: Project) -> Iterator[str]:
    query = _query(project, "poison")
    for line in (
        'OperationName == "PutMessage"',
        'where Queue endswith "-poison"',
        "StorageQueueLogs\n",
    ):
        if line not in query:
            yield line


@rule
def values_of_the_template_reach_the_queries(project: Project) -> Iterator[str]:
    absence = str(project.variable(ALERTS, "absenceValues"))
    for name in ("Expected", "Window", "Days", "FromHour"):
        if f"let {name} = " not in absence or name not in _query(project, "absence"):
            yield name
    for name in ("Pending", "Longest"):
        if f"let {name} = " not in str(project.variable(ALERTS, "stuckValues")):
            yield name


@rule
def every_rule_has_its_whole_query(project: Project) -> Iterator[str]:
    finished = "${finishedRuns}\\n"
    heads = {
        "run-critical": finished,
        "run-error": finished,
        "absence": "${absenceValues}\\n" + finished,
        "stuck": "${stuckValues}\\n",
    }
    for name, each in _rules(project).items():
        text = f"loadTextContent('../queries/{name}.kql')"
        head = heads.get(name, "")
        if each["query"] != (f"{head}${{{text}}}" if head else text):
            yield name
    if (
        project.variable(ALERTS, "finishedRuns")
        != "loadTextContent('../queries/finished-runs.kql')"
    ):
        yield "finishedRuns"


@rule
def the_rules_are_all_there(project: Project) -> Iterator[str]:
    expected = {"run-critical", "run-error", "sync-failed", "absence", "stuck", "poison"}
    yield from expected ^ _rules(project).keys()
    loop = project.module(ALERTS, "alerts")
    if loop.at("params.query") != "rule.query" or loop.at("params.severity") != "rule.severity":
        yield "what a rule is made of"


@rule
def dimensions_are_columns_of_the_query(project: Project) -> Iterator[str]:
    for name, each in _rules(project).items():
        columns = re.split(r"[\s,]+", _query(project, name).rpartition("| project ")[2].strip())
        yield from (f"{name}: {column}" for column in each["dimensions"] if column not in columns)
        if "TimeGenerated" not in columns:
            yield f"{name}: TimeGenerated"


@rule
def windows_overlap_so_that_no_late_line_is_missed(project: Project) -> Iterator[str]:
    minutes = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "P2D": 2880}
    for name, each in _rules(project).items():
        if minutes[each["windowSize"]] < 2 * minutes[each["evaluationFrequency"]]:
            yield name
    if project.resource("modules/log-alert", "rule").at("properties.autoMitigate") is not True:
        yield "autoMitigate"


@rule
def a_rule_speaks_at_the_first_line(project: Project) -> Iterator[str]:
    (criterion,) = project.resource("modules/log-alert", "rule").at("properties.criteria.allOf")
    expected = {
        "query": "query",
        "timeAggregation": "Count",
        "operator": "GreaterThan",
        "threshold": 0,
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
    }
    yield from (name for name, value in expected.items() if criterion.get(name) != value)


@rule
def rules_are_on_and_tell_the_action_group(project: Project) -> Iterator[str]:
    rule_ = project.resource("modules/log-alert", "rule")
    if rule_.at("properties.enabled") is not True:
        yield "enabled"
    if rule_.at("properties.actions.actionGroups") != ["actionGroupId"]:
        yield "actionGroups"
    if rule_.at("properties.scopes") != ["workspaceId"]:
        yield "scopes"
    # The tables of a new workspace are there only once something has been logged.
    if rule_.at("properties.skipQueryValidation") is not True:
        yield "skipQueryValidation"
    for module in ("alerts", "topic"):
        if project.module("main", module).at("params.actionGroupId") != "actionGroup.outputs.id":
            yield module


@rule
def the_action_group_sends_mail(project: Project) -> Iterator[str]:
    group = project.resource("modules/action-group", "group")
    if group.at("properties.enabled") is not True:
        yield "enabled"
    if len(group.at("properties.groupShortName")) > 12:
        yield "groupShortName"
    (receiver,) = group.at("properties.emailReceivers")
    if receiver["emailAddress"] != "email":
        yield "emailAddress"
    if project.template("main").parameters["alertEmails"].default is not None:
        yield "alertEmails has a default, so nobody may be told"


@rule
def events_that_are_not_delivered_are_told_of(project: Project) -> Iterator[str]:
    metrics = set()
    for alert in project.resources("Microsoft.Insights/metricAlerts"):
        (criterion,) = alert.it.at("properties.criteria.allOf")
        metrics.add(criterion["metricName"])
        if criterion["metricNamespace"] != "Microsoft.EventGrid/systemTopics":
            yield f"{alert.label}: metricNamespace"
        if (criterion["operator"], criterion["threshold"]) != ("GreaterThan", 0):
            yield f"{alert.label}: threshold"
        if alert.it.at("properties.scopes") != ["topic.id"]:
            yield f"{alert.label}: scopes"
        if alert.it.at("properties.actions") != [{"actionGroupId": "actionGroupId"}]:
            yield f"{alert.label}: actions"
        if alert.it.at("properties.enabled") is not True:
            yield f"{alert.label}: enabled"
    yield from {"DeadLetteredCount", "DroppedEventCount"} ^ metrics


@rule
def every_alert_has_its_section_in_the_runbook(project: Project) -> Iterator[str]:
    headings = re.findall(r"^### Alert: (.+)$", _runbook(), re.MULTILINE)
    anchors = {f"alert-{heading}" for heading in headings}
    text = "\n".join(project.texts.values())
    named = set(re.findall(r"docs/operate\.md#(alert-[a-z-]+[a-z])", text))
    named |= {f"alert-{name}" for name in _rules(project)}
    yield from named ^ anchors


@rule
def the_workbook_shows_the_last_nights(project: Project) -> Iterator[str]:
    items = project.variable("modules/workbook", "content")["items"]
    queries = [each["content"]["query"] for each in items if each["type"] == 3]
    if queries != [
        "${finishedRuns}\\n${loadTextContent('../queries/outcomes-by-night.kql')}",
        "${finishedRuns}\\n${loadTextContent('../queries/last-nights.kql')}",
    ]:
        yield "queries"
    workbook = project.resource("modules/workbook", "workbook")
    if workbook.at("properties.serializedData") != "string(content)":
        yield "serializedData"
    if workbook.at("properties.sourceId") != "workspaceId":
        yield "sourceId"


def _rules(project: Project) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in project.variable(ALERTS, "rules")}


def _query(project: Project, name: str) -> str:
    """A query without its comments."""
    lines = project.texts[f"infra/queries/{name}.kql"].splitlines()
    return "\n".join(line for line in lines if not line.startswith("//")) + "\n"


def _listed(project: Project, name: str, column: str) -> set[str]:
    found = re.search(rf"where {column} in \(([^)]*)\)", _query(project, name))
    return set(re.findall(r'"(\w+)"', found[1])) if found else set()


def _runbook() -> str:
    path = ROOT / "docs" / "operate.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""
