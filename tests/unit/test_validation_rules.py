"""The texts of the rules."""

import re

import pytest

from sync_core.model.masking.known import WORDINGS
from sync_core.validation.rules import RULES, Rule

SERVICE_WORDINGS = {
    wording.text.replace("{column}", "{field}")
    .replace("{code}", "RequiredFileNotFound")
    .removesuffix(".")
    for wording in WORDINGS
}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_has_a_stable_id_a_wording_and_advice(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    placeholders = r"\{(count|rows|field|file|format|position|hint)\}"
    assert "{" not in re.sub(placeholders, "", rule.wording)
    assert rule.advice.endswith(".")


def test_wordings_of_the_service_are_word_for_word_its_messages() -> None:
    quoted = {
        rule.wording.removesuffix(".")
        for rule in RULES.values()
        if "row(s)" in rule.wording or rule.id in ("file-missing", "duplicate")
    }
    assert len(quoted) == 5
    assert quoted <= SERVICE_WORDINGS
