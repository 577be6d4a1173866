"""The templates hold every rule, and every rule is seen to fail on a broken copy."""

import ast
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.infra import breaks as broken
from tests.infra.breaks import access, alerts, app, events, storage, whole
from tests.infra.deployed import Project
from tests.infra.rules import RULES
from tests.infra.rules import access as _access  # noqa: F401 - registers its rules
from tests.infra.rules import alerts as _alerts  # noqa: F401
from tests.infra.rules import app as _app  # noqa: F401
from tests.infra.rules import events as _events  # noqa: F401
from tests.infra.rules import storage as _storage  # noqa: F401
from tests.infra.rules import whole as _whole  # noqa: F401

BREAKS = [
    each for module in (storage, app, access, events, alerts, whole) for each in module.BREAKS
]
RULE_FILES = sorted((Path(__file__).parent / "rules").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_templates_hold(name: str, project: Project) -> None:
    assert list(RULES[name](project)) == []


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.rule}-{case.where}")
def test_a_broken_copy_is_noticed(case: broken.Break, project: Project) -> None:
    offenders = list(RULES[case.rule](case.of(project)))
    assert any(case.offender in offender for offender in offenders), offenders


def test_every_assertion_of_every_rule_is_seen_to_fail(project: Project) -> None:
    """Each `yield` of a rule is reached by some broken copy."""
    seen: set[tuple[str, int]] = set()

    def watch(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        for case in BREAKS:
            list(RULES[case.rule](case.of(project)))
    finally:
        sys.settrace(before)
    assertions = {(str(path), line) for path in RULE_FILES for line in _yields(path)}
    assert assertions - seen == set()


def _yields(path: Path) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Yield)]
