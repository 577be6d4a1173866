"""The texts of the rules."""

import re

import pytest

from sync_core.formats.rules import RULES, Rule
from sync_core.formats.rules import sources as every_source
from sync_core.formats.rules.file_types import FILE_TYPE_RULES
from sync_core.formats.rules.model import Source
from sync_core.formats.rules.other_formats import OTHER_FORMAT_RULES
from sync_core.model.masking.known import WORDINGS
from sync_core.validation.recognition import FOREIGN_FORMAT_RULES
from tests.docs_kit import ROOT, anchors

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


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_means_what_causes_it_and_where_it_comes_from(rule: Rule) -> None:
    for text in (rule.meaning, *rule.causes):
        assert re.fullmatch(r"[A-Z].{20,}\.", text)
        assert "{" not in text
    assert rule.causes
    assert len(set(rule.sources)) == len(rule.sources) > 0
    assert rule.example.before != rule.example.after


def test_every_source_is_a_public_page_and_its_fact_a_heading_of_the_facts() -> None:
    sources = {source for rule in RULES.values() for source in rule.sources}
    declared = {each for each in vars(every_source).values() if isinstance(each, Source)}
    assert sources == declared
    assert len({source.title for source in sources}) == len(sources)
    facts = (ROOT / "docs" / "service-facts.md").read_text(encoding="utf-8")
    headings = anchors(ROOT / "docs" / "service-facts.md")
    for source in sources:
        assert re.fullmatch(r"https://[a-z0-9.-]+/\S+", source.address)
        assert not source.fact or source.fact in headings
        assert bool(source.fact) == (f"({source.address})" in facts)


def test_wordings_of_the_service_are_word_for_word_its_messages() -> None:
    quoted = {
        rule.wording.removesuffix("{hint}").removesuffix(".")
        for rule in RULES.values()
        if "row(s)" in rule.wording or rule.id in ("file-missing", "duplicate")
    }
    assert len(quoted) == 5
    assert quoted <= SERVICE_WORDINGS


class TestWhatAFeedMayChange:
    @pytest.mark.parametrize(
        "rule", ["enum-value", "duplicate", "fields-too-few", "encoding", "header-misspelt"]
    )
    def test_a_rule_for_single_records_or_values(self, rule: str) -> None:
        assert RULES[rule].adjustable

    def test_that_a_file_has_rows_as_some_districts_sync_only_students(self) -> None:
        assert RULES["file-without-rows"].adjustable

    @pytest.mark.parametrize(
        "rule", [*FILE_TYPE_RULES, *OTHER_FORMAT_RULES], ids=lambda rule: rule.id
    )
    def test_not_what_a_file_is(self, rule: Rule) -> None:
        assert not rule.adjustable

    def test_not_whether_a_set_is_in_another_format(self) -> None:
        assert {rule.id for rule in OTHER_FORMAT_RULES} >= FOREIGN_FORMAT_RULES

    @pytest.mark.parametrize(
        "rule", ["line-ends", "separator", "line-above-header", "header-missing", "quotes", "nul"]
    )
    def test_not_whether_it_can_be_read(self, rule: str) -> None:
        assert not RULES[rule].adjustable
