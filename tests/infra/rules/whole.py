"""What holds for every file, and for the layers together."""

import json
import re
from collections.abc import Iterator

from sync_core.targets.permissions import PERMISSIONS, permissions_document
from tests.infra.deployed import Project
from tests.infra.rules import rule

GRAPH = "infra/modules/graph-permissions.bicep"
GRANTS = "Microsoft.Graph/appRoleAssignedTo@v1.0"


@rule
def only_the_graph_module_needs_an_extension(project: Project) -> Iterator[str]:
    for path, text in project.texts.items():
        extended = re.search(r"^extension ", text, re.MULTILINE) is not None
        if path.endswith(".bicep") and extended is not (path == GRAPH):
            yield path


@rule
def modules_are_files_of_this_project_and_all_are_used(project: Project) -> Iterator[str]:
    used = set()
    for path, text in project.texts.items():
        for module in re.findall(r"^module \w+ '([^']+)'", text, re.MULTILINE):
            used.add(module.rpartition("/")[2])
            if not re.fullmatch(r"(?:modules/)?[a-z-]+\.bicep", module):
                yield f"{path}: {module}"
    yield from {path.rpartition("/")[2] for path in project.texts if "/modules/" in path} ^ used


@rule
def the_key_of_the_webhook_is_asked_for_in_one_place(project: Project) -> Iterator[str]:
    for name, resources in project.deployed.items():
        asked = json.dumps(resources).count("listKeys(")
        if asked != (1 if name == "events-webhook" else 0):
            yield f"{name}: {asked} times"


@rule
def permissions_are_those_of_the_table(project: Project) -> Iterator[str]:
    if project.texts["infra/permissions.json"].encode() != permissions_document():
        yield "infra/permissions.json: run make permissions"
    if "loadJsonContent('../permissions.json')" not in project.texts[GRAPH]:
        yield "table"
    if "appId: table.graphAppId" not in project.texts[GRAPH]:
        yield "graph"


@rule
def permissions_are_granted_to_the_app_by_their_names(project: Project) -> Iterator[str]:
    grants = [each["properties"] for each in project.deployed["graph-both targets"].values()]
    names = {permission.name for granted in PERMISSIONS.values() for permission in granted}
    if len(grants) != len(names):
        yield f"{len(grants)} permissions"
    for grant in grants:
        if grant["principalId"] != "99999999-8888-7777-6666-555555555555":
            yield "principalId"
        if grant["resourceId"] != "[reference('graph').id]":
            yield "resourceId"
        # Delegated scopes share the names, so the type is asked for.
        for part in ("equals(lambdaVariables('role').value, variables('names')", "'Application'"):
            if part not in grant["appRoleId"]:
                yield "appRoleId"


@rule
def permissions_are_granted_only_when_asked_to(project: Project) -> Iterator[str]:
    yield from project.deployed["graph-off"]
    for name, resources in project.main():
        yield from (f"{name}: {each}" for each, it in resources.items() if it["type"] == GRANTS)
