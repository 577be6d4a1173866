"""The plan, the app and its settings."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.infra.code import OPTIONAL, connections, placeholders, settings_read
from tests.infra.project import ROOT, Project
from tests.infra.reading import objects
from tests.infra.rules import rule

APP = "modules/app"
PLATFORM = {
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
"""What the host reads, not our code."""

REFUSED_ON_FLEX = re.compile(
    r"FUNCTIONS_WORKER_.*|FUNCTIONS_EXTENSION_VERSION|WEBSITE_.*|SCM_DO_BUILD_DURING_DEPLOYMENT"
    r"|ENABLE_ORYX_BUILD|AzureWebJobsStorage|TZ"
)


@rule
def the_plan_is_flex_consumption(project: Project) -> Iterator[str]:
    plan = project.resource(APP, "plan")
    if plan.at("sku") != {"name": "FC1", "tier": "FlexConsumption"}:
        yield "sku"
    if plan.at("properties.reserved") is not True:
        yield "reserved"


@rule
def the_app_is_a_function_app_of_that_plan(project: Project) -> Iterator[str]:
    app = project.resource(APP, "app")
    expected = {
        "kind": "functionapp,linux",
        "properties.serverFarmId": "plan.id",
        "identity.type": "UserAssigned",
        "identity.userAssignedIdentities": {"${identityId}": {}},
    }
    for path, value in expected.items():
        if app.at(path) != value:
            yield path


@rule
def the_app_takes_no_plain_text_and_no_password(project: Project) -> Iterator[str]:
    app = project.resource(APP, "app")
    expected = {
        "properties.httpsOnly": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.scmMinTlsVersion": "1.2",
        "properties.siteConfig.ftpsState": "Disabled",
    }
    for path, value in expected.items():
        if app.at(path) != value:
            yield path
    policies = project.resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    closed = {each.it.at("name") for each in policies if each.it.at("properties.allow") is False}
    yield from {"ftp", "scm"} - closed


@rule
def the_app_carries_the_name_of_its_service(project: Project) -> Iterator[str]:
    services = re.search(r"^services:\n  (\w+):$", project.texts["azure.yaml"], re.MULTILINE)
    tags = objects(project.resource(APP, "app").at("tags"))
    if services is None or tags != [{"azd-service-name": services[1]}]:
        yield str(tags)


@rule
def the_package_is_fetched_by_the_identity(project: Project) -> Iterator[str]:
    storage = project.resource(APP, "app").at("properties.functionAppConfig.deployment.storage")
    if storage != {
        "type": "blobContainer",
        "value": "packageLocation",
        "authentication": {
            "type": "UserAssignedIdentity",
            "userAssignedIdentityResourceId": "identityId",
        },
    }:
        yield "deployment.storage"
    location = project.module("main", "app").at("params.packageLocation")
    if location != "${hostStorage.outputs.blobEndpoint}${packageContainer}":
        yield "packageLocation"
    if project.module("main", "hostStorage").at("params.packageContainer") != "packageContainer":
        yield "packageContainer"


@rule
def python_is_one_that_the_project_runs_on(project: Project) -> Iterator[str]:
    runtime = project.resource(APP, "app").at("properties.functionAppConfig.runtime")
    if runtime != {"name": "python", "version": "pythonVersion"}:
        yield "runtime"
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest, ceiling = re.findall(r"3\.(\d+)", about["requires-python"])
    supported = [f"3.{minor}" for minor in range(int(lowest), int(ceiling))]
    for file in ("main", APP):
        if project.template(file).parameters["pythonVersion"].allowed != supported:
            yield file


@rule
def memory_and_readiness_are_parameters(project: Project) -> Iterator[str]:
    app = project.resource(APP, "app").at("properties.functionAppConfig.scaleAndConcurrency")
    parameters = project.template("main").parameters
    if app["instanceMemoryMB"] != "instanceMemoryMB":
        yield "instanceMemoryMB"
    if parameters["instanceMemoryMB"].allowed != [512, 2048, 4096]:
        yield "the sizes of an instance"
    ready = app["alwaysReady"]
    if objects(ready) != [{"name": "durable", "instanceCount": 1}]:
        yield "alwaysReady"
    if not str(ready).startswith("keepDurableReady"):
        yield "the switch of alwaysReady"
    if parameters["keepDurableReady"].default is not True:
        yield "keepDurableReady"


@rule
def no_setting_is_one_that_flex_refuses(project: Project) -> Iterator[str]:
    yield from (name for name in _settings(project) if REFUSED_ON_FLEX.fullmatch(name))


@rule
def settings_are_those_that_the_code_reads(project: Project) -> Iterator[str]:
    # A connection string is the local way; the cloud has addresses and an identity.
    keyless = {f"{name}{part}" for name in connections() for part in _PARTS}
    read = (settings_read() | placeholders() | keyless) - connections()
    written = set(_settings(project)) - PLATFORM
    yield from (f"{name} is read, not written" for name in read - written)
    yield from (f"{name} is written, not read" for name in written - read)


_PARTS = ("__credential", "__clientId", "__blobServiceUri", "__queueServiceUri")
"""What the bindings need of a connection by identity: both addresses, or poison messages fail."""


@rule
def the_host_has_its_settings(project: Project) -> Iterator[str]:
    yield from PLATFORM - set(_settings(project))


@rule
def every_setting_gets_its_own_value(project: Project) -> Iterator[str]:
    settings = _settings(project)
    expected = {
        "AzureWebJobsStorage__blobServiceUri": "hostBlobEndpoint",
        "AzureWebJobsStorage__queueServiceUri": "hostQueueEndpoint",
        "AzureWebJobsStorage__tableServiceUri": "hostTableEndpoint",
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": "identityClientId",
        "SIS_STORAGE__blobServiceUri": "dataBlobEndpoint",
        "SIS_STORAGE__queueServiceUri": "dataQueueEndpoint",
        "SIS_STORAGE__credential": "managedidentity",
        "SIS_STORAGE__clientId": "identityClientId",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "insightsConnectionString",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": (
            "ClientId=${identityClientId};Authorization=AAD"
        ),
        "AZURE_CLIENT_ID": "identityClientId",
        "SIS_FEEDS": "feeds",
        "SIS_LANDING_CONTAINER": "landingContainer",
        "SIS_RESULTS_CONTAINER": "resultsContainer",
        "SIS_RESULTS_QUEUE": "resultsQueue",
        "SIS_LANDED_QUEUE": "landedQueue",
        "SIS_ALERT_WEBHOOK": "alertWebhook",
        "SIS_UPLOAD_SUFFIX": "uploadSuffix",
        "GRAPH_ROOT": "graphRoot",
    }
    yield from (name for name in settings if settings[name] != expected.get(name))


@rule
def the_app_gets_the_addresses_of_the_right_accounts(project: Project) -> Iterator[str]:
    parameters = project.module("main", "app").at("params")
    for account in ("host", "data"):
        for service in ("Blob", "Queue", "Table"):
            name = f"{account}{service}Endpoint"
            expected = f"{account}Storage.outputs.{service.lower()}Endpoint"
            if name in parameters and parameters[name] != expected:
                yield name
    for module in ("host-storage", "data-storage"):
        for output, value in project.template(f"modules/{module}").outputs.items():
            service = output.removesuffix("Endpoint")
            if service != output and value != f"account.properties.primaryEndpoints.{service}":
                yield f"{module}: {output}"


@rule
def what_turns_a_function_on_is_left_out_when_empty(project: Project) -> Iterator[str]:
    properties = str(project.resource(APP, "settings").at("properties"))
    for name, value in {
        "SIS_LANDED_QUEUE": "landedQueue",
        "SIS_ALERT_WEBHOOK": "alertWebhook",
    }.items():
        if f"empty({value}) ? {{}} : {{ {name}: {value} }}" not in properties:
            yield name
    yield from OPTIONAL.keys() - _settings(project).keys()


@rule
def the_address_of_the_webhook_is_a_secret(project: Project) -> Iterator[str]:
    for file in ("main", APP):
        if not project.template(file).parameters["alertWebhook"].secure:
            yield file


def _settings(project: Project) -> dict[str, Any]:
    properties = project.resource(APP, "settings").at("properties")
    return {name: value for part in objects(properties) for name, value in part.items()}
