"""Broken copies for the rules about every file."""

from tests.infra.breaks import GONE, changed, edited

MAIN = "infra/main.bicep"
GRAPH = "infra/modules/graph-permissions.bicep"
GRANT = "Microsoft.Graph/appRoleAssignedTo@v1.0"

BREAKS = [
    *edited(
        "only_the_graph_module_needs_an_extension",
        MAIN,
        ("targetScope = ", "extension microsoftGraphV1\ntargetScope = ", "main.bicep"),
    ),
    *edited(
        "modules_are_files_of_this_project_and_all_are_used",
        MAIN,
        ("'modules/topic.bicep'", "'br/public:avm/res/event-grid/system-topic:0.7.0'", "avm"),
        ("'modules/workbook.bicep'", "'modules/alerts.bicep'", "workbook.bicep"),
    ),
    *changed(
        "the_key_of_the_webhook_is_asked_for_in_one_place",
        "minimal",
        "Web/sites/func-sis-sync",
        ("properties.key", "[listKeys('x', '1').y]", "minimal: 1 times"),
    ),
    *edited(
        "permissions_are_those_of_the_table",
        "infra/permissions.json",
        (
            "9bc431c3-b8bc-4a8d-a219-40f10f92eff6",
            "00000000-0000-0000-0000-000000000000",
            "make permissions",
        ),
    ),
    *edited(
        "permissions_are_those_of_the_table",
        GRAPH,
        ("loadJsonContent('../permissions.json')", "loadJsonContent('../other.json')", "table"),
        ("appId: table.graphAppId", "appId: ''", "graph"),
    ),
    *changed(
        "permissions_are_granted_to_the_app_by_their_names",
        "graph-both targets",
        GRANT,
        ("", GONE, "5 permissions"),
        ("properties.principalId", "another", "principalId"),
        ("properties.resourceId", "another", "resourceId"),
        ("properties.appRoleId", "[variables('names')[0]]", "appRoleId"),
    ),
    *changed(
        "permissions_are_granted_only_when_asked_to",
        "graph-off",
        GRANT,
        ("", {"type": GRANT}, "appRoleAssignedTo"),
    ),
    *changed(
        "permissions_are_granted_only_when_asked_to",
        "minimal",
        GRANT,
        ("", {"type": GRANT}, "minimal: "),
    ),
]
