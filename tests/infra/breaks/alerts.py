"""Broken copies for the rules about alerts."""

from tests.infra.breaks import GONE, Break, changed
from tests.infra.rules.alerts import GROUP, PREFIX

CRITERION = "properties.criteria.allOf.0"
METRICS = "Insights/metricAlerts/evgt-sisdata"


def _query(rule: str, alert: str, query: str, offender: str, deployment: str = "minimal") -> Break:
    """A rule that finds another query in an alert."""
    change = (f"{CRITERION}.query", query, offender)
    return changed(rule, deployment, f"{PREFIX}{alert}", change)[0]


BREAKS = [
    *changed(
        "the_rules_are_all_there",
        "minimal",
        f"{PREFIX}stuck",
        ("", GONE, "minimal"),
        ("properties.severity", 3, "'stuck': 3"),
    ),
    _query(
        "an_outcome_of_weight_is_in_the_rule_of_its_severity",
        "run-critical",
        'x | where Outcome in ("failed")',
        "the outcomes of run-critical",
    ),
    _query(
        "an_outcome_of_weight_is_in_the_rule_of_its_severity",
        "run-error",
        "x",
        "the outcomes of run-error",
    ),
    _query(
        "absence_counts_the_outcomes_that_are_a_success",
        "absence",
        'x | where Outcome in ("started")',
        "absence",
    ),
    *(
        _query("a_scheduled_run_is_a_success_once_it_has_ended_well", "absence", query, part)
        for query, part in (
            ('FinishedRuns | where Outcome == "started"', "the outcome"),
            ('| where Outcome == "scheduled" | project Ended', "the end of that run"),
            ('| where Status in ("completed", "completedWithErrors")', "the ends that are good"),
        )
    ),
    _query(
        "a_sync_that_ended_badly_is_told_of",
        "sync-failed",
        'x | where Status in ("error", "validationError", "paused", "failed")',
        "quarantined",
    ),
    *(
        _query("queries_search_for_what_the_code_logs", name, 'startswith "it was "', name)
        for name in (
            "run-critical",
            "run-error",
            "absence",
            "settings-wrong",
            "sync-failed",
            "unannounced",
            "stuck",
        )
    ),
    _query("what_was_told_of_twice_counts_once", "unannounced", "x", "unannounced"),
    _query("the_watched_orchestration_is_the_codes", "stuck", "x", "stuck: []"),
    _query("the_watched_orchestration_is_the_codes", "run-critical", "x", "prop__state"),
    _query(
        "no_query_relies_on_a_line_that_never_comes",
        "stuck",
        'State == "Scheduled"',
        "minimal: stuck",
    ),
    _query("a_stuck_run_has_not_begun_or_not_ended", "stuck", "x", "where NotBegun or NotEnded"),
    _query("poison_is_any_queue_of_that_name", "poison", "StorageBlobLogs", "StorageQueueLogs"),
    _query("values_of_the_template_reach_the_queries", "absence", "x", "FromHour"),
    _query(
        "values_of_the_template_reach_the_queries",
        "absence",
        "let Window = 26h;",
        "everything: let Window = 40h;",
        "everything",
    ),
    _query(
        "values_of_the_template_reach_the_queries",
        "stuck",
        "let Longest = 30h;",
        "everything: stuck",
        "everything",
    ),
    *changed(
        "a_rule_speaks_at_the_first_line_and_tells_the_action_group",
        "minimal",
        f"{PREFIX}poison",
        ("properties.enabled", False, "poison: properties.enabled"),
        ("properties.scopes", [], "scopes"),
        ("properties.actions.actionGroups", [], "actionGroups"),
        ("properties.skipQueryValidation", False, "skipQueryValidation"),
        ("properties.autoMitigate", False, "autoMitigate"),
        (f"{CRITERION}.timeAggregation", "Average", "timeAggregation"),
        (f"{CRITERION}.operator", "LessThan", "operator"),
        (f"{CRITERION}.threshold", 5, "threshold"),
        (f"{CRITERION}.failingPeriods.minFailingPeriodsToAlert", 2, "failingPeriods"),
        ("properties.evaluationFrequency", "PT30M", "windowSize"),
    ),
    *changed(
        "the_action_group_sends_mail",
        "minimal",
        GROUP,
        ("properties.enabled", False, "enabled"),
        ("properties.groupShortName", "sis-sync-alerts", "groupShortName"),
        ("properties.emailReceivers", [], "emailReceivers"),
    ),
    *changed(
        "events_that_are_not_delivered_are_told_of",
        "minimal",
        f"{METRICS}-dead-letters",
        ("", GONE, "DeadLetteredCount"),
        ("properties.scopes", ["another"], "scopes"),
        ("properties.actions", [], "actions"),
    ),
    *changed(
        "events_that_are_not_delivered_are_told_of",
        "minimal",
        f"{METRICS}-dropped",
        (f"{CRITERION}.metricName", "PublishFailCount", "DroppedEventCount"),
        (f"{CRITERION}.metricNamespace", "Microsoft.EventGrid/topics", "metricNamespace"),
        (f"{CRITERION}.threshold", 9, "threshold"),
        ("properties.enabled", False, "enabled"),
    ),
    *changed(
        "every_alert_has_its_section_in_the_runbook",
        "minimal",
        f"{METRICS}-dropped",
        ("properties.description", "docs/operate.md#alert-dropped", "alert-dropped"),
    ),
    *changed(
        "the_workbook_shows_the_last_nights",
        "minimal",
        "Insights/workbooks/(guid)",
        ("properties.sourceId", "", "sourceId"),
        ("properties.serializedData", '{"items": []}', "[]"),
    ),
]
