"""Answers of the client API as observed on Functions host 4.1037 with durable extension 3.19.0,
and as `HttpApiHandler` in the extension's source defines them.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import azure.durable_functions as df
import pytest

from local.durable.client import AT_ONCE
from sync_core.intake.start_feed import start_or_leave_running
from tests.local.durable.kit import ASYNC, NOON, Cloud, GatedWorker, SdkWorker, cloud

pytestmark = ASYNC

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def waits(context: Any) -> Any:
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def parent(context: Any) -> Any:
    return (yield context.call_sub_orchestrator("waits"))


@app.orchestration_trigger(context_name="context")
def sync_feed(context: Any) -> Any:
    return (yield context.wait_for_external_event("go"))


WORKER = SdkWorker.of(app)


async def answer(
    hub: Cloud, method: str, path: str, **request: Any
) -> tuple[int, str, dict[str, str]]:
    """Status, body as text, and headers."""
    url = f"{hub.address}/durabletask/{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, **request) as got:
        return got.status, await got.text(), dict(got.headers)


async def test_an_unknown_orchestrator_is_accepted_and_its_instance_fails(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status, _, _ = await answer(hub, "POST", "orchestrators/nobody/one", json="1")
        await hub.engine.wait_until_idle()
        found = await hub.status()
    assert (status, found.runtime_status.name) == (202, "Failed")
    assert found.output == (
        "The function 'nobody' doesn't exist, is disabled, or is not an orchestrator function. "
        "Additional info: The following are the known orchestrator functions: "
        "'parent', 'sync_feed', 'waits'."
    )


@pytest.mark.parametrize("verb", ["raiseEvent/go", "terminate", "suspend", "resume"])
async def test_a_404_and_a_410_have_no_body(tmp_path: Path, verb: str) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        await hub.client.terminate("one", "enough")
        missing = await answer(hub, "POST", f"instances/nobody/{verb}", json=1)
        gone = await answer(hub, "POST", f"instances/one/{verb}", json=1)
    assert (missing[:2], gone[:2]) == ((404, ""), (410, ""))


async def test_a_409_has_a_message_and_nothing_else(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("waits")
        status, body = await hub.call("POST", "orchestrators/waits/one", json="1")
    taken = "An Orchestration instance with the status Running already exists."
    assert (status, body) == (409, {"Message": taken})


async def test_a_status_of_a_running_instance_says_where_and_when_to_look_again(
    tmp_path: Path,
) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        started, _, first = await answer(hub, "POST", "orchestrators/waits/one")
        await hub.engine.wait_until_idle()
        running, _, second = await answer(hub, "GET", "instances/one?showInput=false")
        await hub.client.terminate("one", "enough")
        ended, _, third = await answer(hub, "GET", "instances/one")
        address = f"{hub.address}/durabletask/instances/one"
    assert (started, running, ended) == (202, 202, 200)
    assert (first["Retry-After"], second["Retry-After"]) == ("10", "5")
    assert first["Location"].startswith(f"{address}?taskHub=hub&")
    assert second["Location"] == f"{address}?showInput=false"
    assert not {"Location", "Retry-After"} & third.keys()


async def test_a_status_has_whole_seconds_and_events_only_when_asked(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.pass_time(seconds=0.9)
        await hub.run("waits")
        _, plain = await hub.call("GET", "instances/one")
        _, asked = await hub.call("GET", "instances/one?showHistory=true")
    assert plain["createdTime"] == plain["lastUpdatedTime"] == "2030-01-01T12:00:00Z"
    assert "historyEvents" not in plain
    assert [event["EventType"] for event in asked["historyEvents"]] == ["ExecutionStarted"]


async def test_a_list_names_the_parent_of_a_sub_orchestration(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await hub.run("parent")
        _, listed = await hub.call("GET", "instances")
    assert {one["name"]: one.get("parentInstanceId") for one in listed} == {
        "parent": None,
        "waits": "one",
    }


async def test_a_list_comes_in_pages_of_the_size_that_is_requested(tmp_path: Path) -> None:
    pages: list[list[str]] = []
    token = ""
    async with cloud(tmp_path, WORKER) as hub:
        for number in range(5):
            await hub.run("waits", None, f"one-{number}")
        while not pages or token:
            url = f"{hub.address}/durabletask/instances?top=2"
            headers = {"x-ms-continuation-token": token}
            async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as got:
                pages.append([one["instanceId"] for one in await got.json()])
                token = got.headers["x-ms-continuation-token"]
        _, everything = await hub.call("GET", "instances?top=none")
    assert pages == [["one-0", "one-1"], ["one-2", "one-3"], ["one-4"]]
    assert len(everything) == 5


async def test_a_purge_needs_a_start_time(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        status, body = await hub.call("DELETE", "instances?runtimeStatus=Completed")
        since = (NOON - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        nothing = await answer(hub, "DELETE", f"instances?createdTimeFrom={since}")
    assert (status, body) == (400, "Please provide value for 'createdTimeFrom' parameter.")
    assert nothing[:2] == (404, "")


async def test_starts_of_one_instance_at_once_all_succeed_and_one_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two to four start messages for one instance within a second are normal."""
    worker = GatedWorker.of(app)
    worker.shut("orchestrator")
    async with cloud(tmp_path, worker) as hub:
        answers = await asyncio.gather(
            *(answer(hub, "POST", "orchestrators/waits/one", json="1") for _ in range(4))
        )
        worker.open()
        await hub.engine.wait_until_idle()
        listed = await hub.client.get_status_all()
    assert [status for status, _, _ in answers] == [202] * 4
    assert hub.kinds() == ["orchestration_started"]
    assert len(listed) == 1
    assert caplog.text.count("Received a duplicate message") == 3


async def test_a_start_after_that_second_is_refused_while_the_first_is_still_pending(
    tmp_path: Path,
) -> None:
    worker = GatedWorker.of(app)
    worker.shut("orchestrator")
    async with cloud(tmp_path, worker) as hub:
        await hub.client.start_new("waits", "one")
        hub.clock.restore(AT_ONCE)
        with pytest.raises(Exception, match="with the status Pending already exists"):
            await hub.client.start_new("waits", "one")
        worker.open()


async def test_events_of_one_feed_that_come_at_once_start_its_run_once(tmp_path: Path) -> None:
    async with cloud(tmp_path, WORKER) as hub:
        await asyncio.gather(*(start_or_leave_running(hub.client, "north") for _ in range(4)))
        await hub.engine.wait_until_idle()
        assert not await start_or_leave_running(hub.client, "north")
        status = await hub.status("sync-north")
    assert hub.kinds() == ["orchestration_started"]
    assert status.runtime_status.name == "Running"
