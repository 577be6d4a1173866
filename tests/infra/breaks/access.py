"""Broken copies for the rules about who may do what."""

from tests.infra.breaks import GONE, changed, edited
from tests.infra.deployed import ASSIGNMENTS
from tests.infra.rules.access import APP, INSIGHTS, NETWORK, TOPIC, WORKSPACE
from tests.infra.rules.storage import DATA, HOST

ACCESS = "infra/modules/data-access.bicep"
MONITORING = "infra/modules/monitoring.bicep"
OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
LANDING = f"{DATA['minimal']}/blobServices/default/containers/sis-landing"
CONTAINERS = f"{DATA['everything']}/blobServices/default/containers"
EVERYTHING_LANDING = f"{CONTAINERS}/sis-landing"
RESULTS, DECISIONS, STATE = (
    f"{CONTAINERS}/{each}" for each in ("sis-results", "sis-decisions", "sis-state")
)
SITE = "Web/sites/func-sis-sync"
ENDPOINT = "Network/privateEndpoints/pep-sishost-table"

ZONE = (
    "[resourceId('00000000-0000-0000-0000-000000000001', 'rg-northwind',"
    " 'Microsoft.Network/privateDnsZones',"
    " format('privatelink.{0}.{1}', 'table', environment().suffixes.storage))]"
)
PARTS = (
    "filter(split(format('{0}/{1}', format('privatelink.{0}.{1}', 'table',"
    " environment().suffixes.storage), 'vnet-sis-sync-table'), '/'),"
    " lambda('x', not(empty(lambdaVariables('x')))))"
)
LINK = (
    "[resourceId('00000000-0000-0000-0000-000000000001', 'rg-northwind',"
    f" 'Microsoft.Network/privateDnsZones/virtualNetworkLinks', {PARTS}[0], {PARTS}[1])]"
)
AGAIN = {
    "id": f"{HOST}/providers/{ASSIGNMENTS}/x",
    "type": ASSIGNMENTS,
    "properties": {
        "principalId": APP[0],
        "principalType": APP[1],
        "roleDefinitionId": f"/{OWNER}",
    },
}

BREAKS = [
    *changed(
        "roles_are_those_of_the_table",
        "minimal",
        f"{LANDING}/roles/{OWNER}/ServicePrincipal",
        ("properties.roleDefinitionId", f"/{CONTRIBUTOR}", "minimal: new"),
        ("id", f"{DATA['minimal']}/providers/x", f"new: ('{DATA['minimal']}'"),
        ("properties.principalType", "User", "'User'"),
        ("", GONE, "minimal: gone"),
    ),
    *changed(
        "roles_are_those_of_the_table",
        "everything",
        f"{HOST}/roles/{OWNER}/ServicePrincipal again",
        ("", AGAIN, "everything: the same role is assigned twice"),
    ),
    # An operator who can delete the record of a start, or read who was in an export.
    *changed(
        "roles_are_those_of_the_table",
        "everything",
        f"{RESULTS}/roles/{READER}/Group",
        ("properties.roleDefinitionId", f"/{CONTRIBUTOR}", "everything: new"),
    ),
    *changed(
        "roles_are_those_of_the_table",
        "everything",
        f"{DECISIONS}/roles/{CONTRIBUTOR}/Group",
        ("id", f"{STATE}/providers/x", f"everything: new: ('{STATE}'"),
    ),
    *edited(
        "every_role_has_its_reason_beside_it",
        ACCESS,
        ("// Reason: results are written", "// Results are written", "writeResults"),
    ),
    *edited(
        "every_role_has_its_reason_beside_it",
        MONITORING,
        ("// Reason: with local authentication off", "// With it off", "publishTelemetry"),
    ),
    *edited(
        "the_name_of_an_assignment_holds_all_that_it_is_of",
        ACCESS,
        ("guid(landing.id, appPrincipalId, storageBlobDataOwner)", "guid(landing.id)", "watch"),
        ("guid(account.id, queue, appPrincipalId, ", "guid(account.id, queue, ", "useQueues"),
        (
            "guid(settings.id, appPrincipalId, storageBlobDataReader)",
            "guid(appPrincipalId, storageBlobDataReader)",
            "readSettings",
        ),
    ),
    *edited(
        "the_name_of_an_assignment_holds_all_that_it_is_of",
        "infra/modules/topic-access.bicep",
        ("guid(deadLetters.id, topicPrincipalId", "guid(deadLetters.id, account.id", "keepDead"),
    ),
    *changed(
        "an_exporter_of_feeds_can_use_their_folders_only",
        "everything",
        f"{EVERYTHING_LANDING}/roles/{CONTRIBUTOR}/ServicePrincipal",
        ("properties.condition", "", "condition: "),
        ("properties.conditionVersion", None, "condition: "),
    ),
    *changed(
        "an_exporter_of_feeds_can_use_their_folders_only",
        "everything",
        f"{EVERYTHING_LANDING}/roles/{CONTRIBUTOR}/Group",
        ("properties.condition", "x", "without feeds"),
    ),
    *changed(
        "the_identity_of_the_roles_is_the_apps",
        "minimal",
        SITE,
        ("identity.type", "SystemAssigned", "SystemAssigned"),
        ("identity.userAssignedIdentities", {}, "'userAssignedIdentities': {}"),
    ),
    *changed(
        "nobody_logs_with_a_key",
        "minimal",
        INSIGHTS,
        ("properties.DisableLocalAuth", False, "Application Insights"),
    ),
    *changed(
        "nobody_logs_with_a_key",
        "minimal",
        WORKSPACE,
        ("properties.features.disableLocalAuth", GONE, "Log Analytics"),
    ),
    *changed(
        "insights_keep_their_logs_in_the_workspace",
        "minimal",
        INSIGHTS,
        ("properties.WorkspaceResourceId", GONE, "WorkspaceResourceId"),
    ),
    *changed(
        "a_network_is_optional_and_shuts_the_hosts_storage",
        "minimal",
        NETWORK,
        ("", {"type": "Microsoft.Network/virtualNetworks"}, "minimal: the network"),
    ),
    *changed(
        "a_network_is_optional_and_shuts_the_hosts_storage",
        "everything",
        HOST,
        ("properties.publicNetworkAccess", "Enabled", "everything: publicNetworkAccess"),
    ),
    *changed(
        "every_service_of_the_app_has_a_private_endpoint",
        "everything",
        ENDPOINT,
        ("", GONE, f"('{HOST}', 'table')"),
        (
            "properties.privateLinkServiceConnections.0.properties.privateLinkServiceId",
            DATA["everything"],
            f"('{DATA['everything']}', 'table')",
        ),
    ),
    *changed(
        "every_service_of_the_app_has_a_private_endpoint", "everything", ZONE, ("", GONE, "zones")
    ),
    *changed(
        "every_service_of_the_app_has_a_private_endpoint",
        "everything",
        f"{ENDPOINT}/privateDnsZoneGroups/default",
        ("", GONE, "its zone"),
    ),
    *changed(
        "private_zones_hide_no_accounts_of_others",
        "network",
        LINK,
        ("properties.resolutionPolicy", "Default", "resolutionPolicy"),
        ("apiVersion", "2020-06-01", "2020-06-01"),
        ("", GONE, "2 links"),
    ),
    *changed(
        "what_cannot_be_moved_to_another_account_is_named_after_it",
        "everything",
        ENDPOINT,
        (
            "properties.privateLinkServiceConnections.0.properties.privateLinkServiceId",
            DATA["everything"],
            "pep-sishost-table",
        ),
    ),
    *changed(
        "what_cannot_be_moved_to_another_account_is_named_after_it",
        "sftp",
        TOPIC["everything"],
        ("properties.source", DATA["minimal"], "evgt-sissftp"),
    ),
    *changed(
        "the_apps_subnet_is_one_for_flex",
        "everything",
        NETWORK,
        (
            "properties.subnets.0.properties.delegations.0.properties.serviceName",
            "Microsoft.Web/serverFarms",
            "delegations",
        ),
        ("properties.subnets.0.properties.natGateway.id", "", "natGateway"),
    ),
    *changed(
        "the_apps_subnet_is_one_for_flex",
        "everything",
        SITE,
        ("properties.virtualNetworkSubnetId", None, "everything: virtualNetworkSubnetId"),
    ),
]
