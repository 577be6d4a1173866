"""Broken copies for the rules about who may do what."""

from tests.infra.breaks import breaks

MAIN = "infra/main.bicep"
ACCESS = "infra/modules/data-access.bicep"
HOST = "infra/modules/host-storage.bicep"
TOPIC = "infra/modules/topic.bicep"
MONITORING = "infra/modules/monitoring.bicep"
NETWORK = "infra/modules/network.bicep"

BREAKS = [
    *breaks(
        "roles_are_those_of_the_snapshot",
        ACCESS,
        ("'2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'", "'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'", "new"),
        ("scope: landing\n", "scope: account\n", "new: ('data-access', 'account'"),
        ("scope: landing\n", "scope: account\n", "gone: ('data-access', 'landing'"),
        ("principalType: 'Group'", "principalType: 'User'", "'User'"),
        (" = if (!empty(operatorGroupId)) {", " = {", "gone"),
        (
            "scope: settings\n  properties: {\n    principalId: appPrincipalId",
            "scope: settings\n  properties: {\n    principalId: operatorGroupId",
            "operatorGroupId",
        ),
    ),
    *breaks(
        "roles_are_those_of_the_snapshot",
        HOST,
        (
            "resource hostTables",
            (
                "resource again 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n"
                "  name: guid(account.id, appPrincipalId, storageBlobDataOwner)\n  scope: account\n"
                "  properties: {\n    principalId: appPrincipalId\n"
                "    principalType: 'ServicePrincipal'\n    roleDefinitionId: "
                "subscriptionResourceId("
                "'Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)\n  }\n}\n\n"
                "resource hostTables"
            ),
            "twice",
        ),
    ),
    *breaks(
        "every_role_has_its_reason_beside_it",
        ACCESS,
        ("// Reason: results are written", "// Results are written", "writeResults"),
    ),
    *breaks(
        "every_role_has_its_reason_beside_it",
        MONITORING,
        ("// Reason: with local authentication off", "// With it off", "publishTelemetry"),
    ),
    *breaks(
        "the_name_of_an_assignment_holds_all_that_it_is_of",
        ACCESS,
        ("guid(landing.id, appPrincipalId, storageBlobDataOwner)", "guid(landing.id)", "watch"),
        ("guid(account.id, queue, appPrincipalId, ", "guid(account.id, queue, ", "useQueues"),
        (
            "name: guid(settings.id, appPrincipalId, storageBlobDataReader)",
            "name: 'x'",
            "readSettings",
        ),
    ),
    *breaks(
        "scopes_are_what_they_are_called",
        ACCESS,
        ("name: landingContainer", "name: 'other'", "landing"),
        ("name: resultsContainer", "name: landingContainer", "results"),
        ("name: settingsContainer", "name: landingContainer", "settings"),
        ("name: queue\n", "name: 'x'\n", "allQueues"),
    ),
    *breaks(
        "scopes_are_what_they_are_called",
        MAIN,
        (
            "settingsContainer: settingsContainer\n    queues: queues\n    appPrincipalId",
            "settingsContainer: landingContainer\n    queues: queues\n    appPrincipalId",
            "main: settingsContainer",
        ),
    ),
    *breaks(
        "scopes_are_what_they_are_called",
        TOPIC,
        ("name: deadLetterContainer", "name: 'sis-landing'", "deadLetters"),
    ),
    *breaks(
        "the_identity_of_the_roles_is_the_apps",
        MAIN,
        (
            "appPrincipalId: identity.outputs.principalId\n    isPrivate",
            "appPrincipalId: operatorGroupId\n    isPrivate",
            "hostStorage",
        ),
        ("identityId: identity.outputs.id", "identityId: ''", "identityId"),
        ("identityClientId: identity.outputs.clientId", "identityClientId: ''", "identityClientId"),
    ),
    *breaks(
        "nobody_logs_with_a_key",
        MONITORING,
        ("DisableLocalAuth: true", "DisableLocalAuth: false", "Application Insights"),
        ("disableLocalAuth: true", "disableLocalAuth: false", "Log Analytics"),
    ),
    *breaks(
        "insights_keep_their_logs_in_the_workspace",
        MONITORING,
        ("WorkspaceResourceId: workspace.id", "", "WorkspaceResourceId"),
        ("Application_Type: 'web'", "Application_Type: 'other'", "Application_Type"),
    ),
    *breaks(
        "a_network_is_optional_and_shuts_the_hosts_storage",
        MAIN,
        ("param useVirtualNetwork bool = false", "param useVirtualNetwork bool = true", "useV"),
        ("= if (useVirtualNetwork) {", "= {", "network"),
        (
            "isPrivate: useVirtualNetwork\n    allowed",
            "isPrivate: false\n    allowed",
            "dataStorage",
        ),
        ("isPrivate: useVirtualNetwork\n  }", "isPrivate: false\n  }", "hostStorage"),
    ),
    *breaks(
        "a_network_is_optional_and_shuts_the_hosts_storage",
        HOST,
        ("isPrivate ? 'Disabled' : 'Enabled'", "'Enabled'", "publicNetworkAccess"),
    ),
    *breaks(
        "every_service_of_the_app_has_a_private_endpoint",
        NETWORK,
        ("account: 'host', group: 'table'", "account: 'host', group: 'file'", "table"),
        ("account: 'data', group: 'queue'", "account: 'host', group: 'queue'", "queue"),
        ("'host' ? hostStorageId : dataStorageId", "'host' ? dataStorageId : ''", "privateLink"),
        ("['blob', 'queue', 'table']", "['blob', 'queue']", "groups"),
        ("privatelink.${group}", "private.${group}", "zones"),
    ),
    *breaks(
        "the_apps_subnet_is_one_for_flex",
        NETWORK,
        ("'Microsoft.App/environments'", "'Microsoft.Web/serverFarms'", "delegations"),
        ("/subnets/app'", "/subnets/endpoint'", "appSubnetId"),
    ),
    *breaks(
        "the_apps_subnet_is_one_for_flex",
        "infra/modules/app.bicep",
        ("virtualNetworkSubnetId: empty(subnetId) ? null : subnetId", "", "virtualNetworkSubnetId"),
    ),
]
