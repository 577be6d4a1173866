"""The two storage accounts: locked, kept, and tidied up."""

from collections.abc import Iterator
from typing import Any

from tests.infra.code import EXAMPLES
from tests.infra.deployed import Project, Resource, Resources, at, of_type
from tests.infra.rules import rule

ACCOUNTS = "Microsoft.Storage/storageAccounts"
CONTAINERS = f"{ACCOUNTS}/blobServices/containers"
QUEUES = f"{ACCOUNTS}/queueServices/queues"
EVERYWHERE = {
    "kind": "StorageV2",
    "properties.allowSharedKeyAccess": False,
    "properties.allowBlobPublicAccess": False,
    "properties.allowCrossTenantReplication": False,
    "properties.minimumTlsVersion": "TLS1_2",
    "properties.supportsHttpsTrafficOnly": True,
    # Event Grid writes dead letters through the firewall.
    "properties.networkAcls.bypass": "AzureServices",
}
HOST = "Storage/storageAccounts/sishost"
DATA = {
    "minimal": "Storage/storageAccounts/sisdata",
    # A kind of account that cannot be changed later has a name of its own.
    "everything": "Storage/storageAccounts/sissftp",
}
SFTP_SWITCHES = ("isHnsEnabled", "isSftpEnabled", "isLocalUserEnabled")
FIREWALL = {"minimal": "Allow", "everything": "Deny"}


@rule
def accounts_are_locked(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        accounts = of_type(resources, ACCOUNTS)
        if accounts.keys() != {HOST, DATA[name]}:
            yield f"{name}: the accounts are {sorted(accounts)}"
        expected = {**EVERYWHERE, "properties.networkAcls.defaultAction": FIREWALL[name]}
        for account, resource in accounts.items():
            for path, value in expected.items():
                if at(resource, path) != value:
                    yield f"{name}: {account}: {path} is {at(resource, path)}"


@rule
def containers_are_private(project: Project) -> Iterator[str]:
    for _, resources in project.main():
        for name, container in of_type(resources, CONTAINERS).items():
            if at(container, "properties.publicAccess") != "None":
                yield name


@rule
def deleted_data_can_be_brought_back(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        blobs = resources[f"{DATA[name]}/blobServices/default"]
        for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
            if at(blobs, f"properties.{policy}.enabled") is not True:
                yield policy
        # Versions and a hierarchical namespace, which SFTP needs, exclude each other.
        if at(blobs, "properties.isVersioningEnabled") is not (name == "minimal"):
            yield f"{name}: isVersioningEnabled"


@rule
def only_sftp_makes_a_hierarchical_account(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        for switch in SFTP_SWITCHES:
            if at(resources[DATA[name]], f"properties.{switch}") is not (name == "everything"):
                yield f"{name}: {switch}"


@rule
def the_endpoint_closes_with_the_last_vendor(project: Project) -> Iterator[str]:
    account = project.deployed["sftp-closed"].get(DATA["everything"])
    # The same account as before: what landed and the results stay where they are.
    if account is None:
        yield "another account"
        return
    if [at(account, f"properties.{switch}") for switch in SFTP_SWITCHES] != [True, False, False]:
        yield "open"


@rule
def vendors_sign_in_with_keys_to_what_the_lists_of_folders_give(project: Project) -> Iterator[str]:
    everyone = {
        "hasSharedKey": False,
        "hasSshPassword": False,
        # Rights on the container would be rights on every feed's folder; no list takes them away.
        "allowAclAuthorization": True,
        "permissionScopes": [],
    }
    vendors: dict[str, dict[str, Any]] = {
        "vendor1": {
            "homeDirectory": "sis-landing/northwind",
            "hasSshKey": True,
            "sshAuthorizedKeys": [{"key": "ssh-rsa A"}],
        },
        # One that has left: `false` removes the keys that Azure still has.
        "vendor2": {
            "homeDirectory": "sis-landing/southridge",
            "hasSshKey": False,
            "sshAuthorizedKeys": [],
        },
    }
    for name in ("minimal", "sftp", "everything"):
        users = of_type(project.deployed[name], f"{ACCOUNTS}/localUsers")
        expected = vendors if name != "minimal" else {}
        if users.keys() != {f"{DATA['everything']}/localUsers/{each}" for each in expected}:
            yield f"{name}: {sorted(users)}"
            return
        for user in users.values():
            properties = user["properties"]
            wanted = {**everyone, **expected[user["name"].rpartition("/")[2]]}
            yield from (
                f"{name}: {each}" for each in wanted if properties.get(each) != wanted[each]
            )


@rule
def containers_and_queues_are_those_of_the_code(project: Project) -> Iterator[str]:
    # The host gives the blob trigger's poison queue its name; the alert watches only what is there.
    queues = {EXAMPLES["SIS_RESULTS_QUEUE"], "webjobs-blobtrigger-poison"}
    keyless = {"minimal": set(), "everything": {"sis-landed"}}
    for name, resources in project.main():
        containers = {
            EXAMPLES["SIS_LANDING_CONTAINER"],
            EXAMPLES["SIS_RESULTS_CONTAINER"],
            EXAMPLES["SIS_DECISIONS_CONTAINER"],
            EXAMPLES["SIS_STATE_CONTAINER"],
            "sis-dead-letters",
            "sis-settings",
        }
        if _children(resources, CONTAINERS, DATA[name]) != containers:
            yield f"{name}: containers"
        read = queues | keyless[name]
        poison = {f"{each}-poison" for each in read if not each.endswith("-poison")}
        if _children(resources, QUEUES, DATA[name]) != read | poison:
            yield f"{name}: queues"


@rule
def landed_and_result_blobs_are_deleted_on_schedule(project: Project) -> Iterator[str]:
    for name, days in {"minimal": (30, 400), "everything": (14, 800)}.items():
        rules = _lifecycle(project, name)
        expected = {
            "delete-landed": (["sis-landing/", "sis-dead-letters/"], days[0]),
            "delete-results": (["sis-results/"], days[1]),
            # However early results are deleted: a pause is one of the decisions.
            "delete-decisions": (["sis-decisions/"], 1_100),
            # The app deletes old baselines itself. By age, the keys would go too.
            "delete-old-state": (["sis-state/"], None),
        }
        if rules.keys() != expected.keys():
            yield f"the rules are {sorted(rules)}"
            return
        for policy, (prefixes, kept) in expected.items():
            if at(rules[policy], "enabled") is not True:
                yield f"{policy} is off"
            if at(rules[policy], "definition.filters.prefixMatch") != prefixes:
                yield f"{policy}: prefixMatch"
            deletion = at(rules[policy], "definition.actions.baseBlob.delete")
            if deletion != (kept and {"daysAfterModificationGreaterThan": kept}):
                yield f"{policy}: baseBlob"


@rule
def older_versions_of_pupils_data_go_with_it(project: Project) -> Iterator[str]:
    for name, days in {"minimal": 30, "everything": 14}.items():
        for policy, found in _lifecycle(project, name).items():
            # A key that was deleted must not come back.
            kept = 1 if policy == "delete-old-state" else days
            version = at(found, "definition.actions.version.delete")
            if version != {"daysAfterCreationGreaterThan": kept}:
                yield policy


@rule
def writes_to_queues_are_logged_for_the_alert_on_poison(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        service = f"{DATA[name]}/queueServices/default"
        logs = resources.get(
            f"{service}/providers/Microsoft.Insights/diagnosticSettings/queue-writes"
        )
        if logs is None:
            yield "there is no such setting"
            return
        if at(logs, "properties.logs") != [{"category": "StorageWrite", "enabled": True}]:
            yield "logs"
        if at(logs, "properties.workspaceId") != "OperationalInsights/workspaces/log-sis-sync":
            yield "workspaceId"


def _children(resources: Resources, kind: str, parent: str) -> set[str]:
    names = (name for name in of_type(resources, kind) if name.startswith(f"{parent}/"))
    return {name.rpartition("/")[2] for name in names}


def _lifecycle(project: Project, deployment: str) -> dict[str, Resource]:
    policy = project.deployed[deployment][f"{DATA[deployment]}/managementPolicies/default"]
    rules: Any = at(policy, "properties.policy.rules")
    return {each["name"]: each for each in rules}
