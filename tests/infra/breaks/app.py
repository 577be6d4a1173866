"""Broken copies for the rules about the app."""

from tests.infra.breaks import GONE, Break, changed, edited
from tests.infra.rules.app import APP, OURS, PLAN, PLATFORM, VAULT
from tests.infra.rules.storage import HOST

SETTINGS = f"{APP}/config/appsettings"
DEPLOYMENT = "properties.functionAppConfig.deployment.storage"
SCALE = "properties.functionAppConfig.scaleAndConcurrency"


def _setting(rule: str, name: str, value: object, offender: str, where: str) -> list[Break]:
    """A rule that finds another value of a setting, or one more or one fewer."""
    return changed(rule, where, SETTINGS, (f"properties.{name}", value, offender))


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
    *(
        each
        for name in ("WEBSITE_TIME_ZONE", "AzureWebJobsStorage")
        for each in _setting("no_setting_is_one_that_flex_refuses", name, "x", name, "minimal")
    ),
    *(
        each
        for name, value, offender in [
            *((name, GONE, f"{name} is read, not written") for name in OURS),
            ("SIS_OTHER", "x", "SIS_OTHER is written"),
        ]
        for each in _setting(
            "settings_are_those_that_the_code_reads", name, value, offender, "everything"
        )
    ),
    *(
        each
        for name in (*PLATFORM, *OURS)
        for each in _setting(
            "every_setting_gets_its_own_value", name, "another", f"everything: {name}", "everything"
        )
    ),
    *(
        each
        for name in ("SIS_LANDED_QUEUE", "SIS_ALERT_WEBHOOK")
        for each in _setting(
            "every_setting_gets_its_own_value", name, "", f"minimal: {name}", "minimal"
        )
    ),
    *changed(
        "the_address_of_the_alert_webhook_is_kept_in_a_vault",
        "minimal",
        APP,
        ("properties.keyVaultReferenceIdentity", GONE, "keyVaultReferenceIdentity"),
        ("properties.x", "https://alerts.northwind.example/card", "the address itself"),
    ),
    *changed(
        "the_address_of_the_alert_webhook_is_kept_in_a_vault",
        "everything",
        VAULT,
        ("", GONE, "everything: []"),
        ("name", "kv-sis-sync-northwind", "too long"),
        ("properties.enableRbacAuthorization", False, "enableRbacAuthorization"),
    ),
    *changed("another_name_of_the_app_is_another_task_hub", "minimal", HOST, ("", GONE, "minimal")),
]
