"""How a run can end: the one table, against what was agreed."""

import re
from pathlib import Path

import pytest

from sync_core.model.outcomes import OUTCOMES, Outcome

QUERIES = Path(__file__).parents[2] / "infra" / "queries"

AGREED = {
    "started": ("info", 0),
    "started_with_warnings": ("warning", 0),
    "scheduled": ("warning", 0),
    "unchanged": ("info", 0),
    "dry_run": ("info", 0),
    "rejected": ("error", 1),
    "refused": ("error", 1),
    "held": ("error", 1),
    "incomplete": ("error", 1),
    "not_ready": ("error", 1),
    "superseded": ("info", 0),
    "unknown": ("critical", 1),
    "failed": ("critical", 1),
}
"""Outcome to severity and exit code: alert rules and scripts rely on it."""


def test_outcomes_severities_and_exit_codes_are_the_agreed_ones() -> None:
    assert {str(one): (one.severity, one.exit_code) for one in Outcome} == AGREED


def test_every_outcome_has_its_facts_in_the_order_of_the_words() -> None:
    assert list(OUTCOMES) == list(Outcome)


def test_the_alert_on_absence_counts_the_successes() -> None:
    query = (QUERIES / "absence.kql").read_text(encoding="utf-8")
    (counted,) = re.findall(r"\| where Outcome in \((.+)\)", query)
    successes = {outcome for outcome in Outcome if OUTCOMES[outcome].success}
    assert set(re.findall(r'"(\w+)"', counted)) == successes
    assert successes == {Outcome.STARTED, Outcome.STARTED_WITH_WARNINGS, Outcome.UNCHANGED}


@pytest.mark.parametrize("outcome", Outcome)
def test_a_person_learns_what_happened_and_what_to_do(outcome: Outcome) -> None:
    facts = OUTCOMES[outcome]
    assert facts.meaning.endswith(".")
    assert facts.action.endswith(".")


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_needs_no_action_says_so(outcome: Outcome) -> None:
    nothing_to_do = OUTCOMES[outcome].action.startswith("Nothing to do")
    assert nothing_to_do == (outcome.severity == "info")
