"""Broken copies for the rules about events."""

from tests.infra.breaks import breaks

MAIN = "infra/main.bicep"
SUBSCRIPTION = "infra/modules/subscription.bicep"
TOPIC = "infra/modules/topic.bicep"

BREAKS = [
    *breaks(
        "only_finished_uploads_of_the_landing_container_are_told_of",
        SUBSCRIPTION,
        ("Storage.BlobCreated", "Storage.BlobDeleted", "includedEventTypes"),
        ("containers/${landingContainer}/'", "containers/${landingContainer}'", "subject"),
        ("key: 'data.api'", "key: 'data.url'", "advancedFilters"),
        ("  'SftpCommit'\n", "", "finishedUploads"),
        ("'SftpCommit'", "'SftpCommit'\n  'SftpCreate'", "finishedUploads"),
    ),
    *breaks(
        "delivery_is_tried_for_a_day_and_kept_when_it_fails",
        SUBSCRIPTION,
        ("maxDeliveryAttempts: 30", "maxDeliveryAttempts: 1", "retryPolicy"),
        (
            "var deadLetter = {\n  identity: {\n    type: 'SystemAssigned'",
            "var deadLetter = {\n  identity: {\n    type: 'UserAssigned'",
            "the identity",
        ),
        ("blobContainerName: deadLetterContainer", "blobContainerName: 'x'", "deadLetterDest"),
    ),
    *breaks(
        "both_ways_share_filter_retries_and_dead_letters",
        SUBSCRIPTION,
        (
            "deadLetterWithResourceIdentity: deadLetter\n  }\n}\n\nresource toQueue",
            "}\n}\n\nresource toQueue",
            "toWebhook: deadLetterWithResourceIdentity",
        ),
        (
            (
                "        queueMessageTimeToLiveInSeconds: 604800\n        }\n      }\n    }\n"
                "    eventDeliverySchema: 'EventGridSchema'\n    filter: filter"
            ),
            (
                "        queueMessageTimeToLiveInSeconds: 604800\n        }\n      }\n    }\n"
                "    eventDeliverySchema: 'EventGridSchema'"
            ),
            "toQueue: filter",
        ),
    ),
    *breaks(
        "the_webhook_is_that_of_the_blob_trigger",
        SUBSCRIPTION,
        ("'export_landed'", "'blob_landed'", "landedFunction"),
        (" = if (intake == 'webhook') {", " = {", "condition"),
        ("endpointType: 'WebHook'", "endpointType: 'AzureFunction'", "endpointType"),
        ("Host.Functions.", "", "endpointUrl"),
        ("uriComponent(listKeys", "string(listKeys", "code"),
    ),
    *breaks(
        "the_keyless_way_is_a_queue_and_an_identity",
        SUBSCRIPTION,
        (" = if (intake == 'queue') {", " = if (intake == 'x') {", "condition"),
        ("deliveryWithResourceIdentity: {", "delivery: {", "identity"),
        ("endpointType: 'StorageQueue'", "endpointType: 'EventHub'", "endpointType"),
        ("queueName: landedQueue", "queueName: 'x'", "queueName"),
    ),
    *breaks(
        "the_keyless_way_is_a_queue_and_an_identity",
        MAIN,
        ("intake == 'queue' ? 'sis-landed' : ''", "'sis-landed'", "landedQueue"),
    ),
    *breaks(
        "the_topic_is_that_of_the_data_storage",
        TOPIC,
        ("type: 'SystemAssigned'", "type: 'None'", "identity.type"),
        ("source: account.id", "source: ''", "source"),
        ("'Microsoft.Storage.StorageAccounts'", "'Microsoft.Storage'", "topicType"),
        (
            "  location: location\n  tags: tags\n  identity",
            "  location: 'global'\n  tags: tags\n  identity",
            "location",
        ),
    ),
    *breaks(
        "the_topic_is_that_of_the_data_storage",
        MAIN,
        (
            "accountName: dataStorage.outputs.name\n    deadLetter",
            "accountName: hostStorage.outputs.name\n    deadLetter",
            "accountName",
        ),
    ),
    *breaks(
        "the_subscription_is_in_the_second_layer_alone",
        MAIN,
        ("module workbook 'modules/workbook", "module workbook 'modules/subscription", "main"),
    ),
    *breaks(
        "the_subscription_is_in_the_second_layer_alone",
        TOPIC,
        (
            "resource undelivered 'Microsoft.Insights/metricAlerts",
            "resource undelivered 'Microsoft.EventGrid/systemTopics/eventSubscriptions",
            "elsewhere",
        ),
    ),
    *breaks(
        "the_second_layer_takes_what_the_first_gives",
        MAIN,
        ("output SIS_TOPIC string", "output TOPIC string", "events: SIS_TOPIC"),
        ("output SIS_APP_PRINCIPAL_ID", "output PRINCIPAL_ID", "graph: SIS_APP_PRINCIPAL_ID"),
    ),
]
