"""Broken copies for the rules about alerts."""

from tests.infra.breaks import breaks

MAIN = "infra/main.bicep"
ALERTS = "infra/modules/alerts.bicep"
RULE = "infra/modules/log-alert.bicep"
GROUP = "infra/modules/action-group.bicep"
TOPIC = "infra/modules/topic.bicep"
WORKBOOK = "infra/modules/workbook.bicep"
MONITORING = "infra/modules/monitoring.bicep"


def _query(name: str) -> str:
    return f"infra/queries/{name}.kql"


BREAKS = [
    *breaks(
        "an_outcome_of_weight_is_in_the_rule_of_its_severity",
        _query("run-critical"),
        ('("unknown", "failed")', '("failed")', "the outcomes of run-critical"),
    ),
    *breaks(
        "an_outcome_of_weight_is_in_the_rule_of_its_severity",
        _query("run-error"),
        (' "held",', "", "the outcomes of run-error"),
    ),
    *breaks(
        "an_outcome_of_weight_is_in_the_rule_of_its_severity",
        ALERTS,
        ("severity: 0", "severity: 3", "the severity of run-critical"),
    ),
    *breaks(
        "absence_counts_the_outcomes_that_are_a_success",
        _query("absence"),
        (', "started_with_warnings"', "", "absence"),
    ),
    *breaks(
        "a_sync_that_ended_badly_is_told_of",
        _query("sync-failed"),
        (', "quarantined"', "", "quarantined"),
        (', "completedWithErrors"', "", "completedWithErrors"),
    ),
    *breaks(
        "queries_search_for_what_the_code_logs",
        _query("finished-runs"),
        ('"run finished "', '"run ended "', "finished-runs"),
    ),
    *breaks(
        "queries_search_for_what_the_code_logs",
        _query("sync-failed"),
        ('"sync ended "', '"sync finished "', "sync-failed"),
    ),
    *breaks(
        "a_run_that_was_told_of_twice_counts_once",
        _query("finished-runs"),
        ("\n| summarize arg_min(TimeGenerated, *) by Feed, Run", "", "finished-runs"),
    ),
    *breaks(
        "the_watched_orchestration_is_the_codes",
        _query("stuck"),
        ('== "sync_feed"', '== "sync"', "sync"),
        ('Properties["prop__instanceId"]', 'Properties["instanceId"]', "prop__instanceId"),
        ('Properties["prop__state"]', 'Properties["state"]', "prop__state"),
    ),
    *breaks(
        "a_stuck_run_has_not_begun_or_not_ended",
        _query("stuck"),
        ('State == "Scheduled"', 'State == "Asked"', "Scheduled"),
        ('"Failed", ', "", "Completed"),
        ("Scheduled < ago(Pending)", "true", "ago(Pending)"),
        ("Started < ago(Longest)", "true", "ago(Longest)"),
        ("NotBegun or NotEnded", "NotBegun", "NotBegun or NotEnded"),
    ),
    *breaks(
        "poison_is_any_queue_of_that_name",
        _query("poison"),
        ('"PutMessage"', '"GetMessage"', "PutMessage"),
        ('endswith "-poison"', '== "poison"', "-poison"),
        ("\nStorageQueueLogs", "\nStorageBlobLogs", "StorageQueueLogs"),
    ),
    *breaks(
        "values_of_the_template_reach_the_queries",
        ALERTS,
        ("let Window = ", "let Hours = ", "Window"),
        ("let Longest = ", "let Most = ", "Longest"),
    ),
    *breaks(
        "values_of_the_template_reach_the_queries",
        _query("absence"),
        (" and hourofday(now()) >= FromHour", "", "FromHour"),
    ),
    *breaks(
        "every_rule_has_its_whole_query",
        ALERTS,
        ("queries/run-error.kql", "queries/run-critical.kql", "run-error"),
        ("'${absenceValues}\\n${finishedRuns}", "'${absenceValues}", "absence"),
        ("queries/finished-runs.kql", "queries/last-nights.kql", "finishedRuns"),
    ),
    *breaks(
        "the_rules_are_all_there",
        ALERTS,
        ("name: 'stuck'", "name: 'slow'", "stuck"),
        ("query: rule.query", "query: ''", "what a rule is made of"),
    ),
    *breaks(
        "dimensions_are_columns_of_the_query",
        ALERTS,
        ("dimensions: ['Instance']", "dimensions: ['Feed']", "stuck: Feed"),
    ),
    *breaks(
        "dimensions_are_columns_of_the_query",
        _query("poison"),
        ("project TimeGenerated, Queue", "project Queue", "poison: TimeGenerated"),
    ),
    *breaks(
        "windows_overlap_so_that_no_late_line_is_missed",
        ALERTS,
        (
            "dimensions: ['Queue']\n    evaluationFrequency: 'PT15M'",
            "dimensions: ['Queue']\n    evaluationFrequency: 'PT30M'",
            "poison",
        ),
    ),
    *breaks(
        "windows_overlap_so_that_no_late_line_is_missed",
        RULE,
        ("autoMitigate: true", "autoMitigate: false", "autoMitigate"),
    ),
    *breaks(
        "a_rule_speaks_at_the_first_line",
        RULE,
        ("          query: query", "          query: ''", "query"),
        ("timeAggregation: 'Count'", "timeAggregation: 'Average'", "timeAggregation"),
        ("operator: 'GreaterThan'", "operator: 'LessThan'", "operator"),
        ("threshold: 0", "threshold: 5", "threshold"),
        ("minFailingPeriodsToAlert: 1", "minFailingPeriodsToAlert: 2", "failingPeriods"),
    ),
    *breaks(
        "rules_are_on_and_tell_the_action_group",
        RULE,
        ("enabled: true", "enabled: false", "enabled"),
        ("actionGroups: [actionGroupId]", "actionGroups: []", "actionGroups"),
        ("scopes: [workspaceId]", "scopes: []", "scopes"),
        ("skipQueryValidation: true", "skipQueryValidation: false", "skipQueryValidation"),
    ),
    *breaks(
        "rules_are_on_and_tell_the_action_group",
        MAIN,
        (
            "actionGroupId: actionGroup.outputs.id\n    watched",
            "actionGroupId: ''\n    watched",
            "alerts",
        ),
        ("actionGroupId: actionGroup.outputs.id\n  }", "actionGroupId: ''\n  }", "topic"),
    ),
    *breaks(
        "the_action_group_sends_mail",
        GROUP,
        ("enabled: true", "enabled: false", "enabled"),
        ("'sis-sync'", "'sis-sync-alerts'", "groupShortName"),
        ("emailAddress: email", "emailAddress: ''", "emailAddress"),
    ),
    *breaks(
        "the_action_group_sends_mail",
        MAIN,
        ("param alertEmails string[]", "param alertEmails string[] = []", "alertEmails"),
    ),
    *breaks(
        "events_that_are_not_delivered_are_told_of",
        TOPIC,
        ("'DeadLetteredCount'", "'PublishFailCount'", "DeadLetteredCount"),
        ("'DroppedEventCount'", "'PublishFailCount'", "DroppedEventCount"),
        (
            (
                "metricNamespace: 'Microsoft.EventGrid/systemTopics'\n"
                "          metricName: 'DeadLetteredCount'"
            ),
            (
                "metricNamespace: 'Microsoft.EventGrid/topics'\n"
                "          metricName: 'DeadLetteredCount'"
            ),
            "undelivered: metricNamespace",
        ),
        (
            (
                "metricName: 'DroppedEventCount'\n          timeAggregation: 'Total'\n"
                "          operator: 'GreaterThan'\n          threshold: 0"
            ),
            (
                "metricName: 'DroppedEventCount'\n          timeAggregation: 'Total'\n"
                "          operator: 'GreaterThan'\n          threshold: 9"
            ),
            "dropped: threshold",
        ),
        (
            "severity: 1\n    enabled: true\n    scopes: [topic.id]",
            "severity: 1\n    enabled: true\n    scopes: []",
            "undelivered: scopes",
        ),
        (
            "severity: 0\n    enabled: true",
            "severity: 0\n    enabled: false",
            "dropped: enabled",
        ),
        (
            "        actionGroupId: actionGroupId\n      }\n    ]\n  }\n}\n\nresource dropped",
            "      }\n    ]\n  }\n}\n\nresource dropped",
            "undelivered: actions",
        ),
    ),
    *breaks(
        "every_alert_has_its_section_in_the_runbook",
        ALERTS,
        ("name: 'stuck'", "name: 'slow'", "alert-slow"),
    ),
    *breaks(
        "every_alert_has_its_section_in_the_runbook",
        TOPIC,
        (
            "'Events were lost, dead letters included. Runbook: docs/operate.md#alert-dead-letters",
            "'Events were lost. Runbook: docs/operate.md#alert-dropped",
            "alert-dropped",
        ),
    ),
    *breaks(
        "the_workbook_shows_the_last_nights",
        WORKBOOK,
        ("queries/last-nights.kql", "queries/stuck.kql", "queries"),
        ("serializedData: string(content)", "serializedData: ''", "serializedData"),
        ("sourceId: workspaceId", "sourceId: ''", "sourceId"),
    ),
]
