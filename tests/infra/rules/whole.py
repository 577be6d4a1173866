"""What holds for every file, and for the layers together."""

import json
import re
from collections.abc import Iterator

from sync_core.targets.permissions import GRAPH_APP_ID, permissions_document
from tests.infra.project import Project
from tests.infra.reading import EXTENSION
from tests.infra.rules import rule

GRAPH = "infra/modules/graph-permissions.bicep"


@rule
def every_file_is_understood(project: Project) -> Iterator[str]:
    for path, template in project.templates():
        yield from (f"{path}: {error}" for error in template.errors)


@rule
def only_the_graph_module_needs_an_extension(project: Project) -> Iterator[str]:
    for path, text in project.texts.items():
        if path.endswith(".bicep") and _extended(text) is not (path == GRAPH):
            yield path
    if not project.texts[GRAPH].startswith(EXTENSION):
        yield "the extension is not the first line"
    configured = json.loads(project.texts["infra/bicepconfig.json"])["extensions"]
    if configured != {
        "microsoftGraphV1": "br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1.0.0"
    }:
        yield "bicepconfig.json"


@rule
def no_module_comes_from_a_registry(project: Project) -> Iterator[str]:
    for path, template in project.templates():
        for module in template.modules:
            if not re.fullmatch(r"(?:modules/)?[a-z-]+\.bicep", module.type):
                yield f"{path}: {module.type}"


@rule
def every_module_is_used(project: Project) -> Iterator[str]:
    used = {
        module.type.rpartition("/")[2] for _, each in project.templates() for module in each.modules
    }
    there = {path.rpartition("/")[2] for path in project.texts if "/modules/" in path}
    yield from there ^ used


@rule
def no_output_holds_a_secret(project: Project) -> Iterator[str]:
    for path, template in project.templates():
        for name, value in template.outputs.items():
            if re.search(r"list[A-Z]\w*\(|[kK]eys?\b|[wW]ebhook", str(value)):
                yield f"{path}: {name}"


@rule
def the_key_of_the_webhook_is_asked_for_in_one_place(project: Project) -> Iterator[str]:
    for path, text in project.texts.items():
        if "listKeys(" in text and path != "infra/modules/subscription.bicep":
            yield path


@rule
def every_parameter_of_a_layer_can_be_set(project: Project) -> Iterator[str]:
    # These have one value in every deployment that azd makes.
    fixed = {"pythonVersion", "graphRoot", "uploadSuffix"}
    for layer in ("main", "events", "graph"):
        text = project.texts[f"infra/{layer}.bicepparam"]
        given = set(re.findall(r"^param (\w+)", text, re.MULTILINE))
        wanted = set(project.template(layer).parameters) - fixed
        yield from (f"{layer}: {name}" for name in given ^ wanted)
        if not text.startswith(f"using '{layer}.bicep'\n"):
            yield f"{layer}: using"


@rule
def defaults_agree_in_both_files(project: Project) -> Iterator[str]:
    text = project.texts["infra/main.bicepparam"]
    for name, parameter in project.template("main").parameters.items():
        found = re.search(
            rf"^param {name} = \w*\(?readEnvironmentVariable\('\w+', '(.*?)'\)", text, re.MULTILINE
        )
        default = parameter.default
        shown = default if isinstance(default, str) else json.dumps(default)
        if found and found[1] != shown:
            yield f"{name}: {found[1]} and {shown}"


@rule
def whoever_must_decide_is_asked(project: Project) -> Iterator[str]:
    for name in ("environmentName", "location", "feeds", "alertEmails"):
        if project.template("main").parameters[name].default is not None:
            yield name


@rule
def permissions_are_those_of_the_table(project: Project) -> Iterator[str]:
    if project.texts["infra/permissions.json"].encode() != permissions_document():
        yield "infra/permissions.json: run make permissions"
    if project.variable("modules/graph-permissions", "table") != (
        "loadJsonContent('../permissions.json')"
    ):
        yield "table"
    graph = project.resource("modules/graph-permissions", "graph")
    if not graph.existing or graph.at("appId") != "table.graphAppId":
        yield "graph"
    if GRAPH_APP_ID not in project.texts["infra/permissions.json"]:
        yield "graphAppId"


@rule
def permissions_are_granted_to_the_app_by_their_names(project: Project) -> Iterator[str]:
    grants = project.resource("modules/graph-permissions", "grants")
    expected = {
        "principalId": "appPrincipalId",
        "resourceId": "graph.id",
        "appRoleId": "filter(graph.appRoles, role => role.value == name"
        " && contains(role.allowedMemberTypes, 'Application'))[0].id",
    }
    yield from (name for name, value in expected.items() if grants.at(name) != value)
    if "table.targets[target]" not in str(project.variable("modules/graph-permissions", "names")):
        yield "names"


@rule
def permissions_are_granted_only_when_asked_to(project: Project) -> Iterator[str]:
    if project.template("graph").parameters["grantPermissions"].default is not False:
        yield "grantPermissions"
    if project.module("graph", "permissions").condition != "(grantPermissions)":
        yield "permissions"
    if "'SIS_GRANT_GRAPH_PERMISSIONS', 'false'" not in project.texts["infra/graph.bicepparam"]:
        yield "graph.bicepparam"
    if "graph-permissions.bicep" in project.texts["infra/main.bicep"]:
        yield "main.bicep"


def _extended(text: str) -> bool:
    return re.search(r"^extension ", text, re.MULTILINE) is not None
