"""Microsoft's own compiler has nothing to say about the templates."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import CLI, INFRA, assert_silent, bicep, copy_of_infra
from tests.infra.deployed import Project, at
from tests.infra.deployments import DEPLOYMENTS, EVENTS, GRAPH, MINIMAL
from tests.infra.snapshots import COMMITTED, FOLDER, compare, path_of
from tests.once import once_per_run

if CLI is None:
    pytest.skip(
        "bicep is not on PATH, so the committed snapshots were not compared with the templates"
        " (see make bicep)",
        allow_module_level=True,
    )


def _vendor(*keys: str) -> dict[str, str]:
    users = [{"user": "vendor1", "feed": "northwind", "publicKeys": keys}]
    return {"SIS_USE_SFTP": "true", "SIS_SFTP_USERS": json.dumps(users)}


LAYERS = ("main", "events", "graph")
FEW_VARIABLES = {"main": MINIMAL, "events": EVENTS, "graph": GRAPH}


Documents = Mapping[str, dict[str, Any]]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """Every template as it is compiled, by its path below `infra/` without the ending."""

    def build(folder: Path) -> None:
        assert_silent("build", "--pattern", f"{INFRA}/**/*.bicep", "--outdir", str(folder))

    return _documents(once_per_run(tmp_path_factory, "templates", build))


@pytest.fixture(scope="session")
def given(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """What each parameter file makes of the variables that have no default, by its layer."""
    variables = {name: value for each in FEW_VARIABLES.values() for name, value in each.items()}

    def build(folder: Path) -> None:
        files = ("--pattern", f"{INFRA}/*.bicepparam", "--outdir", str(folder))
        assert_silent("build-params", *files, variables=variables)

    found = _documents(once_per_run(tmp_path_factory, "parameters", build))
    return {layer: document["parameters"] for layer, document in found.items()}


def _documents(folder: Path) -> Documents:
    return {
        str(file.relative_to(folder).with_suffix("")): json.loads(file.read_text(encoding="utf-8"))
        for file in folder.rglob("*.json")
    }


def _resources_of(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every resource of a compiled template, those of its modules too."""
    resources = template["resources"]
    for each in resources.values() if isinstance(resources, dict) else resources:
        yield each
        if each["type"] == "Microsoft.Resources/deployments":
            yield from _resources_of(each["properties"]["template"])


def _asks_for_a_list(value: object) -> bool:
    return re.search(r"[\[( ]list[A-Z]\w+\(", json.dumps(value)) is not None


def parameters_given(layer: str, variables: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What the parameter file of a layer makes of variables."""
    out = folder / "parameters.json"
    file = f"{INFRA}/{layer}.bicepparam"
    assert_silent("build-params", file, "--outfile", str(out), variables=variables)
    parameters: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["parameters"]
    return parameters


def test_the_linter_has_nothing_to_say() -> None:
    assert_silent("lint", "--pattern", f"{INFRA}/**/*.bicep")


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS.keys() - COMMITTED.keys()))
def test_the_variables_of_a_deployment_become_its_parameters(name: str, tmp_path: Path) -> None:
    # The others are compiled for their snapshots.
    assert parameters_given("main", DEPLOYMENTS[name], tmp_path)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_parameter_of_a_layer_can_be_set(
    layer: str, compiled: Documents, given: Documents
) -> None:
    # These have one value in every deployment that azd makes.
    fixed = {"pythonVersion", "graphRoot", "uploadSuffix"}
    assert set(compiled[layer]["parameters"]) - fixed == set(given[layer])


def test_defaults_agree_in_template_and_parameter_file(
    compiled: Documents, given: Documents
) -> None:
    defaults = {
        name: {"value": each["defaultValue"]}
        for name, each in compiled["main"]["parameters"].items()
        if "defaultValue" in each and name in given["main"]
    }
    assert {name: given["main"][name] for name in defaults} == defaults


def test_a_setting_without_a_default_is_required(compiled: Documents) -> None:
    wanted = compiled["main"]["parameters"]
    assert {name for name, each in wanted.items() if "defaultValue" not in each} == {
        "environmentName",
        "location",
        "feeds",
        "alertEmails",
    }
    code, said = bicep("build-params", f"{INFRA}/main.bicepparam", "--stdout")
    assert code != 0
    assert set(re.findall(r'variable "(\w+)" does not exist', said)) == set(MINIMAL)


def test_the_address_of_the_webhook_is_a_secret_parameter(compiled: Documents) -> None:
    for file in ("main", "modules/alert-webhook"):
        assert compiled[file]["parameters"]["alertWebhook"]["type"] == "securestring"


REFUSED = [
    (
        {
            "SIS_NETWORK_ADDRESS_PREFIX": "10.80.0.0/26",
            "SIS_LANDED_RETENTION_DAYS": "365",
            "SIS_RESULTS_RETENTION_DAYS": "365",
            "SIS_ALERT_WEBHOOK": "akvs://subscription/vault/secret",
            "SIS_EXPORTERS": json.dumps([{"principalId": each} for each in ("abcd-1", "ABCD-1")]),
            **_vendor("ssh-ed25519 A"),
        },
        [
            "Take a /25 or larger",
            "SIS_RESULTS_RETENTION_DAYS (365) must be more than SIS_LANDED_RETENTION_DAYS (365)",
            "azd env set-secret",
            "SIS_EXPORTERS lists a principalId twice",
            "vendor1 has a key that SFTP on Azure does not take",
        ],
    ),
    (
        {**_vendor(*["ssh-rsa A"] * 11), "SIS_ALERT_WEBHOOK": "http://hooks.example"},
        [
            "vendor1 has 11 keys; a user may have 10",
            "SIS_ALERT_WEBHOOK is not an https address",
        ],
    ),
    (
        {**_vendor("ssh-rsa A"), "SIS_USE_SFTP": "false"},
        ["SIS_USE_SFTP is not true"],
    ),
]


@pytest.mark.parametrize(("variables", "said"), REFUSED)
def test_what_azure_would_refuse_is_refused_before_anything_is_made(
    variables: dict[str, str], said: list[str]
) -> None:
    given = {**MINIMAL, **variables}
    code, output = bicep("build-params", f"{INFRA}/main.bicepparam", "--stdout", variables=given)
    assert code != 0
    assert [each for each in said if each not in output] == [], output
    assert output.count("Error BCP338") == len(said)


def test_what_is_just_within_the_limits_is_taken(tmp_path: Path) -> None:
    variables = {
        "SIS_NETWORK_ADDRESS_PREFIX": "10.80.0.0/25",
        "SIS_LANDED_RETENTION_DAYS": "29",
        "SIS_RESULTS_RETENTION_DAYS": "30",
        **_vendor("ecdsa-sha2-nistp256 A", *["ssh-rsa A comment"] * 9),
        "SIS_EXPORTERS": '[{"principalId": "ABCD", "principalType": "User"}]',
        "AZURE_PRINCIPAL_ID": "EFAB",
    }
    given = parameters_given("main", {**MINIMAL, **variables}, tmp_path)
    # The names of roles are made from the ids, and the same role under two names is refused.
    assert given["exporters"]["value"] == [{"principalId": "abcd", "principalType": "User"}]
    assert given["deployerId"]["value"] == "efab"


def test_another_state_makes_the_subscription_anew(tmp_path: Path) -> None:
    # azd skips a layer whose template and parameters are as they were.
    states = [
        parameters_given("events", {**EVENTS, "SIS_SUBSCRIPTION_STATE": state}, tmp_path)
        for state in ("a", "b", "b")
    ]
    assert states[0] != states[1] == states[2]


def test_no_list_function_is_in_what_a_condition_leaves_out(compiled: Documents) -> None:
    # Azure evaluates it all the same. In a module whose condition is false it does not.
    for layer in LAYERS:
        for each in _resources_of(compiled[layer]):
            own = {name: value for name, value in each.items() if name != "properties"}
            if each["type"] != "Microsoft.Resources/deployments":
                own["properties"] = each.get("properties")
            assert "condition" not in each or not _asks_for_a_list(own), each["name"]


def test_private_endpoints_are_made_one_after_the_other(compiled: Documents) -> None:
    (endpoints,) = (
        each
        for each in _resources_of(compiled["main"])
        if each["type"] == "Microsoft.Network/privateEndpoints"
    )
    assert (endpoints["copy"].get("mode"), endpoints["copy"].get("batchSize")) == ("serial", 1)


def test_python_is_one_of_the_versions_that_the_project_supports(
    project: Project, compiled: Documents
) -> None:
    about = tomllib.loads((INFRA.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest, ceiling = (int(minor) for minor in re.findall(r"3\.(\d+)", about["requires-python"]))
    for file in ("main", "modules/app"):
        allowed = compiled[file]["parameters"]["pythonVersion"]["allowedValues"]
        assert allowed == [f"3.{minor}" for minor in range(lowest, ceiling)]
    default = compiled["main"]["parameters"]["pythonVersion"]["defaultValue"]
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
