"""Broken copies for the rules about the app."""

from tests.infra.breaks import Break, breaks

MAIN = "infra/main.bicep"
APP = "infra/modules/app.bicep"
HOST = "infra/modules/host-storage.bicep"
DATA = "infra/modules/data-storage.bicep"

VALUES = (
    "AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint",
    "AzureWebJobsStorage__queueServiceUri: hostQueueEndpoint",
    "AzureWebJobsStorage__tableServiceUri: hostTableEndpoint",
    "AzureWebJobsStorage__credential: 'managedidentity'",
    "AzureWebJobsStorage__clientId: identityClientId",
    "SIS_STORAGE__blobServiceUri: dataBlobEndpoint",
    "SIS_STORAGE__queueServiceUri: dataQueueEndpoint",
    "SIS_STORAGE__credential: 'managedidentity'",
    "SIS_STORAGE__clientId: identityClientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString",
    "AZURE_CLIENT_ID: identityClientId",
    "SIS_FEEDS: feeds",
    "SIS_LANDING_CONTAINER: landingContainer",
    "SIS_RESULTS_CONTAINER: resultsContainer",
    "SIS_RESULTS_QUEUE: resultsQueue",
    "SIS_LANDED_QUEUE: landedQueue",
    "SIS_ALERT_WEBHOOK: alertWebhook",
    "SIS_UPLOAD_SUFFIX: uploadSuffix",
    "GRAPH_ROOT: graphRoot",
)

READ_BY_CODE = [name for name in VALUES if name.startswith(("SIS_", "GRAPH_", "AZURE_C"))]


def _wrong(setting: str) -> Break:
    name = setting.partition(":")[0]
    return Break("every_setting_gets_its_own_value", APP, setting, f"{name}: planName", name)


def _missing(setting: str) -> Break:
    name = setting.partition(":")[0]
    rule = "settings_are_those_that_the_code_reads"
    return Break(rule, APP, setting, "", f"{name} is read, not written")


BREAKS = [
    *breaks(
        "the_plan_is_flex_consumption",
        APP,
        ("name: 'FC1'", "name: 'Y1'", "sku"),
        ("reserved: true", "reserved: false", "reserved"),
    ),
    *breaks(
        "the_app_is_a_function_app_of_that_plan",
        APP,
        ("kind: 'functionapp,linux'", "kind: 'app,linux'", "kind"),
        ("serverFarmId: plan.id", "serverFarmId: planName", "serverFarmId"),
        ("type: 'UserAssigned'\n", "type: 'SystemAssigned'\n", "identity.type"),
        ("'${identityId}': {}", "", "userAssignedIdentities"),
    ),
    *breaks(
        "the_app_takes_no_plain_text_and_no_password",
        APP,
        ("httpsOnly: true", "httpsOnly: false", "httpsOnly"),
        ("      minTlsVersion: '1.2'", "      minTlsVersion: '1.0'", "siteConfig.minTlsVersion"),
        ("scmMinTlsVersion: '1.2'", "scmMinTlsVersion: '1.0'", "scmMinTlsVersion"),
        ("ftpsState: 'Disabled'", "ftpsState: 'AllAllowed'", "ftpsState"),
        ("name: 'ftp'\n  properties: {\n    allow: false", "name: 'ftp'\n  properties: {", "ftp"),
        ("name: 'scm'\n  properties: {\n    allow: false", "name: 'scm'\n  properties: {", "scm"),
    ),
    *breaks(
        "the_app_carries_the_name_of_its_service",
        APP,
        ("'azd-service-name': 'sync'", "'azd-service-name': 'api'", "api"),
    ),
    *breaks(
        "the_app_carries_the_name_of_its_service", "azure.yaml", ("  sync:\n", "  x:\n", "sync")
    ),
    *breaks(
        "the_package_is_fetched_by_the_identity",
        APP,
        ("'UserAssignedIdentity'", "'StorageAccountConnectionString'", "deployment.storage"),
    ),
    *breaks(
        "the_package_is_fetched_by_the_identity",
        MAIN,
        ("outputs.blobEndpoint}${packageContainer}", "outputs.blobEndpoint}x", "packageLocation"),
        ("packageContainer: packageContainer", "packageContainer: 'x'", "packageContainer"),
    ),
    *breaks(
        "python_is_one_that_the_project_runs_on",
        APP,
        ("version: pythonVersion", "version: '3.14'", "runtime"),
        ("@allowed(['3.11', '3.12'])", "@allowed(['3.11', '3.13'])", "app"),
    ),
    *breaks(
        "python_is_one_that_the_project_runs_on",
        MAIN,
        ("@allowed(['3.11', '3.12'])", "@allowed(['3.10'])", "main"),
    ),
    *breaks(
        "memory_and_readiness_are_parameters",
        APP,
        ("instanceMemoryMB: instanceMemoryMB", "instanceMemoryMB: 2048", "instanceMemoryMB"),
        ("name: 'durable'", "name: 'http'", "alwaysReady"),
        ("alwaysReady: keepDurableReady", "alwaysReady: true", "the switch"),
    ),
    *breaks(
        "memory_and_readiness_are_parameters",
        MAIN,
        ("@allowed([512, 2048, 4096])", "@allowed([1024])", "the sizes"),
        ("param keepDurableReady bool = true", "param keepDurableReady bool = false", "keepDur"),
    ),
    *breaks(
        "no_setting_is_one_that_flex_refuses",
        APP,
        ("SIS_FEEDS: feeds", "SIS_FEEDS: feeds\n      WEBSITE_TIME_ZONE: 'x'", "WEBSITE_TIME_ZONE"),
        ("SIS_FEEDS: feeds", "SIS_FEEDS: feeds\n      AzureWebJobsStorage: 'x'", "AzureWebJobs"),
    ),
    *(_missing(setting) for setting in READ_BY_CODE),
    *breaks(
        "settings_are_those_that_the_code_reads",
        APP,
        ("SIS_FEEDS: feeds", "SIS_FEEDS: feeds\n      SIS_OTHER: 'x'", "SIS_OTHER is written"),
    ),
    *breaks(
        "the_host_has_its_settings",
        APP,
        ("AzureWebJobsStorage__tableServiceUri: hostTableEndpoint", "", "tableServiceUri"),
    ),
    *(_wrong(setting) for setting in VALUES),
    *breaks(
        "every_setting_gets_its_own_value",
        APP,
        (";Authorization=AAD", "", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"),
    ),
    *breaks(
        "the_app_gets_the_addresses_of_the_right_accounts",
        MAIN,
        ("dataStorage.outputs.queueEndpoint", "hostStorage.outputs.queueEndpoint", "dataQueue"),
        ("hostStorage.outputs.tableEndpoint", "hostStorage.outputs.queueEndpoint", "hostTable"),
    ),
    *breaks(
        "the_app_gets_the_addresses_of_the_right_accounts",
        DATA,
        ("primaryEndpoints.queue", "primaryEndpoints.blob", "data-storage: queueEndpoint"),
    ),
    *breaks(
        "the_app_gets_the_addresses_of_the_right_accounts",
        HOST,
        ("primaryEndpoints.table", "primaryEndpoints.blob", "host-storage: tableEndpoint"),
    ),
    *breaks(
        "what_turns_a_function_on_is_left_out_when_empty",
        APP,
        ("empty(landedQueue) ? {} : ", "", "SIS_LANDED_QUEUE"),
        ("empty(alertWebhook) ? {} : ", "", "SIS_ALERT_WEBHOOK"),
        ("{ SIS_ALERT_WEBHOOK: alertWebhook }", "{}", "SIS_ALERT_WEBHOOK"),
    ),
    *breaks(
        "the_address_of_the_webhook_is_a_secret",
        MAIN,
        ("@secure()\nparam alertWebhook", "param alertWebhook", "main"),
    ),
    *breaks(
        "the_address_of_the_webhook_is_a_secret",
        APP,
        ("@secure()\nparam alertWebhook", "param alertWebhook", "app"),
    ),
]
