"""Who may do what: every role assignment, by its scope and id, and what is open to the network."""

from collections.abc import Iterator

from tests.infra.project import Found, Project
from tests.infra.reading import Expression
from tests.infra.rules import rule

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

ROLES = {
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}

APP, TOPIC = (
    ("appPrincipalId", "ServicePrincipal"),
    ("topic.identity.principalId", "ServicePrincipal"),
)
OPERATORS = ("operatorGroupId", "Group")

SNAPSHOT = {
    ("host-storage", "account", "Storage Blob Data Owner", APP, ""),
    ("host-storage", "account", "Storage Queue Data Contributor", APP, ""),
    ("host-storage", "account", "Storage Table Data Contributor", APP, ""),
    ("data-access", "landing", "Storage Blob Data Owner", APP, ""),
    ("data-access", "results", "Storage Blob Data Contributor", APP, ""),
    ("data-access", "settings", "Storage Blob Data Reader", APP, ""),
    ("data-access", "allQueues[i]", "Storage Queue Data Contributor", APP, ""),
    (
        "data-access",
        "results",
        "Storage Blob Data Contributor",
        OPERATORS,
        "(!empty(operatorGroupId))",
    ),
    ("monitoring", "insights", "Monitoring Metrics Publisher", APP, ""),
    ("topic", "deadLetters", "Storage Blob Data Contributor", TOPIC, ""),
    ("topic", "landed", "Storage Queue Data Message Sender", TOPIC, "(!empty(landedQueue))"),
}
"""Module, scope, role, who, and on what condition. A change here is a change of who may do what."""


@rule
def roles_are_those_of_the_snapshot(project: Project) -> Iterator[str]:
    found = [_facts(project, each) for each in project.resources(ASSIGNMENTS)]
    yield from (f"new: {each}" for each in found if each not in SNAPSHOT)
    yield from (f"gone: {each}" for each in SNAPSHOT if each not in found)
    if len(found) != len(SNAPSHOT):
        yield "the same role is assigned twice"


@rule
def every_role_has_its_reason_beside_it(project: Project) -> Iterator[str]:
    for assignment in project.resources(ASSIGNMENTS):
        if not assignment.it.comment.startswith("// Reason: "):
            yield assignment.label


@rule
def the_name_of_an_assignment_holds_all_that_it_is_of(project: Project) -> Iterator[str]:
    for found in project.resources(ASSIGNMENTS):
        name, role = str(found.it.at("name")), _role_variable(found)
        principal = str(found.it.at("properties.principalId")).removesuffix(".identity.principalId")
        if not (name.startswith("guid(") and role in name and principal in name):
            yield found.label


@rule
def scopes_are_what_they_are_called(project: Project) -> Iterator[str]:
    access = project.template("modules/data-access")
    names = {
        "landing": "landingContainer",
        "results": "resultsContainer",
        "settings": "settingsContainer",
        "allQueues": "queue",
    }
    for resource in access.resources:
        if resource.symbol in names and resource.at("name") != names[resource.symbol]:
            yield resource.symbol
    parameters = project.module("main", "dataAccess").at("params")
    for name in ("landingContainer", "resultsContainer", "settingsContainer"):
        if parameters[name] != name:
            yield f"main: {name}"
    if project.resource("modules/topic", "deadLetters").at("name") != "deadLetterContainer":
        yield "deadLetters"


@rule
def the_identity_of_the_roles_is_the_apps(project: Project) -> Iterator[str]:
    for module in ("hostStorage", "dataAccess", "monitoring"):
        if (
            project.module("main", module).at("params.appPrincipalId")
            != "identity.outputs.principalId"
        ):
            yield module
    if project.module("main", "app").at("params.identityId") != "identity.outputs.id":
        yield "identityId"
    if project.module("main", "app").at("params.identityClientId") != "identity.outputs.clientId":
        yield "identityClientId"


@rule
def nobody_logs_with_a_key(project: Project) -> Iterator[str]:
    if (
        project.resource("modules/monitoring", "insights").at("properties.DisableLocalAuth")
        is not True
    ):
        yield "Application Insights"
    workspace = project.resource("modules/monitoring", "workspace")
    if workspace.at("properties.features.disableLocalAuth") is not True:
        yield "Log Analytics"


@rule
def insights_keep_their_logs_in_the_workspace(project: Project) -> Iterator[str]:
    insights = project.resource("modules/monitoring", "insights")
    if insights.at("properties.WorkspaceResourceId") != "workspace.id":
        yield "WorkspaceResourceId"
    if insights.at("properties.Application_Type") != "web":
        yield "Application_Type"


@rule
def a_network_is_optional_and_shuts_the_hosts_storage(project: Project) -> Iterator[str]:
    if project.template("main").parameters["useVirtualNetwork"].default is not False:
        yield "useVirtualNetwork"
    if project.module("main", "network").condition != "(useVirtualNetwork)":
        yield "network"
    for module in ("hostStorage", "dataStorage"):
        if project.module("main", module).at("params.isPrivate") != "useVirtualNetwork":
            yield module
    host = project.resource("modules/host-storage", "account")
    if host.at("properties.publicNetworkAccess") != "isPrivate ? 'Disabled' : 'Enabled'":
        yield "publicNetworkAccess"


@rule
def every_service_of_the_app_has_a_private_endpoint(project: Project) -> Iterator[str]:
    services = project.variable("modules/network", "services")
    pairs = {(each["account"], each["group"]) for each in services}
    host = {("host", group) for group in ("blob", "queue", "table")}
    yield from (str(each) for each in (host | {("data", "blob"), ("data", "queue")}) - pairs)
    (link,) = project.resource("modules/network", "endpoints").at(
        "properties.privateLinkServiceConnections"
    )
    if link["properties"]["privateLinkServiceId"] != (
        "service.account == 'host' ? hostStorageId : dataStorageId"
    ):
        yield "privateLinkServiceId"
    if project.variable("modules/network", "groups") != ["blob", "queue", "table"]:
        yield "groups"
    zone = project.resource("modules/network", "zones").at("name")
    if zone != "privatelink.${group}.${environment().suffixes.storage}":
        yield "zones"


@rule
def the_apps_subnet_is_one_for_flex(project: Project) -> Iterator[str]:
    subnets = project.resource("modules/network", "network").at("properties.subnets")
    app = next(each for each in subnets if each["name"] == "app")["properties"]
    if app.get("delegations") != [
        {"name": "flex", "properties": {"serviceName": "Microsoft.App/environments"}}
    ]:
        yield "delegations"
    if project.template("modules/network").outputs["appSubnetId"] != "${network.id}/subnets/app":
        yield "appSubnetId"
    if project.resource("modules/app", "app").at("properties.virtualNetworkSubnetId") != (
        "empty(subnetId) ? null : subnetId"
    ):
        yield "virtualNetworkSubnetId"


def _facts(project: Project, found: Found) -> tuple[str, str, str, tuple[str, str], str]:
    module = found.path.removeprefix("infra/modules/").removesuffix(".bicep")
    role = project.template(f"modules/{module}").variables.get(_role_variable(found))
    name = next((name for name, id_ in ROLES.items() if id_ == role), str(role))
    who = (str(found.it.at("properties.principalId")), str(found.it.at("properties.principalType")))
    return module, str(found.it.at("scope")), name, who, found.it.condition


def _role_variable(found: Found) -> str:
    definition = found.it.at("properties.roleDefinitionId")
    if not isinstance(definition, Expression):
        return ""
    return str(definition).removesuffix(")").rpartition(", ")[2]
