"""Deployments that differ: the variables that an operator sets for each, by its name."""

FEEDS = '[{"name": "northwind", "target": "classic", "profileId": "p1", "format": "sds-v1"}]'
OPERATORS = "11111111-2222-3333-4444-555555555555"
DEPLOYER = "22222222-3333-4444-5555-666666666666"
VENDOR_APP = "33333333-4444-5555-6666-777777777777"
SCHOOL_STAFF = "44444444-5555-6666-7777-888888888888"

# The second has left: no key, no way in.
VENDORS = (
    '[{"user": "vendor1", "feed": "northwind", "publicKeys": ["ssh-rsa A"]},'
    ' {"user": "vendor2", "feed": "southridge", "publicKeys": []}]'
)
EXPORTERS = (
    f'[{{"principalId": "{VENDOR_APP}", "principalType": "ServicePrincipal",'
    ' "feeds": ["northwind", "southridge"]},'
    f' {{"principalId": "{SCHOOL_STAFF}", "principalType": "Group"}}]'
)

MINIMAL = {
    "AZURE_ENV_NAME": "northwind",
    "AZURE_LOCATION": "westeurope",
    "SIS_FEEDS": FEEDS,
    "SIS_ALERT_EMAILS": '["it@northwind.example"]',
}
"""What has no default."""

NETWORK = {
    **MINIMAL,
    "SIS_USE_VIRTUAL_NETWORK": "true",
    "SIS_NETWORK_ADDRESS_PREFIX": "10.90.0.0/24",
    "SIS_NAT_GATEWAY_ID": (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/net"
        "/providers/Microsoft.Network/natGateways/out"
    ),
    "SIS_ALLOWED_IP_RANGES": '["203.0.113.0/24"]',
}

DEPLOYMENTS = {
    # azd hands over the last one by itself.
    "minimal": {**MINIMAL, "AZURE_PRINCIPAL_ID": DEPLOYER},
    "queue": {**MINIMAL, "SIS_INTAKE": "queue"},
    "network": NETWORK,
    "sftp": {**MINIMAL, "SIS_USE_SFTP": "true", "SIS_SFTP_USERS": VENDORS},
    "sftp-closed": {**MINIMAL, "SIS_USE_SFTP": "true"},
    "blob-of-feeds": {**MINIMAL, "SIS_FEEDS": "blob:sis-settings/feeds.json"},
    "everything": {
        **NETWORK,
        "SIS_INTAKE": "queue",
        "SIS_WATCHED_FEEDS": '["northwind"]',
        "SIS_ABSENCE_HOURS": "40",
        "SIS_ABSENCE_DAYS": "[1, 2, 3, 4, 5]",
        "SIS_ABSENCE_FROM_HOUR_UTC": "6",
        "SIS_LONGEST_RUN_HOURS": "40",
        "SIS_ALERT_WEBHOOK": "https://alerts.northwind.example/card",
        "SIS_INSTANCE_MEMORY_MB": "4096",
        "SIS_MAXIMUM_INSTANCES": "100",
        "SIS_KEEP_DURABLE_READY": "false",
        "SIS_DATA_STORAGE_SKU": "Standard_ZRS",
        "SIS_LANDED_RETENTION_DAYS": "14",
        "SIS_RESULTS_RETENTION_DAYS": "800",
        "SIS_LOG_RETENTION_DAYS": "180",
        "SIS_USE_SFTP": "true",
        "SIS_SFTP_USERS": VENDORS,
        "SIS_EXPORTERS": EXPORTERS,
        "SIS_DEPLOYER_DELIVERS": "false",
        "AZURE_PRINCIPAL_ID": DEPLOYER,
        "SIS_OPERATOR_GROUP_ID": OPERATORS,
    },
}
"""The first layer's."""

EVENTS = {
    "AZURE_RESOURCE_GROUP": "rg-northwind",
    "SIS_APP_NAME": "func-sis-sync-abc",
    "SIS_TOPIC": "evgt-sisdataabc",
    "SIS_DATA_STORAGE": "sisdataabc",
    "SIS_INTAKE": "webhook",
    "SIS_LANDING_CONTAINER": "sis-landing",
    "SIS_DEAD_LETTER_CONTAINER": "sis-dead-letters",
}
GRAPH = {"SIS_APP_PRINCIPAL_ID": "99999999-8888-7777-6666-555555555555"}

LATER = {
    ("events", "webhook"): EVENTS,
    ("events", "queue"): {**EVENTS, "SIS_INTAKE": "queue", "SIS_LANDED_QUEUE": "sis-landed"},
    ("graph", "off"): GRAPH,
    ("graph", "both targets"): {
        **GRAPH,
        "SIS_GRANT_GRAPH_PERMISSIONS": "true",
        "SIS_TARGETS": '["classic", "industry-data"]',
    },
}
"""The layers that read what the first gave, as azd sets it."""
