"""What `pip install .` installs is enough to validate, and brings no SDK of Azure.

Nothing is installed here: a process can import only what a plain installation has.
"""

import functools
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

RUN = """
import json, sys
absent = {*json.loads(sys.argv.pop(1))}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from sync_core.cli.app import app
app(prog_name="sis-sync")
"""


def installed_with(*wanted: str) -> set[str]:
    """The names of these distributions and of all that they require here."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = normal(requirement.name)
        if name not in found and (requirement.marker is None or requirement.marker.evaluate()):
            found.add(name)
            waiting += [each for each in requires(name) or () if "extra ==" not in each]
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


PLAIN = installed_with(*PROJECT["project"]["dependencies"])


@functools.cache
def absent() -> str:
    """The modules that are here and that a plain installation lacks, as JSON."""
    owned = packages_distributions().items()
    expected = {*PLAIN, "sis-sync"}
    return json.dumps([name for name, owners in owned if not expected & set(map(normal, owners))])


def ran(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", RUN, absent(), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plain_install_brings_no_sdk() -> None:
    assert {"polars", "typer", "rich", "jinja2"} <= PLAIN
    heavy = ("azure", "azurefunctions", "msal", "httpx", "requests", "aiohttp", "cryptography")
    assert not [name for name in PLAIN if name.startswith(heavy)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("validate", "samples/broken"), 1, "21 errors"),
        (("validate", "samples/clean", "--format", "html"), 0, "<html"),
        (("template", "sds-v2.1", "--into"), 0, "orgs.csv"),
        (("explain", "duplicate"), 0, "duplicate"),
        (("formats",), 0, "# File formats"),
        (("feeds", "check", "tests/unit/golden/feeds.json"), 0, "no faults"),
        (("doctor", "--help"), 0, "Usage"),
    ],
    ids=lambda part: " ".join(part[:2]) if isinstance(part, tuple) else "",
)
def test_it_is_enough_for(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = ran(*words, *([str(tmp_path)] if words[-1] == "--into" else []))
    assert (done.returncode, said in done.stdout, done.stderr) == (code, True, "")


@pytest.mark.parametrize("words", [("show", "north"), ("deliver", ".", "--feed", "x"), ("doctor",)])
def test_the_other_commands_say_what_to_install(words: tuple[str, ...]) -> None:
    done = ran(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "sis-sync[ops]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


APP = {"include-group": "app"}


def test_every_package_has_one_version_in_the_project() -> None:
    lists = [
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    versions: dict[tuple[str, str], set[str]] = {}
    for requirement in (Requirement(each) for group in lists for each in group if each != APP):
        key = normal(requirement.name), str(requirement.marker)
        versions.setdefault(key, set()).add(str(requirement.specifier))
    assert not {name for name, found in versions.items() if len(found) > 1}


def test_the_extra_for_operators_is_a_part_of_what_the_app_has() -> None:
    ops = set(PROJECT["project"]["optional-dependencies"]["ops"])
    assert ops < set(PROJECT["dependency-groups"]["app"])
