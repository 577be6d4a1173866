"""Who may do what: every role assignment, by its scope and id, and what is open to the network."""

import re
from collections.abc import Iterator

from tests.infra.deployed import ASSIGNMENTS, Project, Resource, at, of_type, scope
from tests.infra.deployments import DEPLOYER, SCHOOL_STAFF, VENDOR_APP
from tests.infra.deployments import OPERATORS as GROUP
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
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
}

IDENTITY = "ManagedIdentity/userAssignedIdentities/id-sis-sync"
TOPIC = {name: f"EventGrid/systemTopics/evgt-{account[24:]}" for name, account in DATA.items()}
INSIGHTS = "Insights/components/appi-sis-sync"
WORKSPACE = "OperationalInsights/workspaces/log-sis-sync"
NETWORK = "Network/virtualNetworks/vnet-sis-sync"

SECRET = "KeyVault/vaults/kv-sis/secrets/alert-webhook"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"

APP = (f"[<{IDENTITY}>.principalId]", "ServicePrincipal")
EVENTS = ("[<{topic}>.identity.principalId]", "ServicePrincipal")
OPERATORS = (GROUP, "Group")

LANDING = "{data}/blobServices/default/containers/sis-landing"
DECISIONS = "{data}/blobServices/default/containers/sis-decisions"
STATE = "{data}/blobServices/default/containers/sis-state"

ALWAYS = [
    ("{host}", "Storage Blob Data Owner", APP),
    ("{host}", "Storage Queue Data Contributor", APP),
    ("{host}", "Storage Table Data Contributor", APP),
    ("{data}/blobServices/default/containers/sis-landing", "Storage Blob Data Owner", APP),
    ("{data}/blobServices/default/containers/sis-results", "Storage Blob Data Contributor", APP),
    (DECISIONS, "Storage Blob Data Contributor", APP),
    (STATE, "Storage Blob Data Contributor", APP),
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
    ("{data}/blobServices/default/containers/sis-results", "Storage Blob Data Reader", OPERATORS),
    (DECISIONS, "Storage Blob Data Contributor", OPERATORS),
    (LANDING, "Storage Blob Data Contributor", (VENDOR_APP, "ServicePrincipal")),
    (LANDING, "Storage Blob Data Contributor", (SCHOOL_STAFF, "Group")),
    (SECRET, "Key Vault Secrets User", APP),
]
"""What the keyless way, operators, exporters and the alert webhook add."""

BY_DEFAULT = [(LANDING, "Storage Blob Data Contributor", (DEPLOYER, None))]
"""What whoever deploys gets, unless it is turned off: azd does not say of what kind it is."""


@rule
def roles_are_those_of_the_table(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        table = ALWAYS + (ASKED_FOR if name == "everything" else BY_DEFAULT)
        expected = {
            (
                where.format(host=HOST, data=DATA[name]),
                role,
                (who[0].replace("{topic}", TOPIC[name]), who[1]),
            )
            for where, role, who in table
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
            principal = re.findall(r"principalId: ([\w.]+)", body)
            role = re.findall(r"roleDefinitions', (\w+)\)", body)
            # The principal itself, not what has it: what is made anew has another.
            whole = {*parts} >= {*principal, *role}
            if not (whole and len(parts) > len(principal) + len(role)):
                yield f"{path}: {name}"


@rule
def an_exporter_of_feeds_can_use_their_folders_only(project: Project) -> Iterator[str]:
    assignments = of_type(project.deployed["everything"], ASSIGNMENTS).values()
    by_principal = {each["properties"]["principalId"]: each["properties"] for each in assignments}
    listing = f"ActionMatches{{'{BLOBS}/read'}} AND SubOperationMatches{{'Blob.List'}}"
    reading = f"ActionMatches{{'{BLOBS}/read'}} AND NOT SubOperationMatches{{'Blob.List'}}"
    writing = [f"!(ActionMatches{{'{BLOBS}/{each}'}})" for each in WRITES]
    prefixes, paths = (
        " OR ".join(f"@{of} StringStartsWith '{feed}/'" for feed in ("northwind", "southridge"))
        for of in (f"Request[{BLOBS}:prefix]", f"Resource[{BLOBS}:path]")
    )
    expected = (
        f"((!({listing})) OR ({prefixes}))"
        f" AND ((!({reading}) AND {' AND '.join(writing)}) OR ({paths}))"
    )
    limited, unlimited = by_principal[VENDOR_APP], by_principal[SCHOOL_STAFF]
    if (limited.get("conditionVersion"), limited.get("condition")) != ("2.0", expected):
        yield f"condition: {limited.get('condition')}"
    if unlimited.get("condition") is not None:
        yield "a condition without feeds"


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
def private_zones_hide_no_accounts_of_others(project: Project) -> Iterator[str]:
    # https://learn.microsoft.com/azure/dns/private-dns-fallback
    kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    for name in ("network", "everything"):
        links = of_type(project.deployed[name], kind)
        if len(links) != 3:
            yield f"{name}: {len(links)} links"
        for link in links.values():
            if at(link, "properties.resolutionPolicy") != "NxDomainRedirect":
                yield f"{name}: resolutionPolicy"
            # The first version that knows the property; an older one drops it.
            if link["apiVersion"] < "2024-06-01":
                yield f"{name}: {link['apiVersion']}"


@rule
def what_cannot_be_moved_to_another_account_is_named_after_it(project: Project) -> Iterator[str]:
    # "System topic source cannot be modified", and the same goes for an endpoint's target.
    for name, resources in project.deployed.items():
        for topic, found in of_type(resources, "Microsoft.EventGrid/systemTopics").items():
            account = at(found, "properties.source").rpartition("/")[2]
            if not topic.endswith(f"-{account}"):
                yield f"{name}: {topic}"
        for endpoint, found in of_type(resources, "Microsoft.Network/privateEndpoints").items():
            (link,) = at(found, "properties.privateLinkServiceConnections")
            account = at(link, "properties.privateLinkServiceId").rpartition("/")[2]
            if f"-{account}-" not in endpoint:
                yield f"{name}: {endpoint}"


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


WRITES = ("write", "add/action", "delete", "move/action")
"""What the role may besides reading: with these the condition covers all of its actions."""


def _zone(group: str) -> str:
    return f"[format('privatelink.{{0}}.{{1}}', '{group}', environment().suffixes.storage)]"


def _facts(assignment: Resource) -> tuple[str, str, tuple[str, str | None]]:
    properties = assignment["properties"]
    role = properties["roleDefinitionId"].rpartition("/")[2]
    who = (properties["principalId"], properties.get("principalType"))
    return scope(assignment), ROLES.get(role, role), who
