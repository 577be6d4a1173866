"""Reading the project's own Markdown: pages, anchors of headings, blocks of commands."""

import functools
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "samples" / "README.md"])

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@functools.cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them.

    https://docs.github.com/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
    """
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", path.read_text(encoding="utf-8"))):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        again = sum(1 for each in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each))
        found.add(f"{anchor}-{again}" if again else anchor)
    return found


def table(name: str, first: str) -> list[list[str]]:
    """The rows of the table whose first heading is `first`, cell by cell."""
    lines = iter((ROOT / name).read_text(encoding="utf-8").splitlines())
    next(line for line in lines if line.startswith(f"| {first} |"))
    next(lines)
    rows: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            return rows
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


_BLOCK = re.compile(r"^ *```(?:console|bash)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def commands(path: Path) -> list[str]:
    """The commands in a page's blocks of `console` or `bash`, each on one line, without output.

    A command begins with `$ ` and goes on in the next line where a quotation or a loop is open, or
    where the line ends in a backslash or a pipe.
    """
    found: list[str] = []
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        open_lines: list[str] = []
        for line in block.splitlines():
            text = line.strip()
            if not open_lines and not text.startswith("$ "):
                continue
            open_lines.append(text.removeprefix("$ ") if not open_lines else text)
            if not _goes_on(open_lines):
                found.append(" ".join(line.removesuffix("\\").rstrip() for line in open_lines))
                open_lines = []
        if open_lines:
            raise ValueError(f"{path.name}: a command does not end: {open_lines[0]}")
    return found


def _goes_on(lines: list[str]) -> bool:
    if lines[-1].endswith(("\\", "|")):
        return True
    if lines[0].startswith("for ") and lines[-1] != "done":
        return True
    try:
        shlex.split("\n".join(lines))
    except ValueError:
        return True
    return False
