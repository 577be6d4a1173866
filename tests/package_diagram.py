"""The diagram of packages in docs/architecture.md, drawn from the table in CONTRIBUTING.md.

`make diagram` writes it; a test fails while the page differs from the table.
"""

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- packages -->\n", "<!-- end of packages -->\n"

_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$", re.MULTILINE)


def layers() -> dict[str, set[str]]:
    """The packages of CONTRIBUTING's first table, in its order, and what each may import."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| package of `sync_core` |")[2].partition("\n\n")[0]
    return {
        package: set(re.findall(r"`(\w+)`", allowed)) for package, allowed in _ROW.findall(table)
    }


def diagram(packages: Mapping[str, set[str]]) -> str:
    """A Mermaid flowchart from the importing package up to the imported one.

    An import that another path of imports implies has no arrow of its own.
    """
    arrows = [
        f"    {package} --> {imported}"
        for package, allowed in packages.items()
        for imported in packages
        if imported in allowed and not _implied(packages, allowed, imported)
    ]
    return "\n".join(["```mermaid", "flowchart BT", *arrows, "```", ""])


def page(text: str, packages: Mapping[str, set[str]]) -> str:
    """The text of the page with the diagram of these packages between its marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} needs the lines {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}\n{diagram(packages)}\n{END}{after}"


def _implied(packages: Mapping[str, set[str]], allowed: set[str], imported: str) -> bool:
    return any(imported in _reachable(packages, other) for other in allowed - {imported})


def _reachable(packages: Mapping[str, set[str]], start: str) -> set[str]:
    found = set(packages[start])
    for package in packages[start]:
        found |= _reachable(packages, package)
    return found


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), layers()), encoding="utf-8")
