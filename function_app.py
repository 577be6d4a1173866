"""Triggers and bindings only: which function runs when, and what it calls."""

import asyncio
import functools
import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.bindings import blob

from sync_core.intake.start_feed import start_or_leave_running
from sync_core.model.feeds import load_settings
from sync_core.model.redaction import configure_logging
from sync_core.orchestration import orchestrators as orchestration
from sync_core.orchestration.steps import Json, decoded_question, plain

if TYPE_CHECKING:
    from sync_core.activities import Services
    from sync_core.alerts.alert import Webhook

configure_logging()
settings = load_settings(os.environ)
app = df.DFApp()
log = logging.getLogger("sis_sync")

Emit = Callable[[str], None]
STORAGE = "SIS_STORAGE"
RESULTS_QUEUE = "%SIS_RESULTS_QUEUE%"
EVERY_TEN_MINUTES = "0 */10 * * * *"

if settings.alert_fault:
    log.error(settings.alert_fault)


@functools.cache
def services() -> "Services":
    # Imported here so that storage, identity and HTTP load with the first activity, not at start.
    from sync_core.activities import Services

    return Services(settings)


def answered(activity: str, question: dict, *emit: Emit) -> Json:
    from sync_core import activities

    step: activities.Activity = getattr(activities, activity)
    return plain(step(services(), decoded_question(question), *emit))


async def start_if_feed(feed: str | None, client: df.DurableOrchestrationClient) -> None:
    if feed is not None and settings.may_hold(feed):
        await start_or_leave_running(client, feed)
    else:
        log.warning(
            "a file landed in a folder that belongs to no feed; add the feed to SIS_FEEDS, or move"
            " the file to a feed's folder"
        )


@app.blob_trigger(
    arg_name="landed",
    path="%SIS_LANDING_CONTAINER%/{feed}/{name}",
    connection=STORAGE,
    source=func.BlobSource.EVENT_GRID,
)
@app.durable_client_input(client_name="client")
async def export_landed(landed: blob.BlobClient, client: df.DurableOrchestrationClient) -> None:
    """A file landed: start its feed, unless it is running. Only the blob's name is used."""
    await start_if_feed(str(landed.blob_name).partition("/")[0], client)


@app.timer_trigger(arg_name="timer", schedule=EVERY_TEN_MINUTES)
@app.durable_client_input(client_name="client")
@app.queue_output(arg_name="results", queue_name=RESULTS_QUEUE, connection=STORAGE)
async def sweep(
    timer: func.TimerRequest,
    client: df.DurableOrchestrationClient,
    results: func.Out[str],
) -> None:
    """Start feeds whose events did not arrive or whose hold was approved; remind of the others."""
    from sync_core.activities.approvals import open_hold
    from sync_core.intake.reminders import reminders
    from sync_core.intake.sweep import EventQueues, feeds_to_start, start_feeds

    if timer.past_due:
        log.warning("the sweep is late: the app was not running at the scheduled time")
    queues, read_hold = EventQueues(os.environ, settings.landed_queue), functools.cache(open_hold)
    await start_feeds(
        client,
        await asyncio.to_thread(feeds_to_start, services(), time.time(), queues, read_hold),
    )
    if due := await asyncio.to_thread(reminders, services(), time.time(), read_hold):
        # The host makes one message of each element.
        results.set(f"[{','.join(due)}]")


app.orchestration_trigger(context_name="context")(orchestration.sync_feed)
app.orchestration_trigger(context_name="context")(orchestration.poll_step)


@app.activity_trigger(input_name="question")
def gather_file_set(question: dict) -> Json:
    return answered("gather_file_set", question)


@app.activity_trigger(input_name="question")
def validate_file_set(question: dict) -> Json:
    return answered("validate_file_set", question)


@app.activity_trigger(input_name="question")
def compare_with_baseline(question: dict) -> Json:
    return answered("compare_with_baseline", question)


@app.activity_trigger(input_name="question")
def check_readiness(question: dict) -> Json:
    return answered("check_readiness", question)


@app.activity_trigger(input_name="question")
def upload_file_set(question: dict) -> Json:
    return answered("upload_file_set", question)


@app.activity_trigger(input_name="question")
def verify_upload(question: dict) -> Json:
    return answered("verify_upload", question)


@app.activity_trigger(input_name="question")
def start_sync(question: dict) -> Json:
    return answered("start_sync", question)


@app.activity_trigger(input_name="question")
@app.queue_output(arg_name="results", queue_name=RESULTS_QUEUE, connection=STORAGE)
def publish_result(question: dict, results: func.Out[str]) -> Json:
    return answered("publish_result", question, results.set)


@app.activity_trigger(input_name="question")
@app.queue_output(arg_name="results", queue_name=RESULTS_QUEUE, connection=STORAGE)
def check_progress(question: dict, results: func.Out[str]) -> Json:
    return answered("check_progress", question, results.set)


# Optional functions. A queue trigger consumes the messages it reads, so without its setting it must
# not exist: other programs read the results queue.

if settings.landed_queue:

    @app.queue_trigger(arg_name="message", queue_name="%SIS_LANDED_QUEUE%", connection=STORAGE)
    @app.durable_client_input(client_name="client")
    async def event_landed(
        message: func.QueueMessage, client: df.DurableOrchestrationClient
    ) -> None:
        """Like export_landed, for Event Grid subscriptions that deliver to a queue."""
        from sync_core.intake.events import feed_of_event

        feed = feed_of_event(message.get_body(), settings.landing_container)
        await start_if_feed(feed, client)


if settings.alert_webhook:

    @functools.cache
    def webhook() -> "Webhook":
        from sync_core.alerts.alert import Webhook

        return Webhook(str(settings.alert_webhook))

    @app.queue_trigger(arg_name="message", queue_name=RESULTS_QUEUE, connection=STORAGE)
    def alert_on_result(message: func.QueueMessage) -> None:
        """Post an alert card for a run that needs attention."""
        from sync_core.alerts.alert import alert_on_event

        alert_on_event(message.get_body(), webhook(), services().results)
