"""Microsoft's own compiler has nothing to say about the templates."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import CLI, INFRA, assert_silent, bicep, copy_of_infra
from tests.infra.deployed import Project, at
from tests.infra.deployments import DEPLOYMENTS, LATER, MINIMAL
from tests.infra.snapshots import COMMITTED, FOLDER, compare, path_of

if CLI is None:
    pytest.skip(
        "bicep is not on PATH, so the committed snapshots were not compared with the templates"
        " (see make bicep)",
        allow_module_level=True,
    )

LAYERS = ("main", "events", "graph")
SETS = [("main", name, values) for name, values in DEPLOYMENTS.items()] + [
    (layer, name, values) for (layer, name), values in LATER.items()
]


def parameters_wanted(file: str, folder: Path) -> dict[str, Any]:
    """The parameters of a template, as they are compiled."""
    out = folder / "template.json"
    assert_silent("build", f"{INFRA}/{file}.bicep", "--outfile", str(out))
    parameters: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["parameters"]
    return parameters


def parameters_given(layer: str, variables: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What the parameter file of a layer makes of variables."""
    out = folder / "parameters.json"
    file = f"{INFRA}/{layer}.bicepparam"
    assert_silent("build-params", file, "--outfile", str(out), variables=variables)
    parameters: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["parameters"]
    return parameters


def test_the_linter_has_nothing_to_say() -> None:
    assert_silent("lint", "--pattern", f"{INFRA}/**/*.bicep")


@pytest.mark.parametrize(
    ("layer", "variables"),
    [(layer, values) for layer, _, values in SETS],
    ids=[f"{layer}-{name}" for layer, name, _ in SETS],
)
def test_the_variables_of_a_deployment_become_its_parameters(
    layer: str, variables: dict[str, str], tmp_path: Path
) -> None:
    assert parameters_given(layer, variables, tmp_path)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_parameter_of_a_layer_can_be_set(layer: str, tmp_path: Path) -> None:
    # These have one value in every deployment that azd makes.
    fixed = {"pythonVersion", "graphRoot", "uploadSuffix"}
    variables = next(values for each, _, values in SETS if each == layer)
    given = parameters_given(layer, variables, tmp_path)
    assert set(parameters_wanted(layer, tmp_path)) - fixed == set(given)


def test_defaults_agree_in_template_and_parameter_file(tmp_path: Path) -> None:
    given = parameters_given("main", MINIMAL, tmp_path)
    defaults = {
        name: {"value": each["defaultValue"]}
        for name, each in parameters_wanted("main", tmp_path).items()
        if "defaultValue" in each and name in given
    }
    assert {name: given[name] for name in defaults} == defaults


def test_whoever_must_decide_is_asked(tmp_path: Path) -> None:
    wanted = parameters_wanted("main", tmp_path)
    assert {name for name, each in wanted.items() if "defaultValue" not in each} == {
        "environmentName",
        "location",
        "feeds",
        "alertEmails",
    }
    for name in MINIMAL:
        given = {each: value for each, value in MINIMAL.items() if each != name}
        code, said = bicep("build-params", f"{INFRA}/main.bicepparam", "--stdout", variables=given)
        assert code != 0
        assert name in said


def test_the_address_of_the_webhook_is_a_secret_parameter(tmp_path: Path) -> None:
    for file in ("main", "modules/app"):
        assert parameters_wanted(file, tmp_path)["alertWebhook"]["type"] == "securestring"


def test_python_is_one_of_the_versions_that_the_project_supports(
    tmp_path: Path, project: Project
) -> None:
    about = tomllib.loads((INFRA.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest, ceiling = (int(minor) for minor in re.findall(r"3\.(\d+)", about["requires-python"]))
    for file in ("main", "modules/app"):
        allowed = parameters_wanted(file, tmp_path)["pythonVersion"]["allowedValues"]
        assert allowed == [f"3.{minor}" for minor in range(lowest, ceiling)]
    default = parameters_wanted("main", tmp_path)["pythonVersion"]["defaultValue"]
    app = project.deployed["minimal"]["Web/sites/func-sis-sync"]
    assert at(app, "properties.functionAppConfig.runtime.version") == default


@pytest.mark.parametrize("ending", ["bicep", "bicepparam"])
def test_every_file_is_formatted(ending: str, tmp_path: Path) -> None:
    copy = copy_of_infra(tmp_path)
    assert_silent("format", "--pattern", f"{copy}/**/*.{ending}")
    for file in copy.rglob(f"*.{ending}"):
        expected = file.read_text(encoding="utf-8")
        assert (INFRA / file.relative_to(copy)).read_text(encoding="utf-8") == expected, file.name


@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_the_templates_give_the_committed_snapshot(name: str) -> None:
    # After a change that is meant: make snapshots, and look at the difference.
    compare(name, path_of(name).read_text(encoding="utf-8"))


def test_another_snapshot_is_noticed() -> None:
    text = path_of("events-queue").read_text(encoding="utf-8")
    with pytest.raises(AssertionError, match="maxDeliveryAttempts"):
        compare(
            "events-queue", text.replace('"maxDeliveryAttempts": 30', '"maxDeliveryAttempts": 3')
        )


def test_every_committed_snapshot_is_compared() -> None:
    assert set(FOLDER.iterdir()) == {path_of(name) for name in COMMITTED}
