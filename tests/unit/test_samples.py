"""The samples are what their README says they are, and between them break every rule."""

import re
from collections import Counter
from pathlib import Path

import pytest

from sync_core.formats import format_named
from sync_core.formats.rules import RULES
from sync_core.formats.rules.limits import LIMIT_RULES
from sync_core.model.messages import Finding
from sync_core.validation.engine import validate
from sync_core.validation.model import Validation
from sync_core.validation.recognition import RECOGNITION_RULES
from tests.unit.validation_kit import csv_file

SAMPLES = Path(__file__).parents[2] / "samples"

Row = tuple[str, ...]
LIMITS = {rule.id for rule in LIMIT_RULES}
"""Rules of a target; the samples are validated without one."""


def validated(folder: str) -> Validation:
    paths = sorted((SAMPLES / folder).glob("*.csv"))
    name = "sds-v2.1" if folder.endswith("v2.1") else "sds-v1"
    return validate(format_named(name), [csv_file(path.name, path.read_bytes()) for path in paths])


def listed(folder: str) -> Counter[Row]:
    """The table under the folder's heading: file, lines, rule, field, type."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    _, section = readme.split(f"\n## {folder}\n")
    table = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| ")]
    return Counter(tuple(re.split(r" *\| *", line.strip("| "))) for line in table[1:])


def as_listed(finding: Finding) -> Row:
    lines = ", ".join(map(str, finding.rows)) or "-"
    return (finding.file_name, lines, finding.rule, finding.field or "-", finding.type)


def test_the_clean_export_has_no_findings() -> None:
    validation = validated("clean")
    assert validation.findings == ()
    assert validation.rows == {
        "school.csv": 2,
        "student.csv": 60,
        "teacher.csv": 6,
        "section.csv": 12,
        "studentenrollment.csv": 240,
        "teacherroster.csv": 12,
    }


def test_the_clean_export_of_the_newer_format_has_no_findings() -> None:
    validation = validated("clean-v2.1")
    assert validation.findings == ()
    assert validation.rows["users.csv"] == 14


@pytest.mark.parametrize("folder", ["warnings", "broken", "broken-v2.1", "unreadable"])
def test_the_findings_are_those_that_the_readme_lists(folder: str) -> None:
    assert Counter(map(as_listed, validated(folder).findings)) == listed(folder)


def test_every_rule_is_broken_by_some_sample() -> None:
    rules = {row[2] for folder in ("broken", "broken-v2.1", "unreadable") for row in listed(folder)}
    # A folder has room for one file of a name; the tests of these rules break the others.
    elsewhere = {"file-without-rows", "header-empty", "footer", "end-of-file-mark", "formula"}
    elsewhere |= {"header-repeated", "row-empty", "fields-padded"}
    # All values of a column break these, so that its rows can show nothing else.
    elsewhere |= {"id-decimal", "id-digits", "username-domain"}
    assert rules | RECOGNITION_RULES | elsewhere == set(RULES) - LIMITS


def test_warnings_are_all_that_the_warnings_export_has() -> None:
    assert {finding.type for finding in validated("warnings").findings} == {"Warning"}


@pytest.mark.parametrize("folder", ["clean", "warnings"])
def test_the_files_end_their_lines_as_exporters_on_windows_do(folder: str) -> None:
    for path in (SAMPLES / folder).glob("*.csv"):
        content = path.read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") == len(content.splitlines())
