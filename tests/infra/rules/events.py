"""What tells the app that something has landed."""

from collections.abc import Iterator

from tests.infra.code import triggers
from tests.infra.project import Project
from tests.infra.rules import rule

SUBSCRIPTION = "modules/subscription"
SUBSCRIPTIONS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"


@rule
def only_finished_uploads_of_the_landing_container_are_told_of(project: Project) -> Iterator[str]:
    events = project.variable(SUBSCRIPTION, "filter")
    if events["includedEventTypes"] != ["Microsoft.Storage.BlobCreated"]:
        yield "includedEventTypes"
    if events["subjectBeginsWith"] != "/blobServices/default/containers/${landingContainer}/":
        yield "subjectBeginsWith"
    if events["advancedFilters"] != [
        {"operatorType": "StringIn", "key": "data.api", "values": "finishedUploads"}
    ]:
        yield "advancedFilters"
    uploads = project.variable(SUBSCRIPTION, "finishedUploads")
    if set(uploads) != {"PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"}:
        yield "finishedUploads"


@rule
def delivery_is_tried_for_a_day_and_kept_when_it_fails(project: Project) -> Iterator[str]:
    if project.variable(SUBSCRIPTION, "retryPolicy") != {
        "maxDeliveryAttempts": 30,
        "eventTimeToLiveInMinutes": 1440,
    }:
        yield "retryPolicy"
    letter = project.variable(SUBSCRIPTION, "deadLetter")
    if letter["identity"] != {"type": "SystemAssigned"}:
        yield "the identity that keeps dead letters"
    if letter["deadLetterDestination"] != {
        "endpointType": "StorageBlob",
        "properties": {"resourceId": "account.id", "blobContainerName": "deadLetterContainer"},
    }:
        yield "deadLetterDestination"


@rule
def both_ways_share_filter_retries_and_dead_letters(project: Project) -> Iterator[str]:
    expected = {
        "eventDeliverySchema": "EventGridSchema",
        "filter": "filter",
        "retryPolicy": "retryPolicy",
        "deadLetterWithResourceIdentity": "deadLetter",
    }
    for subscription in project.resources(SUBSCRIPTIONS):
        for name, value in expected.items():
            if subscription.it.at(f"properties.{name}") != value:
                yield f"{subscription.label}: {name}"


@rule
def the_webhook_is_that_of_the_blob_trigger(project: Project) -> Iterator[str]:
    if [project.variable(SUBSCRIPTION, "landedFunction")] != triggers("blobTrigger"):
        yield "landedFunction"
    webhook = project.resource(SUBSCRIPTION, "toWebhook")
    if webhook.condition != "(intake == 'webhook')":
        yield "condition"
    destination = webhook.at("properties.destination")
    if destination["endpointType"] != "WebHook":
        yield "endpointType"
    url = str(destination["properties"]["endpointUrl"])
    if not url.startswith(
        "https://${app.properties.defaultHostName}/runtime/webhooks/blobs"
        "?functionName=Host.Functions.${landedFunction}&code="
    ):
        yield "endpointUrl"
    # A key may hold characters that mean something in an address.
    if not url.endswith(
        "${uriComponent(listKeys('${app.id}/host/default', '2024-04-01')"
        ".systemKeys.blobs_extension)}"
    ):
        yield "code"


@rule
def the_keyless_way_is_a_queue_and_an_identity(project: Project) -> Iterator[str]:
    queue = project.resource(SUBSCRIPTION, "toQueue")
    if queue.condition != "(intake == 'queue')":
        yield "condition"
    delivery = queue.at("properties.deliveryWithResourceIdentity")
    if not delivery or delivery["identity"] != {"type": "SystemAssigned"}:
        yield "identity"
        return
    if delivery["destination"]["endpointType"] != "StorageQueue":
        yield "endpointType"
    target = delivery["destination"]["properties"]
    if (target["resourceId"], target["queueName"]) != ("account.id", "landedQueue"):
        yield "queueName"
    if project.variable("main", "landedQueue") != "intake == 'queue' ? 'sis-landed' : ''":
        yield "landedQueue"


@rule
def the_topic_is_that_of_the_data_storage(project: Project) -> Iterator[str]:
    topic = project.resource("modules/topic", "topic")
    expected = {
        "identity.type": "SystemAssigned",
        "properties.source": "account.id",
        "properties.topicType": "Microsoft.Storage.StorageAccounts",
        # The same region as the account, or the topic cannot be made.
        "location": "location",
    }
    for path, value in expected.items():
        if topic.at(path) != value:
            yield path
    if project.module("main", "topic").at("params.accountName") != "dataStorage.outputs.name":
        yield "accountName"


@rule
def the_subscription_is_in_the_second_layer_alone(project: Project) -> Iterator[str]:
    users = {
        path
        for path, template in project.templates()
        if any(module.type.endswith("subscription.bicep") for module in template.modules)
    }
    if users != {"infra/events.bicep"}:
        yield str(users)
    if [each.path for each in project.resources(SUBSCRIPTIONS)] != [
        f"infra/{SUBSCRIPTION}.bicep",
        f"infra/{SUBSCRIPTION}.bicep",
    ]:
        yield "a subscription elsewhere"


@rule
def the_second_layer_takes_what_the_first_gives(project: Project) -> Iterator[str]:
    given = project.template("main").outputs
    for layer in ("events", "graph"):
        for name in _environment(project.texts[f"infra/{layer}.bicepparam"]):
            if name not in given and name not in ("SIS_GRANT_GRAPH_PERMISSIONS", "SIS_TARGETS"):
                yield f"{layer}: {name}"


def _environment(text: str) -> list[str]:
    return [part.partition("'")[0] for part in text.split("readEnvironmentVariable('")[1:]]
