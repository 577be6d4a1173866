"""Each kind of target and each format is declared once; a new one is built in a copy of the app."""

import ast
import inspect
import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_core.formats import FORMATS
from sync_core.model.feeds import Feed
from sync_core.model.target_kinds import TARGET_KINDS
from sync_core.targets import (
    ReportsProgress,
    StartsByOperation,
    Target,
    VerifiesUploads,
    target_for,
)
from tests.unit.product_kit import settings_of

ROOT = Path(__file__).parents[2]
CAPABILITIES = (VerifiesUploads, StartsByOperation, ReportsProgress)


def adapter(kind: str) -> Target:
    feed = Feed(name="f", target=kind, profile_id="x1", inbound_flow_id="x1")
    return target_for(feed, settings_of())


def methods(target: object) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(type(target))))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def only_raises(method: ast.FunctionDef) -> bool:
    body = [node for node in method.body if not isinstance(node, ast.Expr)]
    return all(isinstance(node, ast.Raise) for node in body)


class TestDeclarations:
    @pytest.mark.parametrize("kind", TARGET_KINDS)
    def test_every_kind_has_an_adapter_with_the_whole_port(self, kind: str) -> None:
        port = {name for name in vars(Target) if not name.startswith("_")}
        assert port == {"readiness", "upload", "before_start", "start", "evidence"}
        assert port <= {method.name for method in methods(adapter(kind))}

    @pytest.mark.parametrize("kind", TARGET_KINDS)
    def test_no_adapter_has_a_method_only_to_raise(self, kind: str) -> None:
        assert [each.name for each in methods(adapter(kind)) if only_raises(each)] == []

    @pytest.mark.parametrize(
        ("kind", "capable"),
        [
            ("classic", {ReportsProgress}),
            ("industry-data", {VerifiesUploads, StartsByOperation, ReportsProgress}),
            ("dry-run", set()),
        ],
    )
    def test_what_only_some_kinds_can_do(self, kind: str, capable: set[type]) -> None:
        target = adapter(kind)
        assert {each for each in CAPABILITIES if isinstance(target, each)} == capable

    @pytest.mark.parametrize("kind", TARGET_KINDS.values(), ids=lambda kind: kind.name)
    def test_what_a_kind_names_is_there(self, kind: Any) -> None:
        assert kind.formats
        assert kind.formats <= FORMATS.keys()
        groups = {group for name in kind.formats for group in FORMATS[name].groups}
        assert kind.required_groups <= groups
        assert set(kind.id_fields) <= set(Feed.__struct_fields__)
        assert bool(kind.id_advice) == bool(kind.id_fields)

    def test_no_other_module_names_a_kind_or_a_format(self) -> None:
        names = {*TARGET_KINDS, *FORMATS}
        allowed = {
            "model/target_kinds.py": names,
            # The defaults of a feed.
            "model/feeds/feed.py": {"dry-run", "sds-v1"},
            # Dry runs have baselines of their own.
            "activities/baselines.py": {"dry-run"},
            **{f"formats/{path.name}": names for path in (ROOT / "sync_core/formats").glob("*.py")},
            # The examples of rules are files of a format.
            **{
                f"formats/rules/{path.name}": names
                for path in (ROOT / "sync_core/formats/rules").glob("*.py")
            },
        }
        found = {
            (str(path.relative_to(ROOT / "sync_core")), node.value)
            for path in (ROOT / "sync_core").rglob("*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in names
        }
        assert {(path, name) for path, name in found if name not in allowed.get(path, ())} == set()


TOY_KIND = """
TOY = TargetKind(
    name="toy",
    adapter="sync_core.targets.toy:toy_target",
    formats=frozenset({"sds-v2.1"}),
    id_field="toy_id",
    id_advice="toyId must name a toy.",
    permissions=(Permission("Toy.Play.All", "0" * 8, "play"),),
    start_limit=StartLimit(starts=1, hours=2),
)

TARGET_KINDS: """

TOY_ADAPTER = """
from sync_core.targets import Readiness, StartAnswer


class Toy:
    def __init__(self, toy_id): self.id = toy_id
    def readiness(self): return Readiness("ready", f"The toy {self.id} is ready.")
    def upload(self, files, log): pass
    def before_start(self): return {}
    def start(self): return StartAnswer(started=True)
    def evidence(self, before, under_way): return None


def toy_target(feed, settings): return Toy(feed.target_id)
"""

ASK_OF_A_KIND = """
import json
from sync_core.model.feeds import Feed
from sync_core.model.feeds.checks import checked
from sync_core.targets import target_for
from sync_core.targets.permissions import lacking, permissions_document

def wrong(**fields):
    return [each.text for each in checked({"name": "f", "format": "sds-v2.1", **fields}).wrong]

feed = checked({"name": "f", "target": "toy", "toyId": "t1", "format": "sds-v2.1"}).feed
print(json.dumps({
    "ready": target_for(feed, None).readiness().detail,
    "right": wrong(target="toy", toyId="t1"),
    "no id": wrong(target="toy"),
    "no target": wrong(toyId="t1"),
    "two ids": wrong(target="toy", toyId="t1", profileId="p"),
    "format": wrong(target="toy", toyId="t1", format="sds-v1"),
    "unknown": wrong(target="toi"),
    "permissions": json.loads(permissions_document())["targets"]["toy"],
    "lacking": lacking("Toy.Play.All", frozenset()),
    "limit": feed.kind.start_limit,
}))
"""

TOY_FORMAT = """
from sync_core.formats.model import Column, FileSpec, Format

TOY = Format(
    name="toy-v1",
    title="Toys",
    service_code="toysV1",
    files=(
        FileSpec(
            name="toys.csv",
            required=True,
            columns=(Column(name="Toy", required=True, required_value=True, source="a toy"),),
        ),
    ),
)
"""

ASK_OF_A_FORMAT = """
import json
from sync_core.formats import format_named, format_of
from sync_core.model.feeds.checks import checked
from sync_core.targets.industry_data.enums import FORMAT_CODES
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile

def wrong(**fields):
    return [each.text for each in checked({"name": "f", "format": "toy-v1", **fields}).wrong]

toys = format_named("toy-v1")
found = validate(toys, [CsvFile(name="toys.csv", open=lambda: iter([b"Toy\\n\\nbear\\n"]))])
print(json.dumps({
    "recognised": format_of({"toys.csv": ["Toy"]}).name,
    "code": FORMAT_CODES["toy-v1"],
    "rows": dict(found.rows),
    "dry-run": wrong(target="dry-run"),
    "industry-data": wrong(target="industry-data", inboundFlowId="i1"),
    "classic": wrong(target="classic", profileId="p1"),
}))
"""

NO_TARGET = (
    'target is missing, although toyId is set: add "target": "toy" to sync to it, or "target":'
    ' "dry-run" to send nothing.'
)
TWO_IDS = (
    "profileId belongs to the target classic, inboundFlowId and inboundFlowName to industry-data,"
    " toyId to toy: keep those of the feed's own target and remove the others."
)
NOT_TAKEN = (
    "the target classic takes the formats sds-v1, sds-v1-uk: change the feed's format or its"
    " target."
)


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """A copy of the product, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sync_core", tmp_path / "sync_core", ignore=ignored)
    return tmp_path


@pytest.fixture
def change(product: Path) -> Callable[[str, str, str], None]:
    """Replaces one text in a file of the copy."""

    def changed(file: str, old: str, new: str) -> None:
        path = product / "sync_core" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} has to stand in {file} once"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return changed


def told(product: Path, script: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=product, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_new_kind_is_a_declaration_the_field_of_its_id_and_an_adapter(
    product: Path, change: Callable[[str, str, str], None]
) -> None:
    change("model/target_kinds.py", "\nTARGET_KINDS: ", TOY_KIND)
    change("model/target_kinds.py", "INDUSTRY_DATA, DRY_RUN)", "INDUSTRY_DATA, DRY_RUN, TOY)")
    field = "    profile_id: str | None = None\n"
    change("model/feeds/feed.py", field, field + "    toy_id: str | None = None\n")
    (product / "sync_core/targets/toy.py").write_text(TOY_ADAPTER, encoding="utf-8")
    assert told(product, ASK_OF_A_KIND) == {
        "ready": "The toy t1 is ready.",
        "right": [],
        "no id": ["toyId must name a toy."],
        "no target": [NO_TARGET],
        "two ids": [TWO_IDS],
        "format": [
            "the target toy takes the formats sds-v2.1: change the feed's format or its target."
        ],
        "unknown": ['target must be one of classic, dry-run, industry-data, toy, not "toi".'],
        "permissions": [{"name": "Toy.Play.All", "id": "00000000"}],
        "lacking": ["Toy.Play.All"],
        "limit": [1, 2],
    }


def test_a_new_format_is_one_module_of_data_and_its_registration(
    product: Path, change: Callable[[str, str, str], None]
) -> None:
    (product / "sync_core/formats/toy.py").write_text(TOY_FORMAT, encoding="utf-8")
    line = "from sync_core.formats.sds_v2_1 import SDS_V2_1\n"
    change("formats/__init__.py", line, line + "from sync_core.formats.toy import TOY\n")
    change("formats/__init__.py", "SDS_V1_UK, SDS_V2_1)", "SDS_V1_UK, SDS_V2_1, TOY)")
    assert told(product, ASK_OF_A_FORMAT) == {
        "recognised": "toy-v1",
        "code": "toysV1",
        "rows": {"toys.csv": 1},
        "dry-run": [],
        "industry-data": [],
        "classic": [NOT_TAKEN],
    }
