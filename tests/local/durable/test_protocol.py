"""The messages between host and SDK, as the real SDK reads and writes them."""

import inspect
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from local.durable import history, transactions
from local.durable.episode import Episode
from local.durable.protocol import CallActivity, CreateTimer, WhenAny, decode_failure, decode_reply
from local.worker import FunctionFailed
from tests.local.durable.kit import ASYNC, NOON, SdkWorker, cloud

pytestmark = ASYNC

app = df.DFApp()


@app.orchestration_trigger(context_name="ctx")
def named_otherwise(ctx: Any) -> Any:
    return None


@app.orchestration_trigger(context_name="context")
def waits_for_either(context: Any) -> Any:
    context.set_custom_status("waiting")
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([timer, context.call_activity("echo", {"a": 1})])


@app.orchestration_trigger(context_name="context")
def raises(context: Any) -> Any:
    yield context.call_activity("echo", 1)
    raise ValueError("it broke")


@app.activity_trigger(input_name="value")
def echo(value: Any) -> Any:
    return value


EFFECTS: list[str] = []


@app.queue_trigger(arg_name="message", queue_name="q", connection="c")
@app.durable_client_input(client_name="client")
def sync_starter(message: Any, client: Any) -> None:
    EFFECTS.append(message)


FUNCTIONS = {each.get_function_name(): each.get_user_function() for each in app.get_functions()}
WORKER = SdkWorker.of(app)


def first_episode(name: str) -> Episode:
    instance = transactions.new_instance("one", name, json.dumps("null"), NOON)
    new = (history.orchestrator_started(NOON), history.execution_started(NOON, instance))
    return Episode(instance, (), new, (1,))


def test_the_context_holds_every_field_of_the_trigger() -> None:
    context = json.loads(first_episode("raises").context())
    events = context.pop("history")
    assert context == {
        "input": "null",
        "instanceId": "one",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    assert [(e["EventType"], e["EventId"], e["IsPlayed"]) for e in events] == [
        (12, -1, False),
        (0, -1, False),
    ]
    assert events[0]["Timestamp"] == "2030-01-01T12:00:00.0000000Z"


def test_what_has_been_seen_is_marked_as_played() -> None:
    episode = first_episode("raises")
    completed = history.task_completed(NOON, 0, "1")
    later = Episode(
        episode.instance, episode.new, (history.orchestrator_started(NOON), completed), (2,)
    )
    context = json.loads(later.context())
    assert [event["IsPlayed"] for event in context["history"]] == [True, True, False, False]
    assert context["isReplaying"] is True


def test_a_reply_reports_actions_status_and_no_output_while_it_waits() -> None:
    episode = first_episode("waits_for_either")
    reply = decode_reply(WORKER.run_orchestrator("waits_for_either", episode.context()))
    timer = CreateTimer(NOON + timedelta(hours=1), is_canceled=False)
    call = CallActivity("echo", '{"a": 1}')
    assert reply.actions == [[WhenAny([timer, call])]]
    assert (reply.is_done, reply.output, reply.custom_status) == (False, None, "waiting")


def test_a_failure_carries_the_reply_behind_its_mark() -> None:
    episode = first_episode("raises")
    done = history.task_completed(NOON, 0, "1")
    later = Episode(episode.instance, episode.new, (history.orchestrator_started(NOON), done), (2,))
    with pytest.raises(FunctionFailed) as failure:
        WORKER.run_orchestrator("raises", later.context())
    message = str(failure.value)
    assert message.startswith('Exception: it broke\n\n$OutOfProcData$:{"isDone": false')
    reply = decode_failure(message)
    assert reply
    assert reply.error == "it broke"
    assert reply.actions == [[CallActivity("echo", "1")]]


def test_a_failure_of_the_sdk_itself_carries_no_reply() -> None:
    assert decode_failure("Exception: Internal Durable Functions error") is None


async def test_a_reply_outside_the_protocol_fails_the_instance(tmp_path: Path) -> None:
    class Babbler(SdkWorker):
        def run_orchestrator(self, name: str, context: str) -> str:
            return '{"isDone": "perhaps"}'

    async with cloud(tmp_path, Babbler.of(app)) as hub:
        status = await hub.run("raises")
    assert status.runtime_status.name == "Failed"
    assert "does not follow the protocol" in status.output


async def test_a_worker_that_breaks_fails_the_instance_without_repeating_what_it_said(
    tmp_path: Path,
) -> None:
    class Broken(SdkWorker):
        def run_activity(self, name: str, input_json: str) -> str:
            raise RuntimeError("a pupil's name")

    async with cloud(tmp_path, Broken.of(app)) as hub:
        status = await hub.run("raises")
    assert status.runtime_status.name == "Failed"
    assert "the worker itself raised RuntimeError at" in status.output
    assert "pupil" not in status.output


def test_the_sdk_registers_every_orchestrator_with_a_parameter_named_context() -> None:
    """The worker compares the two, so `context_name` has to be "context"."""
    assert list(inspect.signature(FUNCTIONS["named_otherwise"]).parameters) == ["context"]


async def test_a_sync_function_with_a_durable_client_does_its_work_and_then_fails(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        binding = hub.engine.client_binding(hub.address)
        with pytest.raises(TypeError, match="can't be used in 'await' expression"):
            await FUNCTIONS["sync_starter"](message="sent", client=binding)
    assert EFFECTS == ["sent"]
