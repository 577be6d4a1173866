"""The example of each rule breaks that rule in the validation engine, and stops when corrected."""

from collections.abc import Iterator, Mapping
from functools import partial

import pytest

from sync_core.formats import format_named
from sync_core.formats.rules import RULES, Rule
from sync_core.formats.rules.model import Content, Repeated
from sync_core.model.messages import Finding
from sync_core.model.target_kinds import file_limits
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile
from tests.unit.rule_examples import example_exports

EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)


def found_in(format_name: str, files: Mapping[str, Content]) -> tuple[Finding, ...]:
    """What `sis-sync validate` finds in a set of these files."""
    fmt = format_named(format_name)
    every = [CsvFile(name, partial(blocks, data)) for name, data in files.items()]
    return validate(
        fmt,
        [file for file in every if fmt.file(file.name)],
        others=[file for file in every if not fmt.file(file.name)],
        limits=file_limits(None, fmt.name),
    ).findings


def blocks(content: Content) -> Iterator[bytes]:
    text = content.text() if isinstance(content, Repeated) else content
    yield text.encode() if isinstance(text, str) else text


@EVERY_RULE
def test_the_example_breaks_its_rule_and_no_other(rule: Rule) -> None:
    before, _ = example_exports(rule.example)
    findings = found_in(rule.example.format, before)
    assert {finding.rule for finding in findings} == {rule.id, *rule.example.also}
    first = next(finding for finding in findings if finding.rule == rule.id)
    assert first.description == rule.example.finding


@EVERY_RULE
def test_the_corrected_example_has_no_fault_at_all(rule: Rule) -> None:
    _, after = example_exports(rule.example)
    assert found_in(rule.example.format, after) == ()
