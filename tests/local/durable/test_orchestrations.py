"""Orchestrations over the real SDK: results, failures, retries and sub-orchestrations."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from local.durable import HubOptions
from tests.local.durable.kit import ASYNC, NOON, SdkWorker, cloud

pytestmark = ASYNC

app = df.DFApp()
RETRIES = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=3)


@app.activity_trigger(input_name="value")
def echo(value: Any) -> Any:
    return value


@app.activity_trigger(input_name="value")
def explode(value: Any) -> Any:
    raise ValueError("the roof is gone")


@app.orchestration_trigger(context_name="context")
def echo_input(context: Any) -> Any:
    return (yield context.call_activity("echo", context.get_input()))


@app.orchestration_trigger(context_name="context")
def plain_return(context: Any) -> Any:
    return {"said": context.get_input()}


@app.orchestration_trigger(context_name="context")
def fan_out(context: Any) -> Any:
    return (yield context.task_all([context.call_activity("echo", each) for each in range(5)]))


@app.orchestration_trigger(context_name="context")
def two_moments(context: Any) -> Any:
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(hours=2))
    return [before.isoformat(), context.current_utc_datetime.isoformat()]


@app.orchestration_trigger(context_name="context")
def catches_failure(context: Any) -> Any:
    try:
        yield context.call_activity("explode", None)
    except Exception as error:  # noqa: BLE001 - the SDK raises no narrower one
        return str(error)


@app.orchestration_trigger(context_name="context")
def lets_failure_through(context: Any) -> Any:
    yield context.call_activity("echo", 1)
    yield context.call_activity("explode", None)


@app.orchestration_trigger(context_name="context")
def retries(context: Any) -> Any:
    try:
        yield context.call_activity_with_retry("explode", RETRIES, None)
    except Exception:  # noqa: BLE001 - the SDK raises no narrower one
        return (yield context.call_activity("echo", "gave up"))


@app.orchestration_trigger(context_name="context")
def parent(context: Any) -> Any:
    return (yield context.call_sub_orchestrator("child", context.get_input()))


@app.orchestration_trigger(context_name="context")
def child(context: Any) -> Any:
    doubled = yield context.call_activity("echo", context.get_input()["value"] * 2)
    return {"parent": context.parent_instance_id, "id": context.instance_id, "value": doubled}


@app.orchestration_trigger(context_name="context")
def parent_of_failing(context: Any) -> Any:
    try:
        yield context.call_sub_orchestrator("lets_failure_through")
    except Exception as error:  # noqa: BLE001 - the SDK raises no narrower one
        return str(error)


@app.orchestration_trigger(context_name="context")
def parent_retrying(context: Any) -> Any:
    try:
        yield context.call_sub_orchestrator_with_retry("lets_failure_through", RETRIES)
    except Exception:  # noqa: BLE001 - the SDK raises no narrower one
        return "gave up"


@app.orchestration_trigger(context_name="context")
def leaves_timer_open(context: Any) -> Any:
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([timer, context.call_activity("echo", 1)])
    return "done"


@app.orchestration_trigger(context_name="context")
def cancels_timer(context: Any) -> Any:
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    yield context.task_any([timer, context.call_activity("echo", 1)])
    timer.cancel()
    return "done"


@app.orchestration_trigger(context_name="context")
def cancels_long_timer(context: Any) -> Any:
    timer = context.create_timer(context.current_utc_datetime + timedelta(days=7))
    yield context.task_any([timer, context.call_activity("echo", 1)])
    timer.cancel()
    return "done"


@app.orchestration_trigger(context_name="context")
def waits_a_week(context: Any) -> Any:
    yield context.create_timer(context.current_utc_datetime + timedelta(days=7))
    return context.current_utc_datetime.isoformat()


@app.orchestration_trigger(context_name="context")
def falsy_status(context: Any) -> Any:
    context.set_custom_status({"step": 1})
    yield context.call_activity("echo", 1)
    context.set_custom_status({})
    return "done"


@app.orchestration_trigger(context_name="context")
def calls_http(context: Any) -> Any:
    yield context.call_http("GET", "http://127.0.0.1/")


@app.orchestration_trigger(context_name="context")
def calls_nobody(context: Any) -> Any:
    yield context.call_activity("nobody", None)


WORKER = SdkWorker.of(app)


async def test_input_and_output_survive_the_way_through_an_activity(tmp_path: Path) -> None:
    value = {"text": "Zoë", "list": [1, None, True], "nested": {"a": 1.5}}
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("echo_input", value)
    assert (status.runtime_status.name, status.output) == ("Completed", value)


async def test_an_orchestrator_without_yields_just_returns(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("plain_return", [1])
    assert status.output == {"said": [1]}


async def test_a_history_is_one_episode_after_the_other_with_ids_counted_from_zero(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("lets_failure_through")
        events = [(e["EventType"], e["EventId"]) for e in hub.engine.history("one")]
    first = [(12, -1), (0, -1), (4, 0), (13, -1)]
    second = [(12, -1), (5, -1), (4, 1), (13, -1)]
    third = [(12, -1), (6, -1), (1, -1), (13, -1)]
    assert events == first + second + third


async def test_results_of_a_fan_out_come_in_the_order_of_the_calls(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER, max_activities=2) as hub:
        status = await hub.run("fan_out")
    assert status.output == [0, 1, 2, 3, 4]


async def test_the_orchestrator_s_time_is_aware_and_moves_with_the_clock(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        assert (await hub.run("two_moments")).runtime_status.name == "Running"
        await hub.pass_time(hours=1, minutes=59)
        assert (await hub.status()).runtime_status.name == "Running"
        await hub.pass_time(minutes=1)
        before, after = (datetime.fromisoformat(text) for text in (await hub.status()).output)
    assert before == NOON
    assert after == NOON + timedelta(hours=2)


async def test_a_failed_activity_reaches_the_orchestrator_as_plain_text(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("catches_failure")
    reason, _, details = status.output.partition(" \n ")
    assert reason == "Activity function 'explode' failed: ValueError: the roof is gone"
    assert "the roof is gone" in details


async def test_an_uncaught_failure_fails_the_instance_with_the_error_alone(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("lets_failure_through")
    assert status.runtime_status.name == "Failed"
    expected = "Orchestrator function 'lets_failure_through' failed: Activity function 'explode'"
    assert status.output.startswith(expected)
    assert "$OutOfProcData$" not in status.output


async def test_retries_wait_and_end_with_one_timer_that_is_due_at_once(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("retries")
        assert hub.kinds().count("activity_failed") == 1
        await hub.pass_time(minutes=1)
        assert hub.kinds().count("activity_failed") == 2
        await hub.pass_time(minutes=1)
        status = await hub.status()
        numbered = [
            (e["EventType"], e["EventId"]) for e in hub.engine.history("one") if e["EventId"] >= 0
        ]
    assert status.output == "gave up"
    attempt_and_timer = [(4, 0), (10, 1), (4, 2), (10, 3), (4, 4), (10, 5)]
    assert numbered == [*attempt_and_timer, (4, 6)]


async def test_a_sub_orchestration_is_named_after_execution_and_number_and_returns_its_output(
    tmp_path: Path,
) -> None:
    """As `TaskOrchestrationContext` of DurableTask.Core names it."""
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("parent", {"value": 21})
        started = hub.engine.history("one")[1]["OrchestrationInstance"]
    assert status.output["value"] == 42
    assert status.output["parent"] == "one"
    assert status.output["id"] == f"{started['ExecutionId']}:0"


async def test_a_failed_sub_orchestration_raises_in_its_parent(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("parent_of_failing")
    assert status.output.startswith("Orchestrator function 'lets_failure_through' failed: ")


async def test_a_failing_sub_orchestration_is_retried_as_a_new_instance(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("parent_retrying")
        for _ in range(2):
            await hub.pass_time(minutes=1)
        everyone = await hub.client.get_status_all()
        status = await hub.status()
    assert status.output == "gave up"
    assert len(everyone) == 4


async def test_an_open_timer_keeps_a_finished_instance_running(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        assert (await hub.run("leaves_timer_open")).runtime_status.name == "Running"
        await hub.pass_time(hours=1)
        status = await hub.status()
    assert (status.runtime_status.name, status.output) == ("Completed", "done")


async def test_a_cancelled_timer_lets_an_instance_complete_at_once(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("cancels_timer")
    assert (status.runtime_status.name, status.output) == ("Completed", "done")


async def test_cancelling_a_timer_of_over_six_days_does_not_reach_its_slice(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        assert (await hub.run("cancels_long_timer")).runtime_status.name == "Running"
        await hub.pass_time(days=2, hours=23)
        assert (await hub.status()).runtime_status.name == "Running"


async def test_a_timer_of_over_six_days_is_waited_for_in_slices(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits_a_week")
        for _ in range(7):
            assert (await hub.status()).runtime_status.name == "Running"
            await hub.pass_time(days=1)
        status = await hub.status()
        slices = hub.kinds().count("timer_set")
    assert datetime.fromisoformat(status.output) == NOON + timedelta(days=7)
    assert slices == 2


async def test_a_falsy_custom_status_cannot_replace_an_earlier_one(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("falsy_status")
    assert (status.output, status.custom_status) == ("done", {"step": 1})


async def test_what_the_engine_cannot_do_fails_the_instance_and_says_so(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("calls_http")
    assert status.runtime_status.name == "Failed"
    assert "does not run CallHttp" in status.output


async def test_calling_a_function_that_does_not_exist_fails_the_instance(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status = await hub.run("calls_nobody")
    assert status.runtime_status.name == "Failed"
    assert "'nobody' doesn't exist" in status.output
    assert "echo" in status.output


async def test_many_instances_run_side_by_side_within_the_limits(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER, max_activities=3, max_orchestrators=2) as hub:
        for number in range(20):
            await hub.client.start_new("fan_out", f"many-{number}", None)
        await hub.engine.wait_until_idle()
        statuses = await hub.client.get_status_all()
    assert [each.output for each in statuses] == [[0, 1, 2, 3, 4]] * 20


async def test_watchers_hear_what_happens_without_inputs_or_outputs(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("echo_input", "a secret")
        kinds, told = hub.kinds(), repr(hub.events)
    assert kinds == [
        "orchestration_started",
        "activity_started",
        "activity_completed",
        "orchestration_completed",
    ]
    assert "secret" not in told


def test_the_defaults_are_the_service_s() -> None:
    assert HubOptions("hub") == HubOptions("hub", max_activities=10, max_orchestrators=5)
