"""What tells the app that something has landed."""

import re
from collections.abc import Iterator

from tests.infra.code import triggers
from tests.infra.deployed import Project, Resource, at, of_type
from tests.infra.rules import rule
from tests.infra.rules.access import TOPIC
from tests.infra.rules.storage import DATA

SUBSCRIPTIONS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
WAYS = ("webhook", "queue")
LATER_TOPIC = "EventGrid/systemTopics/evgt-sisdataabc"
ACCOUNT = "Storage/storageAccounts/sisdataabc"
KEY = (
    "uriComponent(listKeys('Web/sites/func-sis-sync-abc/host/default', '2024-04-01')"
    ".systemKeys.blobs_extension)"
)
ADDRESS = "'https://{0}/runtime/webhooks/blobs?functionName=Host.Functions.{1}&code={2}'"


@rule
def a_way_of_intake_has_the_one_subscription(project: Project) -> Iterator[str]:
    for way in WAYS:
        found = of_type(project.deployed[f"events-{way}"], SUBSCRIPTIONS)
        if found.keys() != {f"{LATER_TOPIC}/eventSubscriptions/landed-to-{way}"}:
            yield f"{way}: {sorted(found)}"
    # The first layer has none: the key of the webhook exists only after the code is there.
    for name, resources in project.main():
        yield from (f"{name}: {each}" for each in of_type(resources, SUBSCRIPTIONS))


@rule
def only_finished_uploads_of_the_landing_container_are_told_of(project: Project) -> Iterator[str]:
    uploads = {"PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"}
    for way in WAYS:
        events = at(_subscription(project, way), "properties.filter") or {}
        if events.get("includedEventTypes") != ["Microsoft.Storage.BlobCreated"]:
            yield f"{way}: includedEventTypes"
        # The slash at the end keeps out a container whose name only begins the same.
        if events.get("subjectBeginsWith") != "/blobServices/default/containers/sis-landing/":
            yield f"{way}: subjectBeginsWith"
        wanted = {
            (each["operatorType"], each["key"], *sorted(each["values"]))
            for each in events.get("advancedFilters", [])
        }
        if wanted != {("StringIn", "data.api", *sorted(uploads))}:
            yield f"{way}: advancedFilters"


@rule
def delivery_is_tried_for_a_day_and_kept_when_it_fails(project: Project) -> Iterator[str]:
    expected = {
        "eventDeliverySchema": "EventGridSchema",
        "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
        "deadLetterWithResourceIdentity": {
            "identity": {"type": "SystemAssigned"},
            "deadLetterDestination": {
                "endpointType": "StorageBlob",
                "properties": {"resourceId": ACCOUNT, "blobContainerName": "sis-dead-letters"},
            },
        },
    }
    for way in WAYS:
        properties = _subscription(project, way)["properties"]
        yield from (f"{way}: {name}" for name in expected if properties.get(name) != expected[name])


@rule
def the_webhook_is_that_of_the_blob_trigger(project: Project) -> Iterator[str]:
    destination = at(_subscription(project, "webhook"), "properties.destination") or {}
    if destination.get("endpointType") != "WebHook":
        yield "endpointType"
    address = str(at(destination, "properties.endpointUrl"))
    host = "<Web/sites/func-sis-sync-abc>.defaultHostName"
    (function,) = triggers("blobTrigger")
    if address != f"[format({ADDRESS}, {host}, '{function}', {KEY})]":
        yield address


@rule
def the_keyless_way_is_a_queue_and_an_identity(project: Project) -> Iterator[str]:
    delivery = at(_subscription(project, "queue"), "properties.deliveryWithResourceIdentity") or {}
    if delivery.get("identity") != {"type": "SystemAssigned"}:
        yield "identity"
    if at(delivery, "destination.endpointType") != "StorageQueue":
        yield "endpointType"
    for name, value in {"resourceId": ACCOUNT, "queueName": "sis-landed"}.items():
        if at(delivery, f"destination.properties.{name}") != value:
            yield name


@rule
def the_topic_is_that_of_the_data_storage(project: Project) -> Iterator[str]:
    for name, resources in project.main():
        expected = {
            "identity.type": "SystemAssigned",
            "properties.source": DATA[name],
            "properties.topicType": "Microsoft.Storage.StorageAccounts",
            # The same region as the account, or the topic cannot be made.
            "location": resources[DATA[name]]["location"],
        }
        for path, value in expected.items():
            if at(resources[TOPIC[name]], path) != value:
                yield f"{name}: {path}"


@rule
def the_second_layer_takes_what_the_first_gives(project: Project) -> Iterator[str]:
    given = set(re.findall(r"^output (\w+) ", project.texts["infra/main.bicep"], re.MULTILINE))
    # What an operator or a hook sets.
    given |= {"SIS_GRANT_GRAPH_PERMISSIONS", "SIS_TARGETS", "SIS_SUBSCRIPTION_STATE"}
    for layer in ("events", "graph"):
        text = project.texts[f"infra/{layer}.bicepparam"]
        read = set(re.findall(r"readEnvironmentVariable\('(\w+)'", text))
        yield from (f"{layer}: {name}" for name in read - given)


def _subscription(project: Project, way: str) -> Resource:
    return next(iter(of_type(project.deployed[f"events-{way}"], SUBSCRIPTIONS).values()))
