"""Writes the pictures of the documentation: reports that the demonstrations leave on this machine.

python -m tests.browser.screenshots
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.browser.test_pages import CHROMIUM, HERE, NODE

ROOT = HERE.parents[1]
IMAGES = ROOT / "docs" / "images"


class Picture(NamedTuple):
    """A picture of the report on the first run of a demonstration that ended in this way.

    `at` is the id of the element at its top.
    """

    name: str
    demonstration: Sequence[str]
    outcome: str
    scheme: str
    width: int
    height: int
    at: str = ""


PICTURES = (
    Picture("report-held", ("--story", "shrunken"), "held", "light", 1_000, 1_130),
    Picture("report-rejected", ("samples/broken",), "rejected", "dark", 1_000, 900, "problems"),
)


def report(demonstration: Sequence[str], outcome: str, folder: Path) -> Path:
    """Run a demonstration in a folder, unless it has been run there, and find a report of it."""
    if not folder.exists():
        command = [sys.executable, "-m", "local", "demo", *demonstration, "--folder", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
    results = sorted(folder.glob("results/*/*/result.json"))
    kept = {path: json.loads(path.read_text(encoding="utf-8"))["outcome"] for path in results}
    return next(path.parent / "report.html" for path in results if kept[path] == outcome)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pictures = [
            {
                "page": str(report(each.demonstration, each.outcome, Path(folder) / each.outcome)),
                "path": str(IMAGES / f"{each.name}.png"),
                "scheme": each.scheme,
                "width": each.width,
                "height": each.height,
                "at": each.at,
            }
            for each in PICTURES
        ]
        question = json.dumps({"chromium": CHROMIUM, "pictures": pictures})
        subprocess.run([NODE, HERE / "pictures.mjs"], input=question, text=True, check=True)


if __name__ == "__main__":
    main()
