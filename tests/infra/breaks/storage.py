"""Broken copies for the rules about storage."""

from tests.infra.breaks import GONE, changed
from tests.infra.rules.storage import DATA, HOST

PLAIN, SFTP = DATA["minimal"], DATA["everything"]
CONTAINERS = f"{PLAIN}/blobServices/default/containers"
QUEUES = "queueServices/default/queues"
LOGS = f"{PLAIN}/queueServices/default/providers/Microsoft.Insights/diagnosticSettings/queue-writes"
LIFECYCLE = "properties.policy.rules"

BREAKS = [
    *(
        each
        for account in (HOST, PLAIN)
        for each in changed(
            "accounts_are_locked",
            "minimal",
            account,
            ("kind", "BlobStorage", "kind"),
            ("properties.allowSharedKeyAccess", True, "allowSharedKeyAccess"),
            ("properties.allowBlobPublicAccess", True, "allowBlobPublicAccess"),
            ("properties.allowCrossTenantReplication", GONE, "allowCrossTenantReplication"),
            ("properties.minimumTlsVersion", "TLS1_0", "minimumTlsVersion"),
            ("properties.supportsHttpsTrafficOnly", GONE, "supportsHttpsTrafficOnly"),
            ("properties.networkAcls.bypass", "None", "bypass"),
        )
    ),
    *changed(
        "accounts_are_locked",
        "everything",
        SFTP,
        ("properties.networkAcls.defaultAction", "Allow", "defaultAction"),
    ),
    *changed(
        "accounts_are_locked",
        "everything",
        PLAIN,
        ("", {"type": "Microsoft.Storage/storageAccounts"}, "the accounts are"),
    ),
    *changed(
        "containers_are_private",
        "minimal",
        f"{CONTAINERS}/sis-landing",
        ("properties.publicAccess", "Blob", "sis-landing"),
    ),
    *changed(
        "deleted_data_can_be_brought_back",
        "minimal",
        f"{PLAIN}/blobServices/default",
        ("properties.deleteRetentionPolicy.enabled", False, "deleteRetentionPolicy"),
        ("properties.containerDeleteRetentionPolicy", GONE, "containerDeleteRetentionPolicy"),
        ("properties.isVersioningEnabled", False, "minimal: isVersioningEnabled"),
    ),
    *changed(
        "only_sftp_makes_a_hierarchical_account",
        "minimal",
        PLAIN,
        ("properties.isHnsEnabled", True, "minimal: isHnsEnabled"),
        ("properties.isSftpEnabled", True, "minimal: isSftpEnabled"),
        ("properties.isLocalUserEnabled", True, "minimal: isLocalUserEnabled"),
    ),
    *changed(
        "the_endpoint_closes_with_the_last_vendor",
        "sftp-closed",
        SFTP,
        ("properties.isSftpEnabled", True, "open"),
        ("", GONE, "another account"),
    ),
    *changed(
        "vendors_sign_in_with_keys_to_what_the_lists_of_folders_give",
        "everything",
        f"{SFTP}/localUsers/vendor1",
        ("properties.hasSharedKey", True, "hasSharedKey"),
        ("properties.hasSshKey", False, "hasSshKey"),
        ("properties.hasSshPassword", True, "hasSshPassword"),
        ("properties.permissionScopes", [{"permissions": "cw"}], "permissionScopes"),
        ("properties.allowAclAuthorization", False, "allowAclAuthorization"),
        ("properties.homeDirectory", "sis-landing", "homeDirectory"),
        ("", GONE, "everything: ["),
    ),
    *changed(
        "vendors_sign_in_with_keys_to_what_the_lists_of_folders_give",
        "sftp",
        f"{SFTP}/localUsers/vendor2",
        ("properties.hasSshKey", True, "sftp: hasSshKey"),
    ),
    *changed(
        "containers_and_queues_are_those_of_the_code",
        "minimal",
        f"{CONTAINERS}/sis-settings",
        ("", GONE, "minimal: containers"),
    ),
    *changed(
        "containers_and_queues_are_those_of_the_code",
        "minimal",
        f"{PLAIN}/{QUEUES}/webjobs-blobtrigger-poison",
        ("", GONE, "minimal: queues"),
    ),
    *changed(
        "containers_and_queues_are_those_of_the_code",
        "everything",
        f"{SFTP}/{QUEUES}/sis-landed-poison",
        ("", GONE, "everything: queues"),
    ),
    *changed(
        "landed_and_result_blobs_are_deleted_on_schedule",
        "minimal",
        f"{PLAIN}/managementPolicies/default",
        (f"{LIFECYCLE}.0.enabled", GONE, "delete-landed is off"),
        (f"{LIFECYCLE}.1.enabled", False, "delete-results is off"),
        (f"{LIFECYCLE}.0.name", "delete", "the rules are"),
        (
            f"{LIFECYCLE}.0.definition.filters.prefixMatch",
            ["sis-landing/"],
            "delete-landed: prefixMatch",
        ),
        (f"{LIFECYCLE}.1.definition.actions.baseBlob", GONE, "delete-results: baseBlob"),
        (
            f"{LIFECYCLE}.2.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan",
            400,
            "delete-decisions: baseBlob",
        ),
        (
            f"{LIFECYCLE}.3.definition.actions.baseBlob",
            {"delete": {"daysAfterModificationGreaterThan": 400}},
            "delete-old-state: baseBlob",
        ),
    ),
    *changed(
        "older_versions_of_pupils_data_go_with_it",
        "everything",
        f"{SFTP}/managementPolicies/default",
        (f"{LIFECYCLE}.0.definition.actions.version", {}, "delete-landed"),
        (
            f"{LIFECYCLE}.3.definition.actions.version.delete.daysAfterCreationGreaterThan",
            14,
            "delete-old-state",
        ),
    ),
    *changed(
        "writes_to_queues_are_logged_for_the_alert_on_poison",
        "minimal",
        LOGS,
        ("", GONE, "there is no such setting"),
        ("properties.logs.0.category", "StorageRead", "logs"),
        ("properties.workspaceId", "", "workspaceId"),
    ),
]
