"""Broken copies for the rules about storage."""

from tests.infra.breaks import breaks

MAIN = "infra/main.bicep"
DATA = "infra/modules/data-storage.bicep"
HOST = "infra/modules/host-storage.bicep"
SFTP = "infra/modules/sftp-users.bicep"
TOPIC = "infra/modules/topic.bicep"

BREAKS = [
    *(
        each
        for path in (DATA, HOST)
        for each in breaks(
            "accounts_are_locked",
            path,
            ("kind: 'StorageV2'", "kind: 'BlobStorage'", "kind"),
            ("allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "allowSharedKeyAccess"),
            ("allowBlobPublicAccess: false", "allowBlobPublicAccess: true", "BlobPublicAccess"),
            ("allowCrossTenantReplication: false", "", "allowCrossTenantReplication"),
            ("'TLS1_2'", "'TLS1_0'", "minimumTlsVersion"),
            ("supportsHttpsTrafficOnly: true", "", "supportsHttpsTrafficOnly"),
            ("bypass: 'AzureServices'", "bypass: 'None'", "bypass"),
            ("? 'Deny' : 'Allow'", "? 'Allow' : 'Allow'", "defaultAction"),
        )
    ),
    *breaks(
        "accounts_are_locked",
        TOPIC,
        (
            "2024-01-01' existing = {\n  name: accountName",
            "2024-01-01' = {\n  name: accountName",
            "3 accounts",
        ),
    ),
    *breaks("containers_are_private", DATA, ("publicAccess: 'None'", "publicAccess: 'Blob'", "")),
    *breaks("containers_are_private", HOST, ("publicAccess: 'None'", "", "host-storage")),
    *breaks(
        "deleted_data_can_be_brought_back",
        DATA,
        (
            "    deleteRetentionPolicy: {\n      enabled: true",
            "    deleteRetentionPolicy: {\n      enabled: false",
            "deleteRetentionPolicy",
        ),
        ("containerDeleteRetentionPolicy", "someOtherPolicy", "containerDeleteRetentionPolicy"),
        ("isVersioningEnabled: !useSftp", "isVersioningEnabled: false", "isVersioningEnabled"),
    ),
    *breaks(
        "only_sftp_makes_a_hierarchical_account",
        DATA,
        ("isHnsEnabled: useSftp", "isHnsEnabled: true", "isHnsEnabled"),
        ("isSftpEnabled: useSftp", "isSftpEnabled: true", "isSftpEnabled"),
        ("isLocalUserEnabled: useSftp", "isLocalUserEnabled: true", "isLocalUserEnabled"),
    ),
    *breaks(
        "only_sftp_makes_a_hierarchical_account",
        MAIN,
        ("var useSftp = !empty(sftpUsers)", "var useSftp = true", "useSftp"),
        ("sftpUserType[] = []", "sftpUserType[] = [{}]", "sftpUsers"),
        ("= if (useSftp) {", "= {", "vendors"),
    ),
    *breaks(
        "a_kind_of_account_has_a_name_of_its_own",
        MAIN,
        ("useSftp ? 'sissftp${token}' : 'sisdata${token}'", "'sisdata${token}'", "sisdata"),
    ),
    *breaks(
        "vendors_sign_in_with_keys_and_only_write",
        SFTP,
        ("hasSharedKey: false", "hasSharedKey: true", "hasSharedKey"),
        ("hasSshKey: true", "hasSshKey: false", "hasSshKey"),
        ("hasSshPassword: false", "hasSshPassword: true", "hasSshPassword"),
        ("permissions: 'cw'", "permissions: 'rcwdl'", "permissionScopes"),
        ("/${user.feed}'", "'", "homeDirectory"),
    ),
    *breaks(
        "containers_and_queues_are_those_of_the_code",
        MAIN,
        ("'sis-landing'", "'landing'", "landingContainer"),
        ("'sis-results'", "'results'", "resultsContainer"),
        ("'sync-results'", "'results'", "resultsQueue"),
        ("'webjobs-blobtrigger-poison'", "'poison'", "blobPoisonQueue"),
        ("'sis-settings'", "'settings'", "settingsContainer"),
    ),
    *breaks(
        "every_queue_is_made_with_its_poison_queue",
        MAIN,
        ("[resultsQueue, '", "['", "resultsQueue,"),
        (" '${resultsQueue}-poison',", "", "${resultsQueue}-poison"),
        (", blobPoisonQueue]", "]", "blobPoisonQueue"),
        ("[landedQueue, '${landedQueue}-poison']", "['${landedQueue}-poison']", "[landedQueue,"),
        (", '${landedQueue}-poison']", ", 'x']", "${landedQueue}-poison"),
        ("    queues: queues\n    landedRet", "    queues: []\n    landedRet", "dataStorage"),
        ("    queues: queues\n    appPrin", "    queues: []\n    appPrin", "dataAccess"),
    ),
    *breaks(
        "every_container_is_made",
        DATA,
        ("deadLetterContainer, settingsContainer]", "deadLetterContainer]", "containers"),
    ),
    *breaks(
        "every_container_is_made",
        MAIN,
        (
            "settingsContainer: settingsContainer\n    queues: queues\n    landed",
            "settingsContainer: landingContainer\n    queues: queues\n    landed",
            "settings",
        ),
    ),
    *breaks(
        "landed_and_result_blobs_are_deleted_on_schedule",
        DATA,
        ("'delete-landed'\n          enabled: true", "'delete-landed'", "delete-landed is off"),
        ("'delete-results'\n          enabled: true", "'delete-results'", "delete-results is off"),
        ("name: 'delete-landed'", "name: 'delete'", "the rules are"),
        (", '${deadLetterContainer}/']", "]", "delete-landed: prefixMatch"),
        ("['${resultsContainer}/']", "[]", "delete-results: prefixMatch"),
        (
            "daysAfterModificationGreaterThan: landedRetentionDays",
            "daysAfterModificationGreaterThan: 9999",
            "delete-landed: baseBlob",
        ),
        (
            "daysAfterModificationGreaterThan: resultsRetentionDays",
            "daysAfterModificationGreaterThan: 9999",
            "delete-results: baseBlob",
        ),
    ),
    *breaks(
        "older_versions_of_pupils_data_go_with_it",
        DATA,
        (
            (
                "version: {\n                delete: {\n                  "
                "daysAfterCreationGreaterThan: landedRetentionDays\n"
                "                }\n              }\n              snapshot"
            ),
            "version: {}\n              snapshot",
            "delete-landed",
        ),
    ),
    *breaks(
        "a_result_outlives_what_landed",
        MAIN,
        ("param resultsRetentionDays int = 400", "param resultsRetentionDays int = 30", "30 days"),
    ),
    *breaks(
        "writes_to_queues_are_logged_for_the_alert_on_poison",
        DATA,
        ("scope: queueService", "scope: blobs", "scope"),
        ("category: 'StorageWrite'", "category: 'StorageRead'", "logs"),
        ("workspaceId: workspaceId", "workspaceId: ''", "workspaceId"),
    ),
]
