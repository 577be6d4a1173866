"""External events, also across continue-as-new."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from tests.local.durable.kit import ASYNC, SdkWorker, cloud

pytestmark = ASYNC

EARLY = pytest.mark.filterwarnings("ignore:Potential duplicate Task completion")
"""The SDK logs this for an event that arrives before a task waits for it, and keeps the event."""

app = df.DFApp()


@app.activity_trigger(input_name="value")
def note(value: Any) -> Any:
    return value


@app.orchestration_trigger(context_name="context")
def waits(context: Any) -> Any:
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def waits_after_a_timer(context: Any) -> Any:
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def event_or_deadline(context: Any) -> Any:
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event = context.wait_for_external_event("go")
    winner = yield context.task_any([deadline, event])
    if winner == deadline:
        return "too late"
    deadline.cancel()
    return event.result


@app.orchestration_trigger(context_name="context")
def counts_events(context: Any) -> Any:
    count = context.get_input()
    yield context.wait_for_external_event("go")
    if count == 2:
        return "three events"
    context.continue_as_new(count + 1)
    return None


@app.orchestration_trigger(context_name="context")
def next_generation_waits_too(context: Any) -> Any:
    if context.get_input() == 0:
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        context.continue_as_new(1)
        return None
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def loops_on_one_event(context: Any) -> Any:
    generation = context.get_input()
    if generation == 5:
        return "the same event came five times"
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event = context.wait_for_external_event("go")
    yield context.task_any([deadline, event])
    deadline.cancel()
    context.continue_as_new(generation + 1)
    return None


@app.orchestration_trigger(context_name="context")
def polls(context: Any) -> Any:
    count = context.get_input()
    yield context.call_activity("note", count)
    if count == 3:
        return "polled"
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    context.continue_as_new(count + 1)
    return None


@app.orchestration_trigger(context_name="context")
def waits_for_a_task_twice(context: Any) -> Any:
    first, second = (context.wait_for_external_event(name) for name in ("first", "second"))
    yield context.task_any([first, second])
    yield context.task_any([second, context.wait_for_external_event("third")])
    return "done"


WORKER = SdkWorker.of(app)


async def test_an_event_raised_through_the_sdk_arrives_as_json_text(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        await hub.client.raise_event("one", "go", {"a": 1})
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert status.output == '{"a": 1}'


async def test_an_event_posted_as_plain_json_arrives_as_an_object(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        answer = await hub.call("POST", "instances/one/raiseEvent/go", json={"a": 1})
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert answer == (202, None)
    assert status.output == {"a": 1}


@EARLY
async def test_an_event_that_comes_before_it_is_waited_for_is_kept(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits_after_a_timer")
        await hub.client.raise_event("one", "go", 7)
        await hub.pass_time(hours=1)
        status = await hub.status()
    assert status.output == "7"


async def test_a_deadline_passes_when_no_event_comes(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("event_or_deadline")
        await hub.pass_time(hours=1)
        status = await hub.status()
    assert (status.runtime_status.name, status.output) == ("Completed", "too late")


async def test_an_event_in_time_ends_the_instance_at_once(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("event_or_deadline")
        await hub.client.raise_event("one", "go", "in time")
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert (status.runtime_status.name, status.output) == ("Completed", '"in time"')


async def test_continuing_as_new_erases_the_history_and_keeps_id_and_creation_time(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        first = await hub.run("polls", 0)
        execution = _execution(hub)
        await hub.pass_time(minutes=1)
        assert _execution(hub) != execution
        kinds = [event["EventType"] for event in hub.engine.history("one")]
        assert kinds == [12, 0, 4, 13, 12, 5, 10, 13]
        await hub.pass_time(minutes=1)
        await hub.pass_time(minutes=1)
        last = await hub.status()
        generations = hub.kinds().count("orchestration_continued")
    assert (last.output, generations) == ("polled", 3)
    assert last.created_time == first.created_time < last.last_updated_time


def _execution(hub: Any) -> str:
    started = next(e for e in hub.engine.history("one") if e["EventType"] == 0)
    return str(started["OrchestrationInstance"]["ExecutionId"])


async def test_each_generation_takes_one_of_the_events_that_wait_for_it(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("counts_events", 0)
        for _ in range(3):
            await hub.client.raise_event("one", "go", None)
            await hub.engine.wait_until_idle()
        status = await hub.status()
    assert status.output == "three events"


@EARLY
async def test_an_event_that_nobody_awaited_is_dropped_when_continuing_as_new(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("next_generation_waits_too", 0)
        await hub.client.raise_event("one", "go", "dropped")
        await hub.engine.wait_until_idle()
        await hub.pass_time(hours=1)
        status = await hub.status()
        kinds = [e["EventType"] for e in hub.engine.history("one")]
    assert status.runtime_status.name == "Running"
    assert kinds == [12, 0, 13]


async def test_an_event_after_the_call_to_continue_as_new_goes_along(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("next_generation_waits_too", 0)
        await hub.client.suspend("one", "so that timer and event come in one episode")
        await hub.pass_time(hours=1)
        await hub.client.raise_event("one", "go", "carried")
        await hub.client.resume("one", "go on")
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert status.output == '"carried"'


async def test_cancelling_the_timer_before_continuing_as_new_brings_the_same_event_again(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("loops_on_one_event", 0)
        await hub.client.raise_event("one", "go", None)
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert status.output == "the same event came five times"


async def test_the_host_does_not_see_that_a_task_is_waited_for_a_second_time(
    tmp_path: Path,
) -> None:
    """The SDK leaves a task that it has yielded before out of a second task_any."""
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits_for_a_task_twice")
        for name in ("first", "second"):
            await hub.client.raise_event("one", name)
            await hub.engine.wait_until_idle()
        assert (await hub.status()).runtime_status.name == "Running"
        await hub.client.raise_event("one", "third")
        await hub.engine.wait_until_idle()
        assert (await hub.status()).output == "done"
