"""The diagrams of docs/architecture.md show what the code does, and cited headings exist."""

import re
from collections.abc import Iterator
from pathlib import Path

from sync_core.model.outcomes import Outcome
from tests.docs_kit import anchors
from tests.package_diagram import PAGE, ROOT, diagram, layers, page

CITATION = re.compile(r"docs/([a-z-]+\.md)#([\w-]*\w)(?![\w-])")
PRIVATE_CITATION = re.compile(r"\(spec \d")


def test_the_diagram_of_packages_is_drawn_from_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, layers()) == text, "run make diagram"


def test_an_import_that_others_imply_has_no_arrow() -> None:
    packages = {"a": set[str](), "b": {"a"}, "c": {"a", "b"}}
    assert diagram(packages).splitlines() == [
        "```mermaid",
        "flowchart BT",
        "    b --> a",
        "    c --> b",
        "```",
    ]


def test_every_outcome_stands_with_the_states() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## States and outcomes")[2]
    states, _, below = section.partition("stateDiagram-v2")[2].partition("```")
    words = set(re.findall(r"--> (\w+)", states))
    steps = set(re.findall(r"^ +(\w+) -->", states, re.MULTILINE))
    named = set(re.findall(r"`(\w+)`", below))
    assert (words - steps) | named == set(Outcome)


def test_code_cites_public_facts_and_the_headings_exist() -> None:
    cited = set()
    for path, text in _code():
        assert not PRIVATE_CITATION.search(text), path
        for name, anchor in CITATION.findall(text):
            assert anchor in anchors(ROOT / "docs" / name), f"{path} cites {name}#{anchor}"
            cited.add(f"{name}#{anchor}")
    assert "service-facts.md#whole-sets" in cited


def test_every_fact_names_its_public_page() -> None:
    text = (ROOT / "docs" / "service-facts.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        assert "](https://learn.microsoft.com/" in section, section.partition("\n")[0]


def _code() -> Iterator[tuple[Path, str]]:
    """Every source file, without the templates that are broken on purpose."""
    for folder in ("sync_core", "local", "tests", "benchmarks", "infra"):
        for path in (ROOT / folder).rglob("*"):
            left_out = {"node_modules", "breaks"} & {*path.parts}
            if path.suffix in {".py", ".bicep", ".kql", ".sh"} and not left_out:
                yield path, path.read_text(encoding="utf-8")
