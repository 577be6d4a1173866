"""The function app: its plan, its identity, and settings that are those of the code."""

import re
from collections.abc import Iterator

from tests.infra.code import connections, placeholders, settings_read
from tests.infra.deployed import Project, Resources, at, of_type
from tests.infra.deployments import FEEDS
from tests.infra.rules import rule
from tests.infra.rules.access import IDENTITY, INSIGHTS, SECRET
from tests.infra.rules.storage import DATA, HOST

APP = "Web/sites/func-sis-sync"
PLAN = "Web/serverfarms/plan-sis-sync"

PLATFORM = {
    "AzureWebJobsStorage__credential": "managedidentity",
    "AzureWebJobsStorage__clientId": f"<{IDENTITY}>.clientId",
    "AzureWebJobsStorage__blobServiceUri": f"<{HOST}>.primaryEndpoints.blob",
    "AzureWebJobsStorage__queueServiceUri": f"<{HOST}>.primaryEndpoints.queue",
    "AzureWebJobsStorage__tableServiceUri": f"<{HOST}>.primaryEndpoints.table",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"<{INSIGHTS}>.ConnectionString",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": (
        f"format('ClientId={{0}};Authorization=AAD', <{IDENTITY}>.clientId)"
    ),
}
"""What the host reads, not our code."""

VAULT = SECRET.partition("/secrets/")[0]
WEBHOOK = (
    "format('@Microsoft.KeyVault(SecretUri={0})',"
    f" format('{{0}}secrets/{{1}}', <{VAULT}>.vaultUri, 'alert-webhook'))"
)
"""A reference without a version, so that a new address is taken without a deployment."""

OURS = {
    "SIS_STORAGE__credential": "managedidentity",
    "SIS_STORAGE__clientId": f"<{IDENTITY}>.clientId",
    "SIS_STORAGE__blobServiceUri": "<{data}>.primaryEndpoints.blob",
    "SIS_STORAGE__queueServiceUri": "<{data}>.primaryEndpoints.queue",
    "AZURE_CLIENT_ID": f"<{IDENTITY}>.clientId",
    "SIS_FEEDS": FEEDS,
    "SIS_LANDING_CONTAINER": "sis-landing",
    "SIS_RESULTS_CONTAINER": "sis-results",
    "SIS_DECISIONS_CONTAINER": "sis-decisions",
    "SIS_STATE_CONTAINER": "sis-state",
    "SIS_RESULTS_QUEUE": "sync-results",
    "SIS_LANDED_QUEUE": "sis-landed",
    "SIS_UPLOAD_SUFFIX": "format('.blob.{0}', environment().suffixes.storage)",
    "GRAPH_ROOT": "https://graph.microsoft.com",
    "SIS_ALERT_WEBHOOK": WEBHOOK,
}
REFUSED_ON_FLEX = re.compile(
    r"FUNCTIONS_WORKER_.*|FUNCTIONS_EXTENSION_VERSION|WEBSITE_.*|SCM_DO_BUILD_DURING_DEPLOYMENT"
    r"|ENABLE_ORYX_BUILD|AzureWebJobsStorage|TZ"
)
PARTS = ("__credential", "__clientId", "__blobServiceUri", "__queueServiceUri")
"""What the bindings need of a connection by identity: both addresses, or poison messages fail."""


@rule
def the_plan_is_flex_consumption(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        if resources[PLAN]["sku"] != {"name": "FC1", "tier": "FlexConsumption"}:
            yield "sku"
        if at(resources[PLAN], "properties.reserved") is not True:
            yield "reserved"


@rule
def the_app_is_a_function_app_that_takes_no_plain_text_and_no_password(
    project: Project,
) -> Iterator[str]:
    expected = {
        "kind": "functionapp,linux",
        "properties.functionAppConfig.runtime.name": "python",
        "properties.serverFarmId": PLAN,
        "properties.httpsOnly": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.scmMinTlsVersion": "1.2",
        "properties.siteConfig.ftpsState": "Disabled",
    }
    for _, resources in project.main():
        yield from (path for path, value in expected.items() if at(resources[APP], path) != value)
        for way in ("ftp", "scm"):
            policy = resources.get(f"{APP}/basicPublishingCredentialsPolicies/{way}", {})
            if at(policy, "properties.allow") is not False:
                yield way


@rule
def the_app_carries_the_name_of_its_service(project: Project) -> Iterator[str]:
    services = re.search(r"^services:\n  (\w+):$", project.texts["azure.yaml"], re.MULTILINE)
    for _, resources in project.main():
        if services is None or at(resources[APP], "tags").get("azd-service-name") != services[1]:
            yield str(resources[APP]["tags"])


@rule
def the_package_is_fetched_by_the_identity(project: Project) -> Iterator[str]:
    expected = {
        "type": "blobContainer",
        "value": f"[format('{{0}}{{1}}', <{HOST}>.primaryEndpoints.blob, 'app-package')]",
        "authentication": {
            "type": "UserAssignedIdentity",
            "userAssignedIdentityResourceId": IDENTITY,
        },
    }
    for _, resources in project.main():
        if at(resources[APP], "properties.functionAppConfig.deployment.storage") != expected:
            yield "deployment.storage"
        if f"{HOST}/blobServices/default/containers/app-package" not in resources:
            yield "the container of packages"


@rule
def memory_and_readiness_are_parameters(project: Project) -> Iterator[str]:
    expected = {
        "minimal": (2048, 40, [{"name": "durable", "instanceCount": 1}]),
        "everything": (4096, 100, []),
    }
    for name, resources in project.main():
        scale = at(resources[APP], "properties.functionAppConfig.scaleAndConcurrency")
        names = ("instanceMemoryMB", "maximumInstanceCount", "alwaysReady")
        for setting, value in zip(names, expected[name], strict=True):
            if scale[setting] != value:
                yield f"{name}: {setting}"


@rule
def no_setting_is_one_that_flex_refuses(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        yield from (name for name in settings(resources) if REFUSED_ON_FLEX.fullmatch(name))


@rule
def settings_are_those_that_the_code_reads(project: Project) -> Iterator[str]:
    # A connection string is the local way; the cloud has addresses and an identity.
    keyless = {f"{name}{part}" for name in connections() for part in PARTS}
    read = (settings_read() | placeholders() | keyless) - connections()
    written = settings(project.deployed["everything"]).keys() - PLATFORM.keys()
    yield from (f"{name} is read, not written" for name in read - written)
    yield from (f"{name} is written, not read" for name in written - read)


@rule
def every_setting_gets_its_own_value(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        ours = {each: value.replace("{data}", DATA[name]) for each, value in OURS.items()}
        expected = {**PLATFORM, **ours}
        if name == "minimal":
            # A setting that is there turns its function on.
            del expected["SIS_LANDED_QUEUE"], expected["SIS_ALERT_WEBHOOK"]
        found = settings(resources)
        for setting in expected.keys() | found.keys():
            if found.get(setting) != expected.get(setting):
                yield f"{name}: {setting}"


@rule
def the_address_of_the_alert_webhook_is_kept_in_a_vault(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        vaults = of_type(resources, "Microsoft.KeyVault/vaults")
        if vaults.keys() != ({VAULT} if name == "everything" else set()):
            yield f"{name}: {sorted(vaults)}"
        if at(resources[APP], "properties.keyVaultReferenceIdentity") != IDENTITY:
            yield f"{name}: keyVaultReferenceIdentity"
        for vault in vaults.values():
            # Rights come from roles alone, and names of vaults are unique in Azure.
            if at(vault, "properties.enableRbacAuthorization") is not True:
                yield "enableRbacAuthorization"
            if len(vault["name"]) + len("1234567890123") > 24:
                yield "the name is too long"
        if "https://alerts.northwind.example" in str(resources):
            yield f"{name}: the address itself"


@rule
def another_name_of_the_app_is_another_task_hub(project: Project) -> Iterator[str]:
    # Two apps on one hub compete for its leases, and runs stay Pending for minutes. The hub lies in
    # the host's storage, and `shortened` leaves `HOST` only where both names end with one token.
    for name, resources in project.main():
        if APP not in resources or HOST not in resources:
            yield name


def settings(resources: Resources) -> dict[str, str]:
    """The app settings: texts, or expressions of what Azure knows."""
    found = resources[f"{APP}/config/appsettings"]["properties"]
    return {name: _unwrapped(value) for name, value in found.items()}


def _unwrapped(value: str) -> str:
    """An expression without its brackets; an array of feeds is a text as it is."""
    is_expression = value.startswith("[") and not value.startswith('[{"')
    return value[1:-1] if is_expression else value
