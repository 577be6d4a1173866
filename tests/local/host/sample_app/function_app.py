"""An app with one function for each binding. Functions write their results to the queue `told`."""

# mypy: disable-error-code="untyped-decorator, type-arg"
# The SDK's durable decorators are untyped. The worker accepts only a plain class as the annotation
# of a binding.

import asyncio
import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, List, cast  # noqa: UP035 - see below

import azure.durable_functions as df
import azure.functions as func
from azure.functions.timer import TimerRequest
from azurefunctions.extensions.bindings import blob

app = df.DFApp()

TOLD: dict[str, Any] = {"arg_name": "told", "queue_name": "%TOLD%", "connection": "STORAGE"}


@app.route(route="echo/{word}/{number:int?}", methods=["POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    told = {
        "route": dict(req.route_params),
        "query": dict(req.params),
        "header": req.headers.get("x-asked"),
        "body": req.get_json(),
    }
    headers = {"x-told": "yes"}
    return func.HttpResponse(json.dumps(told), status_code=201, headers=headers)


@app.route(route="plain")
def plain(req: func.HttpRequest, context: func.Context) -> str:
    return context.function_name


@app.route(route="broken")
def broken(req: func.HttpRequest) -> str:
    raise ValueError("it broke")


@app.route(route="late")
async def late(req: func.HttpRequest) -> str:
    await asyncio.sleep(60)
    return "never"


@app.route(route="late-thread")
@app.queue_output(**TOLD)
def late_thread(req: func.HttpRequest, told: func.Out[str]) -> str:
    told.set("late-thread")
    time.sleep(2.3)
    return "too late"


@app.route(route="read/{name}")
@app.blob_input(arg_name="found", path="%SHELF%/{name}", connection="STORAGE")
def read(req: func.HttpRequest, found: func.InputStream) -> func.HttpResponse:
    if not found:
        return func.HttpResponse(status_code=404)
    return func.HttpResponse(found.read())


@app.blob_trigger(
    arg_name="drop",
    path="%DROPS%/{feed}/{file}",
    connection="STORAGE",
    source=func.BlobSource.EVENT_GRID,
)
@app.queue_output(**TOLD)
@app.blob_output(arg_name="copy", path="%SHELF%/{file}.copy", connection="STORAGE")
def dropped(drop: blob.BlobClient, told: func.Out[str], copy: func.Out[bytes]) -> None:
    told.set(json.dumps({"type": type(drop).__name__, "name": drop.blob_name}))
    copy.set(drop.download_blob().readall())


@app.blob_trigger(
    arg_name="stream",
    path="%STREAMS%",
    connection="STORAGE",
    source=func.BlobSource.EVENT_GRID,
)
@app.queue_output(**TOLD)
def streamed(stream: func.InputStream, told: func.Out[str]) -> None:
    text = stream.read().decode()
    told.set(json.dumps({"name": stream.name, "length": stream.length, "text": text}))
    if text == "bad":
        _count("bad")
        raise ValueError("a bad blob")
    if text == "slow":
        _count("slow")
        time.sleep(1)


@app.queue_trigger(arg_name="msg", queue_name="%WORK%", connection="STORAGE")
@app.queue_output(**TOLD)
def worked(msg: func.QueueMessage, told: func.Out[List[str]]) -> None:  # noqa: UP006 - the SDK does not accept list[str]
    asked = msg.get_json()
    _count("worked")
    time.sleep(asked.get("seconds", 0))
    tries = msg.dequeue_count or 0
    if tries <= asked["failures"]:
        told.set(["not written, because the function fails"])
        raise ValueError("asked to fail")
    told.set([f"{asked['key']}: try {tries} of {msg.id}", f"{asked['key']}: second"])


@app.queue_trigger(arg_name="text", queue_name="%TEXTS%", connection="STORAGE")
@app.queue_output(arg_name="$return", queue_name="%TOLD%", connection="STORAGE")
def returned(text: str) -> str:
    return f"{text} was returned"


@app.timer_trigger(arg_name="timer", schedule="%SCHEDULE%")
@app.queue_output(**TOLD)
def ticked(timer: func.TimerRequest, told: func.Out[str]) -> None:
    told.set(
        json.dumps(
            {"pastDue": timer.past_due, "last": cast(TimerRequest, timer).schedule_status["Last"]}
        )
    )


@app.route(route="start/{name}/{instance}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    params = req.route_params
    return str(await client.start_new(params["name"], params["instance"], req.get_json()))


@app.route(route="status/{instance}")
@app.durable_client_input(client_name="client")
async def status(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    found = await client.get_status(req.route_params["instance"])
    return json.dumps(found.to_json() if found else None)


@app.orchestration_trigger(context_name="context")
def total(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    found = 0
    for number in context.get_input():
        found += yield context.call_activity("double", {"number": number})
    return found


@app.activity_trigger(input_name="order")
@app.queue_output(**TOLD)
@app.blob_output(arg_name="copy", path="%SHELF%/doubled-{number}", connection="STORAGE")
def double(order: dict, told: func.Out[str], copy: func.Out[str]) -> int:
    _count("double")
    result = Doubler(order["number"]).result()
    told.set(f"doubled {order['number']}")
    copy.set(str(result))
    return result


@app.orchestration_trigger(context_name="context")
def hopeless(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    try:
        yield context.call_activity("refuse", context.get_input())
    except Exception as error:  # noqa: BLE001 - the SDK raises this type
        return str(error)


@app.activity_trigger(input_name="order")
@app.queue_output(**TOLD)
def refuse(order: str, told: func.Out[str]) -> None:
    told.set("this is not written")
    raise ValueError(f"refused {order}")


class Doubler:
    def __init__(self, number: int) -> None:
        self._number = number

    def result(self) -> int:
        return self._number * 2


def _count(what: str) -> None:
    with (Path(os.environ["COUNTS"]) / what).open("a") as file:
        file.write("x")
