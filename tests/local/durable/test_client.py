"""The client API: statuses, ids and errors."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from tests.local.durable.kit import ASYNC, NOON, SdkWorker, cloud

pytestmark = ASYNC

RUNNING = df.OrchestrationRuntimeStatus.Running
COMPLETED = df.OrchestrationRuntimeStatus.Completed
TAKEN = "An Orchestration instance with the status Running already exists."

app = df.DFApp()


@app.activity_trigger(input_name="value")
def double(value: Any) -> Any:
    return value * 2


@app.orchestration_trigger(context_name="context")
def ends(context: Any) -> Any:
    return (yield context.call_activity("double", context.get_input()))


@app.orchestration_trigger(context_name="context")
def fails(context: Any) -> Any:
    raise ValueError("no way")


@app.orchestration_trigger(context_name="context")
def waits(context: Any) -> Any:
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def parent(context: Any) -> Any:
    try:
        yield context.call_sub_orchestrator("waits", instance_id=context.get_input())
    except Exception as error:  # noqa: BLE001 - the SDK raises no narrower one
        return str(error)


WORKER = SdkWorker.of(app)


async def test_a_status_carries_what_the_sdk_reads(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 4)
        status = await hub.client.get_status("one", show_input=True)
    assert (status.name, status.instance_id, status.output) == ("ends", "one", 8)
    assert (status.runtime_status, status.input_) == (COMPLETED, "4")
    assert status.created_time == status.last_updated_time == NOON


async def test_a_status_shows_by_its_code_whether_the_instance_has_ended(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 1, "ended")
        await hub.run("waits", None, "running")
        ended, _ = await hub.call("GET", "instances/ended")
        running, _ = await hub.call("GET", "instances/running?showInput=false")
        nobody = await hub.client.get_status("nobody")
    assert (ended, running, bool(nobody)) == (200, 202, False)


async def test_an_input_is_shown_unless_it_is_declined(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 4)
        _, shown = await hub.call("GET", "instances/one")
        _, declined = await hub.call("GET", "instances/one?showInput=false")
    assert (shown["input"], declined["input"]) == ("4", None)


async def test_a_client_can_wait_for_the_end(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.client.start_new("ends", "one", 4)
        response = await hub.client.wait_for_completion_or_create_check_status_response(
            None, "one", timeout_in_milliseconds=2000, retry_interval_in_milliseconds=10
        )
    assert (response.status_code, response.get_body()) == (200, b"8")


async def test_a_shown_history_has_outputs_only_on_request(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 4)
        bare = await hub.client.get_status("one", show_history=True)
        full = await hub.client.get_status("one", show_history=True, show_history_output=True)
        none = await hub.status()
    kinds = [each["EventType"] for each in bare.historyEvents]
    assert kinds == ["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"]
    assert bare.historyEvents[1]["FunctionName"] == "double"
    assert "Result" not in bare.historyEvents[1]
    assert full.historyEvents[1]["Result"] == 8
    assert not hasattr(none, "historyEvents")


async def test_instances_are_found_by_state_time_and_id(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 1, "a-ended")
        await hub.pass_time(hours=1)
        await hub.run("waits", None, "a-running")
        await hub.run("waits", None, "b-running")
        client = hub.client
        found = [
            await client.get_status_by(runtime_status=[COMPLETED]),
            await client.get_status_by(runtime_status=[COMPLETED, RUNNING]),
            await client.get_status_by(instance_id_prefix="a-"),
            await client.get_status_by(created_time_from=NOON + timedelta(minutes=1)),
            await client.get_status_by(created_time_to=NOON + timedelta(minutes=1)),
            await client.get_status_all(),
        ]
    ids = [[each.instance_id for each in some] for some in found]
    everyone = ["a-ended", "a-running", "b-running"]
    assert ids == [everyone[:1], everyone, everyone[:2], everyone[1:], everyone[:1], everyone]


async def test_a_start_without_an_id_gets_one(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        first = await hub.client.start_new("waits")
        second = await hub.client.start_new("waits")
    assert first != second


async def test_the_id_of_a_running_instance_is_refused(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        with pytest.raises(Exception, match=TAKEN):
            await hub.client.start_new("ends", "one", 1)
        status, body = await hub.call("POST", "orchestrators/ends/one", json="1")
        assert (status, body["Message"]) == (409, TAKEN)
        assert (await hub.status()).name == "waits"


async def test_the_id_of_a_suspended_instance_is_refused(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        await hub.client.suspend("one", "wait")
        with pytest.raises(Exception, match="with the status Suspended already exists"):
            await hub.client.start_new("ends", "one", 1)


@pytest.mark.parametrize("end", ["ends", "fails", "terminate"])
async def test_the_id_of_an_ended_instance_starts_a_new_one_in_its_place(
    tmp_path: Path, end: str
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits" if end == "terminate" else end, 1)
        if end == "terminate":
            await hub.client.terminate("one", "enough")
        await hub.pass_time(minutes=1)
        status = await hub.run("ends", 21)
        history = hub.engine.history("one")
    assert (status.output, status.created_time) == (42, NOON + timedelta(minutes=1))
    assert [each["EventType"] for each in history].count(0) == 1


@pytest.mark.parametrize("bad", ["@one", "a%5Cb", "a%23b", "a%3Fb", "a%0Ab", "x" * 101])
async def test_an_id_that_the_service_cannot_keep_is_refused(tmp_path: Path, bad: str) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status, body = await hub.call("POST", f"orchestrators/ends/{bad}")
        assert (status, await hub.client.get_status_all()) == (400, [])
    assert "is not allowed" in body["Message"]


@pytest.mark.parametrize("verb", ["raiseEvent/go", "terminate", "suspend", "resume"])
async def test_requests_to_no_instance_or_an_ended_one_are_distinguished(
    tmp_path: Path, verb: str
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 1)
        gone, _ = await hub.call("POST", f"instances/one/{verb}", json=1)
        missing, _ = await hub.call("POST", f"instances/nobody/{verb}", json=1)
    assert (gone, missing) == (410, 404)


async def test_an_event_that_is_not_json_is_refused(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        text, _ = await hub.call("POST", "instances/one/raiseEvent/go", data="text")
        headers = {"Content-Type": "application/json"}
        broken, _ = await hub.call("POST", "instances/one/raiseEvent/go", data="{", headers=headers)
    assert (text, broken) == (400, 400)


async def test_termination_is_final_and_keeps_its_reason(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        await hub.client.terminate("one", "no longer needed & done")
        status = await hub.status()
    assert status.runtime_status.name == "Terminated"
    assert status.output == "no longer needed & done"


async def test_a_parent_learns_that_its_child_was_terminated(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("parent", "the-child")
        await hub.client.terminate("the-child", "stopped by hand")
        await hub.engine.wait_until_idle()
        status = await hub.status()
    assert status.output.startswith("stopped by hand")


async def test_a_child_with_the_id_of_a_running_instance_fails(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits", None, "the-child")
        status = await hub.run("parent", "the-child")
    assert status.output.startswith(TAKEN)


async def test_a_suspended_instance_continues_when_it_is_resumed(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        await hub.client.suspend("one", "wait")
        await hub.client.raise_event("one", "go", 1)
        await hub.engine.wait_until_idle()
        assert (await hub.status()).runtime_status.name == "Suspended"
        await hub.client.resume("one", "go on")
        await hub.engine.wait_until_idle()
        assert (await hub.status()).runtime_status.name == "Completed"


async def test_only_ended_instances_can_be_purged(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 1, "ended")
        await hub.run("waits", None, "running")
        purged = [
            await hub.client.purge_instance_history("ended"),
            await hub.client.purge_instance_history("running"),
            await hub.client.purge_instance_history("nobody"),
        ]
        refused, _ = await hub.call("DELETE", "instances/running")
        left = await hub.client.get_status_all()
        history = hub.engine.history("ended")
    assert [each.instances_deleted for each in purged] == [1, 0, 0]
    assert (refused, [each.instance_id for each in left]) == (404, ["running"])
    assert history == []


async def test_ended_instances_are_purged_by_age(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("ends", 1, "old")
        await hub.pass_time(days=1)
        await hub.run("ends", 1, "new")
        result = await hub.client.purge_instance_history_by(NOON, NOON + timedelta(hours=1))
        left = await hub.client.get_status_all()
    assert result.instances_deleted == 1
    assert [each.instance_id for each in left] == ["new"]


@pytest.mark.parametrize("verb", ["rewind", "restart"])
async def test_what_is_not_offered_says_so(tmp_path: Path, verb: str) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status, body = await hub.call("POST", f"instances/one/{verb}")
    assert status == 501
    assert f"does not {verb}" in body["Message"]


@pytest.mark.parametrize(
    "text", ["2030-01-01T13:00", "2030-01-01T13:00Z", "2030-01-01T15:00%2B02:00"]
)
async def test_a_time_without_a_zone_is_utc(tmp_path: Path, text: str) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits", None, "at-noon")
        await hub.pass_time(hours=1)
        await hub.run("waits", None, "at-one")
        _, found = await hub.call("GET", f"instances/?createdTimeFrom={text}")
    assert [each["instanceId"] for each in found] == ["at-one"]


async def test_a_time_that_is_invalid_is_refused(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status, body = await hub.call("GET", "instances/?createdTimeFrom=yesterday")
    assert (status, "createdTimeFrom" in body["Message"]) == (400, True)


async def test_the_binding_leads_to_a_working_check_status_response(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        request = func.HttpRequest("GET", f"{hub.address}/api/start", body=b"")
        response = hub.client.create_check_status_response(request, "one")
        links = json.loads(response.get_body())
        path = links["sendEventPostUri"].removeprefix(f"{hub.address}/durabletask/")
        status, _ = await hub.call("POST", path.replace("{eventName}", "go"), json=1)
    assert (response.status_code, status) == (202, 202)
    status_url, _, query = links["statusQueryGetUri"].partition("?")
    assert status_url == f"{hub.address}/durabletask/instances/one"
    assert query == "taskHub=hub&connection=Storage&code=local"
