"""The cost model's counts are what the code does, and the document prints what the model says."""

import importlib.util
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sync_core import activities
from sync_core.activities import Services
from sync_core.intake.sweep import EventQueues, feeds_to_start
from sync_core.model.documents import Step
from sync_core.model.outcomes import Outcome
from sync_core.orchestration import orchestrators as orchestration
from sync_core.orchestration.steps import Verdict, Wait
from sync_core.targets import Progress
from tests.unit.product_kit import EXPORT, ActivityHarness, VerifyingTarget

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = ROOT / "tests" / "replay" / "histories"
REQUEST = re.compile(r"Request URL: '[^/]*//[^/]*/[^/]*/([^'?]*)[^']*'\nRequest method: '(\w+)'")
STARTED = Verdict(outcome=Outcome.STARTED, sent=True)
CALLS_OFF = 1
DRY_RUN_CALLS = {
    "gather_file_set": 3,
    "validate_file_set": 12,
    "compare_with_baseline": 4,
    "check_readiness": 0,
    "upload_file_set": 12,
    "start_sync": 6,
    "publish_result": 18,
}
"""Upper limits for each step of a feed's first dry run, whose files are six. Thousands of feeds may
run in the same hour, and their calls to storage take most of a run's time."""
STEPS = 8
NIGHT = "2026-11-20T02:00:00Z"
TASK_COMPLETED, TIMER_FIRED, ORCHESTRATOR_STARTED = 5, 11, 12


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cost", ROOT / "infra" / "scripts" / "cost.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COST = script()


class Calls(logging.Handler):
    """What the storage SDK sends, by its own log."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        for path, method in REQUEST.findall(record.getMessage()):
            reads = "reads" if "/" in path else "lists"
            self.sent.append("writes" if method == "PUT" else reads)

    def counts(self) -> Any:
        return COST.Operations(**{kind: self.sent.count(kind) for kind in COST.Operations._fields})


@pytest.fixture
def calls() -> Iterator[Calls]:
    log = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")
    level, handler = log.level, Calls()
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)


def test_a_nights_calls_to_storage_are_those_of_the_model(
    harness: ActivityHarness, calls: Calls
) -> None:
    harness.target = VerifyingTarget()
    harness.land("n1/")
    before = harness.landed_set("n1")
    harness.ask(activities.validate_file_set, files=before)
    harness.publish(before, STARTED)
    harness.land("n2/", {**EXPORT, "school.csv": "SIS ID,Name\nN,Another\n"})
    files, now = harness.landed_set("n2"), harness.newest() + 1_000.0
    harness.target.will_answer(progress=[Progress(status="inProgress", state="running")])

    def asking(step: activities.Activity) -> Callable[[], object]:
        return lambda: harness.ask(step, files=files, now=now)

    steps: dict[str, Callable[[], object]] = {
        "gather_file_set": lambda: harness.ask(activities.gather_file_set, now=now),
        "validate_file_set": asking(activities.validate_file_set),
        "compare_with_baseline": asking(activities.compare_with_baseline),
        "check_readiness": asking(activities.check_readiness),
        "upload_file_set": asking(activities.upload_file_set),
        "verify_upload": asking(activities.verify_upload),
        "start_sync": asking(activities.start_sync),
        "publish_result": lambda: harness.publish(files, STARTED),
        "check_progress": asking(activities.check_progress),
        "sweep": lambda: feeds_to_start(harness.services, now, EventQueues({}, None)),
    }
    measured = {}
    for name, step in steps.items():
        if name == "start_sync":
            # By now the service has verified the files.
            steps["verify_upload"]()
        calls.sent.clear()
        step()
        measured[name] = calls.counts()
    assert set(measured) == set(COST.MEASURED)
    off = {name: (measured[name], model) for name, model in COST.MEASURED.items()}
    # A call more or less is no other cost, and need not stop whoever changes a step.
    far = {name: pair for name, pair in off.items() if _distance(*pair) > CALLS_OFF}
    assert far == {}


def test_a_dry_run_takes_no_more_calls_to_storage_than_these(
    harness: ActivityHarness, calls: Calls
) -> None:
    harness.change_feed(target="dry-run", profileId=None)
    harness.services = Services(harness.settings)
    harness.land()
    files, now = harness.landed_set(), harness.newest() + 1_000.0
    verdict, taken = Verdict(outcome=Outcome.DRY_RUN), dict[str, int]()
    start = Step(name="start", started_at=NIGHT, ended_at=NIGHT, seconds=0.0)
    for name in DRY_RUN_CALLS:
        calls.sent.clear()
        if name == "publish_result":
            answer = harness.publish(files, verdict, steps=(start,))
        else:
            answer = harness.ask(getattr(activities, name), files=files, now=now)
        assert not isinstance(answer, Wait)
        taken[name] = len(calls.sent)
    assert {name: count for name, count in taken.items() if count > DRY_RUN_CALLS[name]} == {}


def test_episodes_are_those_of_a_recorded_run() -> None:
    """Of the run whose target was polled for longer than `sync_feed` asks by itself."""
    histories = [_types(path) for path in sorted(HISTORIES.glob("started-*.json"))]
    run, *moved = histories
    assert len(moved) == 1
    assert COST.POLLS_HERE == orchestration.POLLS_HERE
    polls = run.count(TASK_COMPLETED)
    # A step that has moved waits once more before it does.
    waits = polls - STEPS + len(moved)
    assert waits == run.count(TIMER_FIRED)
    # The other episode of a move is the beginning of the sub-orchestration.
    begun = COST.EPISODES_OF_A_START + (COST.EPISODES_OF_A_MOVE - 1) * len(moved)
    assert run.count(ORCHESTRATOR_STARTED) == begun + polls + waits


def test_every_activity_of_a_run_is_in_the_model() -> None:
    assert set(COST.POLLS) == set(COST.MEASURED) - {"sweep"}
    assert len(EXPORT) == COST.FILES


def test_the_alerts_that_are_paid_for_are_those_of_the_templates() -> None:
    modules = ROOT / "infra" / "modules"
    rules = (modules / "alerts.bicep").read_text(encoding="utf-8").count("evaluationFrequency: 'PT")
    metrics = (modules / "topic.bicep").read_text(encoding="utf-8").count("metricAlerts@")
    assert (rules, metrics) == (COST.LOG_ALERTS, COST.METRIC_ALERTS)


def test_the_document_prints_the_model() -> None:
    text = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    for table in (
        COST.counts_table(),
        COST.sources_table(),
        COST.dollars_table(),
        COST.prices_table(),
    ):
        assert f"\n{table}\n" in text, "run python3 infra/scripts/cost.py docs/cost.md"


def test_tables_of_yesterday_are_written_anew() -> None:
    text = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    old = text.replace("| activities |", "| steps |").replace("| events |", "| happenings |")
    assert old != text
    assert COST.renewed(old) == text


def _distance(one: Any, other: Any) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _types(path: Path) -> list[int]:
    """The types of the events of a history."""
    context = json.loads(path.read_text(encoding="utf-8"))["context"]
    return [event["EventType"] for event in context["history"]]
