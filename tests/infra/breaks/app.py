"""Broken copies for the rules about the app."""

from tests.infra.breaks import GONE, Break, changed, edited
from tests.infra.rules.app import APP, OURS, PLAN, PLATFORM, WEBHOOK
from tests.infra.rules.storage import HOST

SETTINGS = f"{APP}/config/appsettings"
DEPLOYMENT = "properties.functionAppConfig.deployment.storage"
SCALE = "properties.functionAppConfig.scaleAndConcurrency"


def _settings(*pairs: str) -> str:
    """App settings as the compiler leaves them, of which the rules read these."""
    return f"[union(createObject({', '.join(pairs)}), createObject(), {WEBHOOK})]"


def _without(name: str) -> str:
    kept = [f"'{each}', 'x'" for each in {**PLATFORM, **OURS} if each != name]
    return _settings(*kept)


def _missing(name: str) -> list[Break]:
    rule = "settings_are_those_that_the_code_reads"
    offender = f"{name} is read, not written"
    return changed(rule, "everything", SETTINGS, ("properties", _without(name), offender))


BREAKS = [
    *changed(
        "the_plan_is_flex_consumption",
        "minimal",
        PLAN,
        ("sku.name", "Y1", "sku"),
        ("properties.reserved", False, "reserved"),
    ),
    *changed(
        "the_app_is_a_function_app_that_takes_no_plain_text_and_no_password",
        "minimal",
        APP,
        ("kind", "app,linux", "kind"),
        ("properties.functionAppConfig.runtime.name", "node", "runtime.name"),
        ("properties.serverFarmId", "another", "serverFarmId"),
        ("properties.httpsOnly", False, "httpsOnly"),
        ("properties.siteConfig.minTlsVersion", "1.0", "siteConfig.minTlsVersion"),
        ("properties.siteConfig.scmMinTlsVersion", "1.0", "scmMinTlsVersion"),
        ("properties.siteConfig.ftpsState", "AllAllowed", "ftpsState"),
    ),
    *(
        each
        for way in ("ftp", "scm")
        for each in changed(
            "the_app_is_a_function_app_that_takes_no_plain_text_and_no_password",
            "everything",
            f"{APP}/basicPublishingCredentialsPolicies/{way}",
            ("", GONE, way),
        )
    ),
    *changed(
        "the_app_carries_the_name_of_its_service",
        "minimal",
        APP,
        ("tags.azd-service-name", "api", "api"),
    ),
    *edited(
        "the_app_carries_the_name_of_its_service", "azure.yaml", ("  sync:\n", "  x:\n", "sync")
    ),
    *changed(
        "the_package_is_fetched_by_the_identity",
        "minimal",
        APP,
        (f"{DEPLOYMENT}.authentication.type", "StorageAccountConnectionString", "deployment"),
        (f"{DEPLOYMENT}.value", "elsewhere", "deployment.storage"),
    ),
    *changed(
        "the_package_is_fetched_by_the_identity",
        "minimal",
        f"{HOST}/blobServices/default/containers/app-package",
        ("", GONE, "the container of packages"),
    ),
    *changed(
        "memory_and_readiness_are_parameters",
        "everything",
        APP,
        (f"{SCALE}.instanceMemoryMB", 2048, "everything: instanceMemoryMB"),
        (f"{SCALE}.maximumInstanceCount", 40, "everything: maximumInstanceCount"),
        (f"{SCALE}.alwaysReady", [{"name": "http"}], "everything: alwaysReady"),
    ),
    *changed(
        "no_setting_is_one_that_flex_refuses",
        "minimal",
        SETTINGS,
        ("properties", _settings("'WEBSITE_TIME_ZONE', 'x'"), "WEBSITE_TIME_ZONE"),
        ("properties", _settings("'AzureWebJobsStorage', 'x'"), "AzureWebJobsStorage"),
    ),
    *(each for name in OURS for each in _missing(name)),
    *changed(
        "settings_are_those_that_the_code_reads",
        "everything",
        SETTINGS,
        ("properties", _settings("'SIS_OTHER', 'x'"), "SIS_OTHER is written"),
    ),
    *(
        each
        for name in (*PLATFORM, *OURS)
        for each in changed(
            "every_setting_gets_its_own_value",
            "everything",
            SETTINGS,
            ("properties", _settings(f"'{name}', 'another'"), f"everything: {name}"),
        )
    ),
    *changed(
        "every_setting_gets_its_own_value",
        "minimal",
        SETTINGS,
        ("properties", _settings("'SIS_LANDED_QUEUE', ''"), "minimal: SIS_LANDED_QUEUE"),
    ),
    *changed(
        "what_turns_a_function_on_is_left_out_when_empty",
        "minimal",
        SETTINGS,
        ("properties", "[union(createObject('SIS_ALERT_WEBHOOK', ''))]", "SIS_ALERT_WEBHOOK"),
    ),
]
