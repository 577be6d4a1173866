"""The triggers and bindings, nothing else: which function runs when, and whom it asks."""

import asyncio
import functools
import logging
import os
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.bindings import blob

from sync_core import orchestration
from sync_core.feeds import load_settings
from sync_core.redaction import redact_logs
from sync_core.starter import start_or_leave_running
from sync_core.steps import decoded_question, plain

if TYPE_CHECKING:
    from sync_core.activities import Room

redact_logs()
settings = load_settings(os.environ)
app = df.DFApp()
log = logging.getLogger("sis_sync")

STORAGE = "SIS_STORAGE"
RESULTS_QUEUE = "%SIS_RESULTS_QUEUE%"
EVERY_TEN_MINUTES = "0 */10 * * * *"


@functools.cache
def room() -> "Room":
    # Storage, identity and HTTP load when the first activity runs, not with the app.
    from sync_core.activities import Room

    return Room(settings)


@app.blob_trigger(
    arg_name="landed",
    path="%SIS_LANDING_CONTAINER%/{feed}/{name}",
    connection=STORAGE,
    source=func.BlobSource.EVENT_GRID,
)
@app.durable_client_input(client_name="client")
async def export_landed(landed: blob.BlobClient, client: df.DurableOrchestrationClient) -> None:
    """A file has landed: have its feed looked at. The name is all that is asked of the blob."""
    feed = str(landed.blob_name).partition("/")[0]
    if settings.may_hold(feed):
        await start_or_leave_running(client, feed)
    else:
        log.warning("a file has landed in a folder that is no feed's; SIS_FEEDS names the feeds")


@app.timer_trigger(arg_name="timer", schedule=EVERY_TEN_MINUTES)
@app.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Start what an event missed."""
    from sync_core.sweep import feeds_to_start

    if timer.past_due:
        log.warning("the sweep is late: the app was not running at its time")
    for feed in await asyncio.to_thread(feeds_to_start, room()):
        if await start_or_leave_running(client, feed):
            log.warning("feed %s was started by the sweep: no event had started it", feed)


app.orchestration_trigger(context_name="context")(orchestration.sync_feed)
app.orchestration_trigger(context_name="context")(orchestration.gather_file_set)
app.orchestration_trigger(context_name="context")(orchestration.await_target)
app.orchestration_trigger(context_name="context")(orchestration.follow_sync)
app.orchestration_trigger(context_name="context")(orchestration.take_step)


@app.activity_trigger(input_name="question")
def take_stock(question: dict[str, Any]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.take_stock(room(), decoded_question(question)))


@app.activity_trigger(input_name="question")
def validate_file_set(question: dict[str, Any]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.validate_file_set(room(), decoded_question(question)))


@app.activity_trigger(input_name="question")
def check_readiness(question: dict[str, Any]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.check_readiness(room(), decoded_question(question)))


@app.activity_trigger(input_name="question")
def upload_file_set(question: dict[str, Any]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.upload_file_set(room(), decoded_question(question)))


@app.activity_trigger(input_name="question")
def start_sync(question: dict[str, Any]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.start_sync(room(), decoded_question(question)))


@app.activity_trigger(input_name="question")
@app.queue_output(arg_name="results", queue_name=RESULTS_QUEUE, connection=STORAGE)
def publish_result(question: dict[str, Any], results: func.Out[str]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.publish_result(room(), decoded_question(question), results.set))


@app.activity_trigger(input_name="question")
@app.queue_output(arg_name="results", queue_name=RESULTS_QUEUE, connection=STORAGE)
def check_progress(question: dict[str, Any], results: func.Out[str]) -> dict[str, Any]:
    from sync_core import activities

    return plain(activities.check_progress(room(), decoded_question(question), results.set))
