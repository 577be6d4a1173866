"""Who may do what: every role assignment, by its scope and id, and what is open to the network."""

import re
from collections.abc import Iterator

from tests.infra.deployed import ASSIGNMENTS, Project, Resource, at, of_type, scope
from tests.infra.rules import rule
from tests.infra.rules.storage import DATA, HOST

ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}

IDENTITY = "ManagedIdentity/userAssignedIdentities/id-sis-sync"
TOPIC = "EventGrid/systemTopics/evgt-sis-sync"
INSIGHTS = "Insights/components/appi-sis-sync"
WORKSPACE = "OperationalInsights/workspaces/log-sis-sync"
NETWORK = "Network/virtualNetworks/vnet-sis-sync"

APP = (f"[<{IDENTITY}>.principalId]", "ServicePrincipal")
EVENTS = (f"[<{TOPIC}>.identity.principalId]", "ServicePrincipal")
OPERATORS = ("11111111-2222-3333-4444-555555555555", "Group")

ALWAYS = [
    ("{host}", "Storage Blob Data Owner", APP),
    ("{host}", "Storage Queue Data Contributor", APP),
    ("{host}", "Storage Table Data Contributor", APP),
    ("{data}/blobServices/default/containers/sis-landing", "Storage Blob Data Owner", APP),
    ("{data}/blobServices/default/containers/sis-results", "Storage Blob Data Contributor", APP),
    ("{data}/blobServices/default/containers/sis-settings", "Storage Blob Data Reader", APP),
    ("{data}/queueServices/default/queues/sync-results", "Storage Queue Data Contributor", APP),
    (
        "{data}/queueServices/default/queues/sync-results-poison",
        "Storage Queue Data Contributor",
        APP,
    ),
    (
        "{data}/queueServices/default/queues/webjobs-blobtrigger-poison",
        "Storage Queue Data Contributor",
        APP,
    ),
    (INSIGHTS, "Monitoring Metrics Publisher", APP),
    (
        "{data}/blobServices/default/containers/sis-dead-letters",
        "Storage Blob Data Contributor",
        EVENTS,
    ),
]
"""Scope, role, who. A change here is a change of who may do what."""

ASKED_FOR = [
    ("{data}/queueServices/default/queues/sis-landed", "Storage Queue Data Contributor", APP),
    (
        "{data}/queueServices/default/queues/sis-landed-poison",
        "Storage Queue Data Contributor",
        APP,
    ),
    ("{data}/queueServices/default/queues/sis-landed", "Storage Queue Data Message Sender", EVENTS),
    (
        "{data}/blobServices/default/containers/sis-results",
        "Storage Blob Data Contributor",
        OPERATORS,
    ),
]
"""What the keyless way and a group of operators add."""


@rule
def roles_are_those_of_the_table(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        table = ALWAYS + (ASKED_FOR if name == "everything" else [])
        expected = {
            (where.format(host=HOST, data=DATA[name]), role, who) for where, role, who in table
        }
        found = [_facts(each) for each in of_type(resources, ASSIGNMENTS).values()]
        yield from (f"{name}: new: {each}" for each in found if each not in expected)
        yield from (f"{name}: gone: {each}" for each in expected if each not in found)
        if len(found) > len(set(found)):
            yield f"{name}: the same role is assigned twice"


@rule
def every_role_has_its_reason_beside_it(project: Project) -> Iterator[str]:
    assignment = re.compile(rf"((?:^//.*\n)*)^resource (\w+) '{ASSIGNMENTS}@", re.MULTILINE)
    for path, text in project.texts.items():
        for above, name in assignment.findall(text):
            if not above.startswith("// Reason: "):
                yield f"{path}: {name}"


@rule
def the_name_of_an_assignment_holds_all_that_it_is_of(project: Project) -> Iterator[str]:
    # A name that is a guid of less would be the same for another identity or role.
    for path, text in project.texts.items():
        for name, body in re.findall(
            rf"resource (\w+) '{ASSIGNMENTS}@[^']*' = (.+?\n[}}\]])", text, re.DOTALL
        ):
            made = re.search(r"name: guid\((.+)\)", body)
            parts = made[1].split(", ") if made else []
            principal = re.findall(r"principalId: (\w+)", body)
            role = re.findall(r"roleDefinitions', (\w+)\)", body)
            whole = {part.partition(".")[0] for part in parts} >= {*principal, *role}
            if not (whole and len(parts) > len(principal) + len(role)):
                yield f"{path}: {name}"


@rule
def the_identity_of_the_roles_is_the_apps(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        identity = at(resources["Web/sites/func-sis-sync"], "identity")
        if identity != {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}:
            yield str(identity)


@rule
def nobody_logs_with_a_key(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        if at(resources[INSIGHTS], "properties.DisableLocalAuth") is not True:
            yield "Application Insights"
        if at(resources[WORKSPACE], "properties.features.disableLocalAuth") is not True:
            yield "Log Analytics"


@rule
def insights_keep_their_logs_in_the_workspace(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        if at(resources[INSIGHTS], "properties.WorkspaceResourceId") != WORKSPACE:
            yield "WorkspaceResourceId"


@rule
def a_network_is_optional_and_shuts_the_hosts_storage(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        if (NETWORK in resources) is not (name == "everything"):
            yield f"{name}: the network"
        access = "Disabled" if name == "everything" else "Enabled"
        if at(resources[HOST], "properties.publicNetworkAccess") != access:
            yield f"{name}: publicNetworkAccess"


@rule
def every_service_of_the_app_has_a_private_endpoint(project: Project) -> Iterator[str]:
    resources = project.deployed["everything"]
    expected = {(HOST, "blob"), (HOST, "queue"), (HOST, "table")}
    expected |= {(DATA["everything"], "blob"), (DATA["everything"], "queue")}
    endpoints = of_type(resources, "Microsoft.Network/privateEndpoints")
    links = [
        link["properties"]
        for endpoint in endpoints.values()
        for link in endpoint["properties"]["privateLinkServiceConnections"]
    ]
    found = {(link["privateLinkServiceId"], *link["groupIds"]) for link in links}
    yield from (str(each) for each in expected ^ found)
    zones = {
        each["name"] for each in of_type(resources, "Microsoft.Network/privateDnsZones").values()
    }
    if zones != {_zone(group) for group in ("blob", "queue", "table")}:
        yield "zones"
    for name in endpoints:
        group = name.rpartition("-")[2]
        configured = resources.get(f"{name}/privateDnsZoneGroups/default", {})
        if _zone(group).strip("[]") not in str(configured):
            yield f"{name}: its zone"


@rule
def the_apps_subnet_is_one_for_flex(project: Project) -> Iterator[str]:
    resources = project.deployed["everything"]
    subnets = {
        each["name"]: each["properties"] for each in at(resources[NETWORK], "properties.subnets")
    }
    if [each["properties"]["serviceName"] for each in subnets["app"]["delegations"]] != [
        "Microsoft.App/environments"
    ]:
        yield "delegations"
    if not subnets["app"]["natGateway"]["id"].endswith("/natGateways/out"):
        yield "natGateway"
    for name, subnet in {"minimal": None, "everything": f"{NETWORK}/subnets/app"}.items():
        app = project.deployed[name]["Web/sites/func-sis-sync"]
        if at(app, "properties.virtualNetworkSubnetId") != subnet:
            yield f"{name}: virtualNetworkSubnetId"


def _zone(group: str) -> str:
    return f"[format('privatelink.{{0}}.{{1}}', '{group}', environment().suffixes.storage)]"


def _facts(assignment: Resource) -> tuple[str, str, tuple[str, str]]:
    properties = assignment["properties"]
    role = properties["roleDefinitionId"].rpartition("/")[2]
    who = (properties["principalId"], properties["principalType"])
    return scope(assignment), ROLES.get(role, role), who
