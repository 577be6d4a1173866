"""The two storage accounts: locked, kept, and tidied up."""

from collections.abc import Iterator
from typing import Any

from tests.infra.code import EXAMPLES
from tests.infra.project import Project
from tests.infra.rules import rule

ACCOUNTS = "Microsoft.Storage/storageAccounts"
CONTAINERS = f"{ACCOUNTS}/blobServices/containers"
EVERYWHERE = {
    "kind": "StorageV2",
    "properties.allowSharedKeyAccess": False,
    "properties.allowBlobPublicAccess": False,
    "properties.allowCrossTenantReplication": False,
    "properties.minimumTlsVersion": "TLS1_2",
    "properties.supportsHttpsTrafficOnly": True,
    "properties.networkAcls.bypass": "AzureServices",
    "properties.networkAcls.defaultAction": "isPrivate ? 'Deny' : 'Allow'",
}
DATA = "modules/data-storage"


@rule
def accounts_are_locked(project: Project) -> Iterator[str]:
    accounts = project.resources(ACCOUNTS)
    if len(accounts) != 2:
        yield f"there are {len(accounts)} accounts"
    for account in accounts:
        for path, value in EVERYWHERE.items():
            if account.it.at(path) != value:
                yield f"{account.label}: {path} is {account.it.at(path)}"


@rule
def containers_are_private(project: Project) -> Iterator[str]:
    for container in project.resources(CONTAINERS):
        if container.it.at("properties.publicAccess") != "None":
            yield container.label


@rule
def deleted_data_can_be_brought_back(project: Project) -> Iterator[str]:
    blobs = project.resource(DATA, "blobs")
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        if blobs.at(f"properties.{policy}.enabled") is not True:
            yield policy
    # Versions and a hierarchical namespace, which SFTP needs, exclude each other.
    if blobs.at("properties.isVersioningEnabled") != "!useSftp":
        yield "isVersioningEnabled"


@rule
def only_sftp_makes_a_hierarchical_account(project: Project) -> Iterator[str]:
    account = project.resource(DATA, "account")
    for switch in ("isHnsEnabled", "isSftpEnabled", "isLocalUserEnabled"):
        if account.at(f"properties.{switch}") != "useSftp":
            yield switch
    if project.variable("main", "useSftp") != "!empty(sftpUsers)":
        yield "useSftp"
    if project.template("main").parameters["sftpUsers"].default != []:
        yield "sftpUsers"
    if project.module("main", "vendors").condition != "(useSftp)":
        yield "vendors"


@rule
def a_kind_of_account_has_a_name_of_its_own(project: Project) -> Iterator[str]:
    name = project.module("main", "dataStorage").at("params.name")
    if name != "useSftp ? 'sissftp${token}' : 'sisdata${token}'":
        yield str(name)


@rule
def vendors_sign_in_with_keys_and_only_write(project: Project) -> Iterator[str]:
    users = project.resource("modules/sftp-users", "localUsers")
    expected = {"hasSharedKey": False, "hasSshKey": True, "hasSshPassword": False}
    for name, value in expected.items():
        if users.at(f"properties.{name}") is not value:
            yield name
    if users.at("properties.permissionScopes") != [
        {"permissions": "cw", "service": "blob", "resourceName": "landingContainer"}
    ]:
        yield "permissionScopes"
    if users.at("properties.homeDirectory") != "${landingContainer}/${user.feed}":
        yield "homeDirectory"


@rule
def containers_and_queues_are_those_of_the_code(project: Project) -> Iterator[str]:
    names = {
        "landingContainer": EXAMPLES["SIS_LANDING_CONTAINER"],
        "resultsContainer": EXAMPLES["SIS_RESULTS_CONTAINER"],
        "resultsQueue": EXAMPLES["SIS_RESULTS_QUEUE"],
        # What the host calls it, in every app.
        "blobPoisonQueue": "webjobs-blobtrigger-poison",
        # What the settings' own example says of a blob with the feeds.
        "settingsContainer": "sis-settings",
    }
    for variable, name in names.items():
        if project.variable("main", variable) != name:
            yield variable


@rule
def every_queue_is_made_with_its_poison_queue(project: Project) -> Iterator[str]:
    queues = str(project.variable("main", "queues"))
    for name in (
        "resultsQueue,",
        "'${resultsQueue}-poison'",
        "blobPoisonQueue",
        "[landedQueue,",
        "'${landedQueue}-poison'",
    ):
        if name not in queues:
            yield name
    for module in ("dataStorage", "dataAccess"):
        if project.module("main", module).at("params.queues") != "queues":
            yield module


@rule
def every_container_is_made(project: Project) -> Iterator[str]:
    text = project.texts[f"infra/{DATA}.bicep"]
    names = "landingContainer, resultsContainer, deadLetterContainer, settingsContainer"
    loop = f"for container in [{names}]"
    if loop not in text:
        yield "the containers of the data storage"
    for name in ("landing", "results", "deadLetter", "settings"):
        if (
            project.module("main", "dataStorage").at(f"params.{name}Container")
            != f"{name}Container"
        ):
            yield name


@rule
def landed_and_result_blobs_are_deleted_on_schedule(project: Project) -> Iterator[str]:
    rules = _lifecycle(project)
    expected = {
        "delete-landed": (
            ["${landingContainer}/", "${deadLetterContainer}/"],
            "landedRetentionDays",
        ),
        "delete-results": (["${resultsContainer}/"], "resultsRetentionDays"),
    }
    if set(rules) != set(expected):
        yield f"the rules are {sorted(rules)}"
    for name, (prefixes, days) in expected.items():
        found = rules.get(name, {})
        definition = found.get("definition", {})
        if found.get("enabled") is not True:
            yield f"{name} is off"
        if definition.get("filters", {}).get("prefixMatch") != prefixes:
            yield f"{name}: prefixMatch"
        deletion = definition.get("actions", {}).get("baseBlob", {}).get("delete")
        if deletion != {"daysAfterModificationGreaterThan": days}:
            yield f"{name}: baseBlob"


@rule
def older_versions_of_pupils_data_go_with_it(project: Project) -> Iterator[str]:
    for name, found in _lifecycle(project).items():
        version = found["definition"]["actions"].get("version", {}).get("delete")
        if version != {"daysAfterCreationGreaterThan": "landedRetentionDays"}:
            yield name


@rule
def a_result_outlives_what_landed(project: Project) -> Iterator[str]:
    parameters = project.template("main").parameters
    landed, results = parameters["landedRetentionDays"], parameters["resultsRetentionDays"]
    if landed.default >= results.default:
        yield f"{landed.default} days and {results.default} days"


@rule
def writes_to_queues_are_logged_for_the_alert_on_poison(project: Project) -> Iterator[str]:
    logs = project.resource(DATA, "queueLogs")
    if logs.at("scope") != "queueService":
        yield "scope"
    if logs.at("properties.logs") != [{"category": "StorageWrite", "enabled": True}]:
        yield "logs"
    if logs.at("properties.workspaceId") != "workspaceId":
        yield "workspaceId"


def _lifecycle(project: Project) -> dict[str, Any]:
    policy = project.resource(DATA, "lifecycle").at("properties.policy.rules")
    return {each["name"]: each for each in policy}
