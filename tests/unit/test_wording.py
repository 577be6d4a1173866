"""What users are told names what they have: a profile is the classic API's alone."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs_kit import PAGES

PRODUCT = Path(__file__).parents[2] / "sync_core"
OF_ONE_API = {"targets/classic.py"}
OF_BOTH = {"model/target_kinds.py", "model/feeds/document.py"}
"""These speak of every kind of target and of settings, which have ids of each."""
OF_OTHERS = {"model/masking/known.py", "validation/recognition.py"}
"""These hold words of the service's documentation and of another roster format."""


def told(path: Path) -> set[str]:
    """The texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent
    }


def test_only_what_belongs_to_the_classic_api_speaks_of_profiles() -> None:
    speaking = {
        path.relative_to(PRODUCT).as_posix()
        for path in PRODUCT.rglob("*.py")
        if any("profile" in text.lower() for text in told(path))
    }
    formats = {name for name in speaking if name.startswith("formats/")}
    assert speaking - formats == OF_ONE_API | OF_BOTH | OF_OTHERS


ROOT = PRODUCT.parent
RETIRED = re.compile(
    r"\bdrop (it|the export|an export)\b|nobody has to watch|watched by|the way of the data"
    r"|\bfate\b|passed over|not told|\banew\b|held against|has a say",
    re.IGNORECASE,
)
"""Metaphors that have a standard term. results.md is left out: it shows the table of outcomes."""


@pytest.mark.parametrize(
    "path",
    [
        *(page for page in PAGES if page.name != "results.md"),
        *sorted(PRODUCT.rglob("*.py")),
        *sorted((ROOT / "local").rglob("*.py")),
        *sorted((ROOT / "infra" / "scripts").glob("*.py")),
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_documents_and_code_use_the_standard_terms(path: Path) -> None:
    text = " ".join(path.read_text(encoding="utf-8").split())
    assert [match[0] for match in RETIRED.finditer(text)] == []
