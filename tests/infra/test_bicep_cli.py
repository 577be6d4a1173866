"""Microsoft's own compiler has nothing to say about the templates."""

import json
from pathlib import Path

import pytest

from tests.infra.bicep import CLI, INFRA, assert_silent, bicep, copy_of_infra
from tests.infra.deployments import DEPLOYMENTS, LATER, MINIMAL

if CLI is None:
    pytest.skip(
        "bicep is not on PATH, so the templates were not compiled (see make bicep)",
        allow_module_level=True,
    )

LAYERS = ("main", "events", "graph")
SETS = [("main", name, values) for name, values in DEPLOYMENTS.items()] + [
    (layer, name, values) for (layer, name), values in LATER.items()
]


def test_the_linter_has_nothing_to_say() -> None:
    assert_silent("lint", "--pattern", f"{INFRA}/**/*.bicep")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_built(layer: str, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert_silent("build", f"{INFRA}/{layer}.bicep", "--outfile", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["resources"]


@pytest.mark.parametrize(
    ("layer", "variables"),
    [(layer, values) for layer, _, values in SETS],
    ids=[f"{layer}-{name}" for layer, name, _ in SETS],
)
def test_the_variables_of_a_deployment_become_its_parameters(
    layer: str, variables: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    file = f"{INFRA}/{layer}.bicepparam"
    assert_silent("build-params", file, "--outfile", str(out), variables=variables)
    assert json.loads(out.read_text(encoding="utf-8"))["parameters"]


def test_what_has_no_default_is_asked_for() -> None:
    for name in MINIMAL:
        given = {each: value for each, value in MINIMAL.items() if each != name}
        code, said = bicep("build-params", f"{INFRA}/main.bicepparam", "--stdout", variables=given)
        assert code != 0
        assert name in said


@pytest.mark.parametrize("ending", ["bicep", "bicepparam"])
def test_every_file_is_formatted(ending: str, tmp_path: Path) -> None:
    copy = copy_of_infra(tmp_path)
    assert_silent("format", "--pattern", f"{copy}/**/*.{ending}")
    for file in copy.rglob(f"*.{ending}"):
        expected = file.read_text(encoding="utf-8")
        assert (INFRA / file.relative_to(copy)).read_text(encoding="utf-8") == expected, file.name
