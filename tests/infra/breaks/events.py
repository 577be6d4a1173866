"""Broken copies for the rules about events."""

from tests.infra.breaks import GONE, Break, changed, edited
from tests.infra.rules.access import TOPIC
from tests.infra.rules.events import LATER_TOPIC

WEBHOOK = f"{LATER_TOPIC}/eventSubscriptions/landed-to-webhook"
QUEUE = f"{LATER_TOPIC}/eventSubscriptions/landed-to-queue"
DELIVERY = "properties.deliveryWithResourceIdentity"
SUBSCRIPTION = {"type": "Microsoft.EventGrid/systemTopics/eventSubscriptions"}


def _both(rule: str, *changes: tuple[str, object, str]) -> list[Break]:
    ways = (("events-webhook", WEBHOOK), ("events-queue", QUEUE))
    return [each for layer, name in ways for each in changed(rule, layer, name, *changes)]


BREAKS = [
    *changed(
        "a_way_of_intake_has_the_one_subscription",
        "events-webhook",
        QUEUE,
        ("", SUBSCRIPTION, "webhook: "),
    ),
    *changed(
        "a_way_of_intake_has_the_one_subscription",
        "minimal",
        WEBHOOK,
        ("", SUBSCRIPTION, "minimal: "),
    ),
    *_both(
        "only_finished_uploads_of_the_landing_container_are_told_of",
        (
            "properties.filter.includedEventTypes",
            ["Microsoft.Storage.BlobDeleted"],
            "includedEventTypes",
        ),
        (
            "properties.filter.subjectBeginsWith",
            "/blobServices/default/containers/sis-landing",
            "subjectBeginsWith",
        ),
        ("properties.filter.advancedFilters.0.key", "data.url", "advancedFilters"),
        ("properties.filter.advancedFilters.0.values.4", "SftpCreate", "advancedFilters"),
        ("properties.filter", GONE, "includedEventTypes"),
    ),
    *_both(
        "delivery_is_tried_for_a_day_and_kept_when_it_fails",
        ("properties.retryPolicy.maxDeliveryAttempts", 1, "retryPolicy"),
        ("properties.deadLetterWithResourceIdentity", GONE, "deadLetterWithResourceIdentity"),
        (
            "properties.deadLetterWithResourceIdentity.identity.type",
            "UserAssigned",
            "deadLetterWithResourceIdentity",
        ),
        ("properties.eventDeliverySchema", "CloudEventSchemaV1_0", "eventDeliverySchema"),
    ),
    *changed(
        "the_webhook_is_that_of_the_blob_trigger",
        "events-webhook",
        WEBHOOK,
        ("properties.destination.endpointType", "AzureFunction", "endpointType"),
        ("properties.destination.properties.endpointUrl", "https://elsewhere", "elsewhere"),
    ),
    *changed(
        "the_keyless_way_is_a_queue_and_an_identity",
        "events-queue",
        QUEUE,
        (f"{DELIVERY}.identity", GONE, "identity"),
        (f"{DELIVERY}.destination.endpointType", "EventHub", "endpointType"),
        (f"{DELIVERY}.destination.properties.queueName", "x", "queueName"),
        (f"{DELIVERY}.destination.properties.resourceId", "x", "resourceId"),
    ),
    *changed(
        "the_topic_is_that_of_the_data_storage",
        "everything",
        TOPIC["everything"],
        ("identity.type", "None", "identity.type"),
        ("properties.source", "", "source"),
        ("properties.topicType", "Microsoft.Storage", "topicType"),
        ("location", "global", "location"),
    ),
    *edited(
        "the_second_layer_takes_what_the_first_gives",
        "infra/main.bicep",
        ("output SIS_TOPIC string", "output TOPIC string", "events: SIS_TOPIC"),
        ("output SIS_APP_PRINCIPAL_ID", "output PRINCIPAL_ID", "graph: SIS_APP_PRINCIPAL_ID"),
    ),
]
