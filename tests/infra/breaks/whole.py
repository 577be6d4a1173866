"""Broken copies for the rules about every file."""

from tests.infra.breaks import breaks

MAIN = "infra/main.bicep"
GRAPH = "infra/modules/graph-permissions.bicep"
PARAMETERS = "infra/main.bicepparam"

BREAKS = [
    *breaks(
        "every_file_is_understood",
        MAIN,
        ("targetScope = 'subscription'", "targetScope == 'subscription'", "main.bicep"),
        ("module topic 'modules/topic.bicep' = {", "module topic 'modules/topic.bicep' {", "main"),
    ),
    *breaks(
        "only_the_graph_module_needs_an_extension",
        MAIN,
        ("targetScope = ", "extension microsoftGraphV1\ntargetScope = ", "main.bicep"),
    ),
    *breaks(
        "only_the_graph_module_needs_an_extension",
        GRAPH,
        ("extension microsoftGraphV1\n", "\nextension microsoftGraphV1\n", "first line"),
    ),
    *breaks(
        "only_the_graph_module_needs_an_extension",
        "infra/bicepconfig.json",
        ("v1.0:1.0.0", "v1.0:0.1.0-preview", "bicepconfig.json"),
    ),
    *breaks(
        "no_module_comes_from_a_registry",
        MAIN,
        ("'modules/topic.bicep'", "'br/public:avm/res/event-grid/system-topic:0.7.0'", "avm"),
    ),
    *breaks(
        "every_module_is_used",
        MAIN,
        ("'modules/workbook.bicep'", "'modules/alerts.bicep'", "workbook.bicep"),
    ),
    *breaks(
        "no_output_holds_a_secret",
        MAIN,
        ("output SIS_INTAKE string = intake", "output X string = alertWebhook", "X"),
        ("output SIS_INTAKE string = intake", "output Y string = listKeys(group.id, '').a", "Y"),
    ),
    *breaks(
        "the_key_of_the_webhook_is_asked_for_in_one_place",
        MAIN,
        ("var useSftp", "var key = listKeys(group.id, '1')\nvar useSftp", "main.bicep"),
    ),
    *breaks(
        "every_parameter_of_a_layer_can_be_set",
        PARAMETERS,
        ("param intake = ", "param way = ", "main: intake"),
        ("using 'main.bicep'", "using 'events.bicep'", "main: using"),
    ),
    *breaks(
        "defaults_agree_in_both_files",
        PARAMETERS,
        ("'SIS_LANDED_RETENTION_DAYS', '30'", "'SIS_LANDED_RETENTION_DAYS', '3'", "landed"),
        ("'SIS_KEEP_DURABLE_READY', 'true'", "'SIS_KEEP_DURABLE_READY', 'false'", "keepDurable"),
    ),
    *breaks(
        "whoever_must_decide_is_asked",
        MAIN,
        ("param location string", "param location string = 'westeurope'", "location"),
        ("param feeds string", "param feeds string = '[]'", "feeds"),
    ),
    *breaks(
        "permissions_are_those_of_the_table",
        "infra/permissions.json",
        (
            "9bc431c3-b8bc-4a8d-a219-40f10f92eff6",
            "00000000-0000-0000-0000-000000000000",
            "make permissions",
        ),
        ("00000003-0000-0000-c000-000000000000", "00000003", "graphAppId"),
    ),
    *breaks(
        "permissions_are_those_of_the_table",
        GRAPH,
        ("loadJsonContent('../permissions.json')", "loadJsonContent('../other.json')", "table"),
        ("appId: table.graphAppId", "appId: ''", "graph"),
    ),
    *breaks(
        "permissions_are_granted_to_the_app_by_their_names",
        GRAPH,
        ("principalId: appPrincipalId", "principalId: graph.id", "principalId"),
        (" && contains(role.allowedMemberTypes, 'Application')", "", "appRoleId"),
        ("table.targets[target]", "table.targets.classic", "names"),
    ),
    *breaks(
        "permissions_are_granted_only_when_asked_to",
        "infra/graph.bicep",
        ("bool = false", "bool = true", "grantPermissions"),
        (" = if (grantPermissions) {", " = {", "permissions"),
    ),
    *breaks(
        "permissions_are_granted_only_when_asked_to",
        "infra/graph.bicepparam",
        ("PERMISSIONS', 'false'", "PERMISSIONS', 'true'", "graph.bicepparam"),
    ),
    *breaks(
        "permissions_are_granted_only_when_asked_to",
        MAIN,
        ("'modules/topic.bicep'", "'modules/graph-permissions.bicep'", "main.bicep"),
    ),
]
