"""Imports point one way, orchestrations are pure, and a cold start pays only for what it runs."""

import ast
import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package_diagram import layers
from tests.unit.product_kit import environment

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "sync_core"

LAYERS = layers()

PLAIN = {
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "hashlib",
    "inspect",
    "msgspec",
    "re",
    "types",
    "typing",
    "zlib",
}
"""What orchestrators may import: nothing that reads or writes."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PRODUCT.rglob("*.py"))}


def package_of(module: str) -> str:
    return module.split(".")[1]


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_a_package_imports_only_what_stands_above_it() -> None:
    above: set[str] = set()
    for package, allowed in LAYERS.items():
        assert allowed <= above, f"{package} may import only what stands above it in the table"
        above.add(package)


def test_every_module_belongs_to_a_package_of_the_table() -> None:
    assert {package_of(module) for module in MODULES if "." in module} == set(LAYERS)


def test_the_root_stays_small() -> None:
    entries = {path.name for path in PRODUCT.iterdir()} - {"__pycache__"}
    assert len(entries) <= 16


def imports_between_packages(module: str) -> set[str]:
    packages = {
        package_of(name)
        for name in imported(parsed(MODULES[module]))
        if name in MODULES and "." in name
    }
    return packages - {package_of(module)}


@pytest.mark.parametrize("module", [name for name in MODULES if "." in name])
def test_imports_point_one_way(module: str) -> None:
    assert imports_between_packages(module) <= LAYERS[package_of(module)]


@pytest.mark.parametrize("package", LAYERS)
def test_the_table_names_no_import_that_is_not_needed(package: str) -> None:
    needed = {
        each
        for module in MODULES
        if "." in module and package_of(module) == package
        for each in imports_between_packages(module)
    }
    assert needed == LAYERS[package]


def test_no_module_imports_itself_by_way_of_others() -> None:
    asked = {
        module: {name for name in top_level_imports(parsed(path)) if name in MODULES} - {module}
        for module, path in MODULES.items()
    }
    while free := {module for module, names in asked.items() if not names & asked.keys()}:
        asked = {module: names for module, names in asked.items() if module not in free}
    assert not asked


def top_level_imports(tree: ast.Module) -> Iterator[str]:
    """The modules that are imported when the file is loaded."""
    for node in tree.body:
        yield from (
            imported(ast.Module([node], []))
            if isinstance(node, ast.Import | ast.ImportFrom)
            else ()
        )


@pytest.mark.parametrize("module", [*MODULES, "function_app"])
def test_the_product_never_imports_the_local_cloud_or_the_tests(module: str) -> None:
    path = MODULES.get(module, ROOT / "function_app.py")
    outer = {name.split(".")[0] for name in imported(parsed(path))}
    assert not outer & {"local", "tests", "infra", "benchmarks"}


class TestOrchestrations:
    TREE = parsed(PRODUCT / "orchestration" / "orchestrators.py")

    def test_nothing_that_they_load_reads_or_writes(self) -> None:
        seen: set[str] = set()
        outer: set[str] = set()
        waiting = ["sync_core.orchestration.orchestrators"]
        while waiting:
            module = waiting.pop()
            if module in seen:
                continue
            seen.add(module)
            # A package is loaded before what is in it.
            waiting += [module.rpartition(".")[0] or module]
            for name in imported(parsed(MODULES[module])):
                if name in MODULES:
                    waiting.append(name)
                elif not name.startswith("sync_core"):
                    outer.add(name.split(".")[0])
        assert outer <= PLAIN
        assert not {"activities", "targets", "storage", "validation"} & {
            package_of(module) for module in seen if "." in module
        }

    @pytest.mark.parametrize(
        "path", sorted((PRODUCT / "orchestration").glob("*.py")), ids=lambda path: path.name
    )
    def test_they_ask_no_clock_no_chance_and_no_surroundings(self, path: Path) -> None:
        assert impurities(parsed(path)) == []

    def test_each_takes_its_context_by_the_name_that_the_worker_gives_it(self) -> None:
        public = [
            node
            for node in self.TREE.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        ]
        assert public
        for function in public:
            assert [argument.arg for argument in function.args.args] == ["context"]

    @pytest.mark.parametrize(
        "code",
        [
            "datetime.now(UTC)",
            "datetime.utcnow()",
            "date.today()",
            "time.monotonic()",
            "from time import time",
            "import random",
            "uuid4()",
            "uuid.uuid4()",
            "context.new_uuid()",
            "os.environ['X']",
            "os.getenv('X')",
            "open('x')",
            "print('x')",
            "log.info('x')",
            "import logging",
            "async def f(): await x",
            "yield context.wait_for_external_event('x')",
            "for x in {1, 2}: pass",
            "set(x)",
            "threading.Thread()",
        ],
    )
    def test_the_search_finds_what_it_is_for(self, code: str) -> None:
        assert impurities(ast.parse(code))


FORBIDDEN = {
    "await",
    "environ",
    "getenv",
    "log",
    "logging",
    "monotonic",
    "new_uuid",
    "open",
    "os",
    "perf_counter",
    "print",
    "random",
    "secrets",
    "set",
    "sleep",
    "socket",
    "threading",
    "time",
    "today",
    "utcnow",
    "uuid",
    "uuid4",
    "wait_for_external_event",
}
"""Names that a replay would answer in another way, or twice."""


def impurities(tree: ast.AST) -> list[str]:
    """What in a tree depends on more than its history."""
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in FORBIDDEN:
                found.append(name)
            case ast.Attribute(attr="now"):
                found.append("now")
            case ast.Import() | ast.ImportFrom():
                found += [name for name in imported(node) if name.split(".")[0] in FORBIDDEN]
            case ast.Await() | ast.AsyncFunctionDef() | ast.Set() | ast.SetComp() | ast.Global():
                found.append(type(node).__name__)
    return found


LOADED = """
import json, sys
import azure.functions, azure.durable_functions
import azurefunctions.extensions.bindings.blob
before = set(sys.modules)
import function_app
print(json.dumps([sorted(sys.modules), sorted(set(sys.modules) - before)]))
"""


@pytest.fixture(scope="module")
def loaded() -> tuple[set[str], set[str]]:
    """All modules after the app was loaded, and those that the SDK had not loaded before it."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={**os.environ, **environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    every, ours = json.loads(ran.stdout)
    return set(every), set(ours)


def test_the_rules_load_without_the_engines_libraries() -> None:
    code = (
        "import sys, sync_core.formats.rules;print(*sorted({'numpy', 'polars'} & {*sys.modules}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""


VALIDATION: dict[str, set[str]] = {
    "model": set(),
    "findings": set(),
    "first_lines": set(),
    "other_headers": {"first_lines"},
    "recognition": {"first_lines", "other_headers"},
    "records": {"findings"},
    "checks": {"findings", "model", "records"},
    "engine": {"checks", "findings", "model", "recognition", "records"},
}
"""What each part of validation may import of the others."""


@pytest.mark.parametrize("module", [name for name in MODULES if ".validation." in name])
def test_inside_of_validation_imports_point_one_way_too(module: str) -> None:
    part = module.split(".")[2]
    parts = {
        name.split(".")[2]
        for name in imported(parsed(MODULES[module]))
        if name in MODULES and name.startswith("sync_core.validation.")
    }
    assert parts - {part} <= VALIDATION[part]


class TestColdStart:
    @pytest.mark.parametrize(
        "heavy",
        [
            "httpx",
            "sync_core.activities",
            "sync_core.alerts.alert",
            "sync_core.results.store",
            "sync_core.storage",
            "sync_core.intake.sweep",
            "sync_core.targets",
            "sync_core.validation",
        ],
    )
    def test_loading_the_app_does_not_load(
        self, loaded: tuple[set[str], set[str]], heavy: str
    ) -> None:
        assert heavy not in loaded[0]

    def test_the_app_itself_brings_neither_storage_nor_identity(
        self, loaded: tuple[set[str], set[str]]
    ) -> None:
        # The blob binding of the SDK loads both, whatever the app does.
        brought = {name for name in loaded[1] if name.startswith(("azure.", "msal", "requests"))}
        assert brought == set()

    def test_the_app_brings_its_triggers_and_its_orchestrations(
        self, loaded: tuple[set[str], set[str]]
    ) -> None:
        assert {
            "function_app",
            "sync_core.orchestration.orchestrators",
            "sync_core.model.feeds",
        } <= loaded[1]
